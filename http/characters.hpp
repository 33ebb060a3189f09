#pragma once

#include <array>
#include <string_view>

// Character classes of RFC 9110, 5.6.2 and RFC 3986, as tables.

namespace headgate::http {

using character_table = std::array<char, 256>;

// For each byte that may stand in a field name its lower-case form, else 0. `_` is a token character in the
// RFC, but is refused: servers behind CGI-like interfaces read it as `-`, so that two names become one.
[[nodiscard]] consteval character_table make_field_name_table() {
    character_table table{};
    for (auto const c : std::string_view{"!#$%&'*+-.^`|~0123456789abcdefghijklmnopqrstuvwxyz"}) {
        table[static_cast<unsigned char>(c)] = c;
    }
    for (char c = 'A'; c <= 'Z'; ++c) {
        table[static_cast<unsigned char>(c)] = static_cast<char>(c - 'A' + 'a');
    }
    return table;
}

inline constexpr character_table field_name_table = make_field_name_table();

[[nodiscard]] constexpr char lower(char c) noexcept {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

[[nodiscard]] constexpr bool is_digit(char c) noexcept {
    return c >= '0' && c <= '9';
}

// Only ASCII letters have two cases here.
[[nodiscard]] constexpr bool equals_ignoring_case(std::string_view a, std::string_view b) noexcept {
    if (a.size() != b.size()) return false;
    for (std::size_t i = 0; i < a.size(); ++i) {
        if (lower(a[i]) != lower(b[i])) return false;
    }
    return true;
}

// No control characters but the tab: what may stand in a field value. Bytes above 0x7F may.
[[nodiscard]] constexpr bool is_field_value(std::string_view value) noexcept {
    unsigned bad = 0;  // Without early return, so that the compiler can look at many bytes at once.
    for (auto const c : value) {
        auto const byte = static_cast<unsigned char>(c);
        bad |= static_cast<unsigned>((byte < 0x20) & (byte != '\t')) | static_cast<unsigned>(byte == 0x7f);
    }
    return bad == 0;
}

}  // namespace headgate::http
