#pragma once

#include <cstddef>
#include <string>
#include <string_view>

// Text. UTF-8 as Unicode table 3-7 has it: no overlong forms, no surrogates, nothing past U+10FFFF.

namespace headgate {

// Stands for a byte that belongs to no character: U+FFFD.
inline constexpr std::string_view replacement_character = "\xef\xbf\xbd";

// Without the blanks and tabs around it.
[[nodiscard]] constexpr std::string_view trimmed(std::string_view text) noexcept {
    auto const is_blank = [](char c) { return c == ' ' || c == '\t'; };
    while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
    while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
    return text;
}

// Bytes of the character that `text`, which is not empty, begins with; 0 when it begins with none.
[[nodiscard]] std::size_t character_bytes(std::string_view text) noexcept;

[[nodiscard]] bool is_utf8(std::string_view bytes) noexcept;

// Each byte that belongs to no character replaced.
[[nodiscard]] std::string to_utf8(std::string_view bytes);

// The longest part of at most `bytes_max` bytes from the front that ends before a character, not in one.
[[nodiscard]] std::string_view shortened(std::string_view text, std::size_t bytes_max) noexcept;

// Whether a character, or a byte that belongs to none, acts on terminals, lines or the order of text instead
// of being shown: C0, DEL, C1, U+2028, U+2029, and what has Unicode's property Bidi_Control: U+061C, U+200E,
// U+200F, U+202A to U+202E, U+2066 to U+2069.
[[nodiscard]] bool is_control(std::string_view character) noexcept;
[[nodiscard]] bool has_controls(std::string_view text) noexcept;

// Appends `text` as a JSON string (RFC 8259): quotes around it and escapes in it, non-ASCII as it is, bytes
// that belong to no character replaced.
void append_json_string(std::string_view text, std::string& out);

}  // namespace headgate
