#pragma once

#include "auth/settings.hpp"

#include <optional>
#include <string>
#include <string_view>

// Bytes as text in the forms that configuration names.

namespace headgate::auth {

// hex, b64 and b64url; `dec` is for numbers and gives nothing here.
[[nodiscard]] std::optional<std::string> decode(std::string_view text, text_form written);
[[nodiscard]] std::string encode(std::string_view bytes, text_form written);

}  // namespace headgate::auth
