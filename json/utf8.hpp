#pragma once

#include <cstddef>
#include <string_view>

namespace headgate::json {

// How many bytes of well-formed UTF-8 (RFC 3629) the character at the start of `text` has; 0 when it is
// malformed, and 1 at the end of the text.
[[nodiscard]] std::size_t character_bytes(std::string_view text) noexcept;

}  // namespace headgate::json
