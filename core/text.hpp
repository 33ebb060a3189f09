#pragma once

#include <string>
#include <string_view>

namespace headgate {

// Well-formed UTF-8 (Unicode, table 3-7): no overlong forms, no surrogates, nothing past U+10FFFF.
[[nodiscard]] bool is_utf8(std::string_view bytes) noexcept;

// RFC 4648 section 4: standard alphabet, padded.
[[nodiscard]] std::string to_base64(std::string_view bytes);

}  // namespace headgate
