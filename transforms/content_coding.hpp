#pragma once

#include "core/result.hpp"
#include "model/request.hpp"
#include "transforms/settings.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

// Packed bodies: RFC 9110, 8.4, with one coding at a time.

namespace headgate::transforms {

[[nodiscard]] std::string_view name_of(content_coding which) noexcept;

// The coding that Content-Encoding names; nothing for a plain body. Refuses, with invalid_argument, a coding
// that is not spoken here, and several of them.
[[nodiscard]] result<std::optional<content_coding>> content_coding_of(headers const& fields);

// What was packed. Refuses, with invalid_argument, bytes that are not of this coding, that end too early or
// go on behind its end, and with resource_exhausted what would be larger than `bytes_max`. Besides what is
// returned it needs a window of at most 16 MiB, however it was packed.
[[nodiscard]] result<std::string> unpack(content_coding which, std::string_view packed,
                                         std::size_t bytes_max);

}  // namespace headgate::transforms
