#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

// Bytes as text and back: hex (RFC 4648 section 8), base64 (sections 4 and 5), and what stands in URLs.
// Reading is strict: the alphabet and nothing else, no blanks, and unless asked otherwise no second spelling
// of the same bytes.

namespace headgate {

enum class hex_case : std::uint8_t { lower, any };

// The value of one digit; nothing for every other character.
[[nodiscard]] constexpr std::optional<std::uint8_t> hex_digit(char c,
                                                              hex_case digits = hex_case::any) noexcept {
    if (c >= '0' && c <= '9') return static_cast<std::uint8_t>(c - '0');
    if (c >= 'a' && c <= 'f') return static_cast<std::uint8_t>(c - 'a' + 10);
    if (digits == hex_case::any && c >= 'A' && c <= 'F') return static_cast<std::uint8_t>(c - 'A' + 10);
    return std::nullopt;
}

// Lower case, two digits a byte.
[[nodiscard]] std::string to_hex(std::string_view bytes);
[[nodiscard]] std::string to_hex(std::span<std::uint8_t const> bytes);

// Nothing when a digit is missing, foreign or of the wrong case.
[[nodiscard]] std::optional<std::string> decode_hex(std::string_view text, hex_case digits);

enum class base64_alphabet : std::uint8_t {
    standard,  // Section 4, padded.
    url        // Section 5, without padding.
};

[[nodiscard]] std::string encode_base64(std::string_view bytes, base64_alphabet alphabet);

enum class base64_spelling : std::uint8_t {
    canonical,  // As `encode_base64` writes it: padding as the alphabet has it, unused bits zero.
    any         // Padding may be missing or too much, unused bits may be set.
};

[[nodiscard]] std::optional<std::string> decode_base64(std::string_view text, base64_alphabet alphabet,
                                                       base64_spelling spelling = base64_spelling::canonical);

// Everything but the unreserved characters (RFC 3986, 2.3) becomes %XX.
[[nodiscard]] std::string percent_encode(std::string_view bytes);

}  // namespace headgate
