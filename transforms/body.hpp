#pragma once

#include "core/result.hpp"
#include "json/value.hpp"
#include "model/request.hpp"
#include "transforms/settings.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace headgate::transforms {

// What a body may become. Whatever goes over them is not what its type says.
struct body_limits {
    std::size_t values_max = 1'000'000;
    std::size_t decoded_bytes_max = std::size_t{16} * 1024 * 1024;
};

struct body_options {
    body_limits bounds;
    body_settings as;
};

// A body as rules see it: by its Content-Encoding and its Content-Type.
struct decoded_body {
    json::value document;  // Null: empty, or of a type that has no decoder. Unreadable where `trouble` is.
    json::value text;      // Null where it is no UTF-8, unreadable where it could not be unpacked.
    json::value base64;    // Of the unpacked bytes, where the source asks for it; unreadable as `text` is.
    std::string type;      // In lower case, without parameters.
    bool is_empty = false;
    std::optional<error> trouble;  // It is not what it says that it is.
};

// Strings may point into `bytes`, which outlives the values.
[[nodiscard]] decoded_body decode_body(headers const& fields, std::string_view bytes, json::arena& where,
                                       body_options const& options);

}  // namespace headgate::transforms
