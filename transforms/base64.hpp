#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace headgate::transforms {

void append_base64(std::string_view bytes, std::string& out);

// As jq's @base64d: padding may be missing, what is not UTF-8 becomes U+FFFD. Nothing for other characters.
[[nodiscard]] std::optional<std::string> decode_base64(std::string_view text);

}  // namespace headgate::transforms
