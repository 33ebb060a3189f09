#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

// The pieces of a JSON Pointer (RFC 6901).

namespace headgate::json {

// Takes the first token off `pointer`, with `~1` and `~0` resolved. Nothing when the pointer is malformed; an
// empty pointer has no token left, so ask before.
[[nodiscard]] std::optional<std::string> take_token(std::string_view& pointer);

// An array index as the RFC writes it: digits without a leading zero. Nothing for any other text, `-`
// included.
[[nodiscard]] std::optional<std::size_t> array_index(std::string_view token);

}  // namespace headgate::json
