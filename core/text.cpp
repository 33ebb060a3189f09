#include "core/text.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

namespace headgate {
namespace {

constexpr std::uint8_t byte_of(char c) {
    return static_cast<std::uint8_t>(c);
}

// How many bytes follow a lead byte, and the range of the first of them; 0 bytes: not a lead byte of a long
// form.
struct form {
    std::size_t more;
    std::uint8_t least;
    std::uint8_t most;
};

constexpr form form_of(std::uint8_t lead) {
    if (lead >= 0xc2 && lead <= 0xdf) return {1, 0x80, 0xbf};
    if (lead == 0xe0) return {2, 0xa0, 0xbf};
    if (lead == 0xed) return {2, 0x80, 0x9f};
    if (lead >= 0xe1 && lead <= 0xef) return {2, 0x80, 0xbf};
    if (lead == 0xf0) return {3, 0x90, 0xbf};
    if (lead >= 0xf1 && lead <= 0xf3) return {3, 0x80, 0xbf};
    if (lead == 0xf4) return {3, 0x80, 0x8f};
    return {0, 0, 0};
}

constexpr bool continues(char c) {
    return (byte_of(c) & 0xc0) == 0x80;
}

// True for what stands in a JSON string as it is and is one byte.
constexpr std::array<bool, 256> make_plain() {
    std::array<bool, 256> plain{};
    for (std::size_t c = 0x20; c < 0x7f; ++c) plain[c] = c != '"' && c != '\\';
    return plain;
}
constexpr auto plain = make_plain();

void append_control(char c, std::string& out) {
    constexpr std::string_view hex = "0123456789abcdef";
    switch (c) {
        case '\b': out += "\\b"; return;
        case '\f': out += "\\f"; return;
        case '\n': out += "\\n"; return;
        case '\r': out += "\\r"; return;
        case '\t': out += "\\t"; return;
        default: break;
    }
    out += "\\u00";
    out += hex[byte_of(c) >> 4];
    out += hex[byte_of(c) & 15];
}

}  // namespace

std::size_t character_bytes(std::string_view text) noexcept {
    auto const lead = byte_of(text.front());
    if (lead < 0x80) return 1;
    auto const [more, least, most] = form_of(lead);
    if (more == 0 || text.size() <= more) return 0;
    if (byte_of(text[1]) < least || byte_of(text[1]) > most) return 0;
    for (std::size_t i = 2; i <= more; ++i) {
        if (!continues(text[i])) return 0;
    }
    return more + 1;
}

bool is_utf8(std::string_view bytes) noexcept {
    while (!bytes.empty()) {
        auto const size = character_bytes(bytes);
        if (size == 0) return false;
        bytes.remove_prefix(size);
    }
    return true;
}

std::string to_utf8(std::string_view bytes) {
    std::string text;
    text.reserve(bytes.size());
    while (!bytes.empty()) {
        auto const size = character_bytes(bytes);
        text += size == 0 ? replacement_character : bytes.substr(0, size);
        bytes.remove_prefix(std::max<std::size_t>(size, 1));
    }
    return text;
}

bool is_control(std::string_view character) noexcept {
    auto const last = byte_of(character.back());
    switch (character.size()) {
        case 1: return last < 0x20 || last == 0x7f;
        case 2: return character == "\xd8\x9c" || (character[0] == '\xc2' && last < 0xa0);
        case 3:
            if (character.starts_with("\xe2\x80")) {
                return last == 0x8e || last == 0x8f || (last >= 0xa8 && last <= 0xae);
            }
            return character.starts_with("\xe2\x81") && last >= 0xa6 && last <= 0xa9;
        default: return false;
    }
}

bool has_controls(std::string_view text) noexcept {
    while (!text.empty()) {
        auto const bytes = std::max<std::size_t>(character_bytes(text), 1);
        if (is_control(text.substr(0, bytes))) return true;
        text.remove_prefix(bytes);
    }
    return false;
}

std::string_view shortened(std::string_view text, std::size_t bytes_max) noexcept {
    if (text.size() <= bytes_max) return text;
    while (bytes_max > 0 && continues(text[bytes_max])) --bytes_max;
    return text.substr(0, bytes_max);
}

void append_json_string(std::string_view text, std::string& out) {
    out += '"';
    while (!text.empty()) {
        std::size_t run = 0;
        while (run < text.size() && plain[byte_of(text[run])]) ++run;
        out.append(text.substr(0, run));
        text.remove_prefix(run);
        if (text.empty()) break;
        auto const c = text.front();
        auto const bytes = character_bytes(text);
        if (c == '"' || c == '\\') {
            out += '\\';
            out += c;
        } else if (bytes == 1) {
            append_control(c, out);
        } else {
            out += bytes == 0 ? replacement_character : text.substr(0, bytes);
        }
        text.remove_prefix(std::max<std::size_t>(bytes, 1));
    }
    out += '"';
}

}  // namespace headgate
