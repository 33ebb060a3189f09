#pragma once

#include "auth/settings.hpp"

#include <optional>
#include <string>
#include <string_view>

// Text to bytes, strictly: the alphabet and nothing else, no blanks, no second spelling of the same bytes.

namespace headgate::auth {

enum class hex_case : std::uint8_t { lower, any };

// Two digits a byte; nothing when a digit is missing, foreign or of the wrong case.
[[nodiscard]] std::optional<std::string> decode_hex(std::string_view text, hex_case digits);

enum class base64_alphabet : std::uint8_t {
    standard,  // RFC 4648 section 4, padding required
    url,       // RFC 4648 section 5, padding refused
};

// Nothing unless `text` is the one canonical spelling: right padding, unused bits zero.
[[nodiscard]] std::optional<std::string> decode_base64(std::string_view text, base64_alphabet alphabet);

[[nodiscard]] std::string encode_base64(std::string_view bytes, base64_alphabet alphabet);

// hex, b64 and b64url; `dec` is for numbers and gives nothing here.
[[nodiscard]] std::optional<std::string> decode(std::string_view text, text_form written);
[[nodiscard]] std::string encode(std::string_view bytes, text_form written);

}  // namespace headgate::auth
