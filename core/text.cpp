#include "core/text.hpp"

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

}  // namespace

bool is_utf8(std::string_view bytes) noexcept {
    for (std::size_t i = 0; i < bytes.size();) {
        auto const lead = byte_of(bytes[i++]);
        if (lead < 0x80) continue;
        auto const [more, least, most] = form_of(lead);
        if (more == 0 || bytes.size() - i < more) return false;
        if (byte_of(bytes[i]) < least || byte_of(bytes[i]) > most) return false;
        for (std::size_t k = 1; k < more; ++k) {
            if ((byte_of(bytes[i + k]) & 0xc0) != 0x80) return false;
        }
        i += more;
    }
    return true;
}

std::string to_base64(std::string_view bytes) {
    static constexpr std::string_view alphabet =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string text;
    text.reserve((bytes.size() + 2) / 3 * 4);
    for (std::size_t i = 0; i < bytes.size(); i += 3) {
        auto const group = bytes.substr(i, 3);
        std::uint32_t bits = 0;
        for (std::size_t k = 0; k < 3; ++k) bits = bits << 8 | (k < group.size() ? byte_of(group[k]) : 0U);
        for (std::size_t k = 0; k < 4; ++k) {
            bool const is_padding = k > group.size();
            text += is_padding ? '=' : alphabet[bits >> (18 - 6 * k) & 63];
        }
    }
    return text;
}

}  // namespace headgate
