#pragma once

#include "core/result.hpp"
#include "json/value.hpp"
#include "transforms/body.hpp"

#include <cstddef>
#include <string_view>

// One reader for each kind of body. Each fails, with a sentence that begins with "the body", where the bytes
// are not what their type says, and where they would become more than `bounds`.

namespace headgate::transforms {

struct body_reading {
    std::string_view bytes;         // Outlive the values.
    std::string_view content_type;  // As it came, with its parameters.
    json::arena& where;
    body_limits const& bounds;
    body_settings const& as;
};

[[nodiscard]] result<json::value> read_json(body_reading const& of);
[[nodiscard]] result<json::value> read_cloud_event(body_reading const& of);
[[nodiscard]] result<json::value> read_cloud_events(body_reading const& of);
[[nodiscard]] result<json::value> read_json_lines(body_reading const& of);
[[nodiscard]] result<json::value> read_form(body_reading const& of);
[[nodiscard]] result<json::value> read_multipart(body_reading const& of);
[[nodiscard]] result<json::value> read_xml(body_reading const& of);
[[nodiscard]] result<json::value> read_text(body_reading const& of);

// The text in UTF-8, by the charset that the type names; UTF-8 where it names none.
[[nodiscard]] result<std::string_view> text_of_body(body_reading const& of);

}  // namespace headgate::transforms
