#include "auth/encoding.hpp"

#include "core/check.hpp"

#include <array>
#include <cstdint>

namespace headgate::auth {
namespace {

constexpr std::string_view standard_digits =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view url_digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr std::uint8_t foreign = 0xff;

using digit_values = std::array<std::uint8_t, 256>;

constexpr digit_values values_of(std::string_view digits) {
    digit_values all;
    all.fill(foreign);
    for (std::size_t i = 0; i < digits.size(); ++i) {
        all[static_cast<unsigned char>(digits[i])] = static_cast<std::uint8_t>(i);
    }
    return all;
}

constexpr digit_values standard_values = values_of(standard_digits);
constexpr digit_values url_values = values_of(url_digits);

constexpr digit_values hex_values(hex_case digits) {
    auto all = values_of("0123456789abcdef");
    if (digits == hex_case::any) {
        for (char c = 'A'; c <= 'F'; ++c)
            all[static_cast<unsigned char>(c)] = static_cast<std::uint8_t>(c - 'A' + 10);
    }
    return all;
}

constexpr digit_values lower_hex = hex_values(hex_case::lower);
constexpr digit_values any_hex = hex_values(hex_case::any);

}  // namespace

std::optional<std::string> decode_hex(std::string_view text, hex_case digits) {
    auto const& known = digits == hex_case::lower ? lower_hex : any_hex;
    if (text.size() % 2 != 0) return std::nullopt;
    std::string bytes;
    bytes.reserve(text.size() / 2);
    for (std::size_t i = 0; i < text.size(); i += 2) {
        auto const high = known[static_cast<unsigned char>(text[i])];
        auto const low = known[static_cast<unsigned char>(text[i + 1])];
        if (high == foreign || low == foreign) return std::nullopt;
        bytes += static_cast<char>(high << 4 | low);
    }
    return bytes;
}

std::optional<std::string> decode_base64(std::string_view text, base64_alphabet alphabet) {
    auto const& known = alphabet == base64_alphabet::standard ? standard_values : url_values;
    if (alphabet == base64_alphabet::standard) {
        if (text.size() % 4 != 0) return std::nullopt;
        if (text.ends_with("==")) {
            text.remove_suffix(2);
        } else if (text.ends_with('=')) {
            text.remove_suffix(1);
        }
        if (text.size() % 4 == 1) return std::nullopt;
    } else if (text.size() % 4 == 1) {
        return std::nullopt;
    }

    std::string bytes;
    bytes.reserve(text.size() * 3 / 4);
    std::uint32_t bits = 0;
    unsigned held = 0;
    for (char const c : text) {
        auto const digit = known[static_cast<unsigned char>(c)];
        if (digit == foreign) return std::nullopt;
        bits = bits << 6 | digit;
        held += 6;
        if (held < 8) continue;
        held -= 8;
        bytes += static_cast<char>(bits >> held & 0xff);
        bits &= (1U << held) - 1;
    }
    if (bits != 0) return std::nullopt;
    return bytes;
}

std::string encode_base64(std::string_view bytes, base64_alphabet alphabet) {
    auto const digits = alphabet == base64_alphabet::standard ? standard_digits : url_digits;
    std::string text;
    text.reserve((bytes.size() + 2) / 3 * 4);
    std::uint32_t bits = 0;
    unsigned held = 0;
    for (char const c : bytes) {
        bits = bits << 8 | static_cast<unsigned char>(c);
        held += 8;
        while (held >= 6) {
            held -= 6;
            text += digits[bits >> held & 0x3f];
        }
    }
    if (held > 0) text += digits[bits << (6 - held) & 0x3f];
    if (alphabet == base64_alphabet::standard) text.append((4 - text.size() % 4) % 4, '=');
    return text;
}

std::optional<std::string> decode(std::string_view text, text_form written) {
    switch (written) {
        case text_form::hex: return decode_hex(text, hex_case::any);
        case text_form::b64: return decode_base64(text, base64_alphabet::standard);
        case text_form::b64url: return decode_base64(text, base64_alphabet::url);
        case text_form::dec: return std::nullopt;
    }
    return std::nullopt;
}

std::string encode(std::string_view bytes, text_form written) {
    switch (written) {
        case text_form::hex: {
            constexpr std::string_view digits = "0123456789abcdef";
            std::string text;
            text.reserve(bytes.size() * 2);
            for (char const c : bytes) {
                text += digits[static_cast<unsigned char>(c) >> 4];
                text += digits[static_cast<unsigned char>(c) & 0xf];
            }
            return text;
        }
        case text_form::b64: return encode_base64(bytes, base64_alphabet::standard);
        case text_form::b64url: return encode_base64(bytes, base64_alphabet::url);
        case text_form::dec: break;
    }
    HEADGATE_CHECK(false, "bytes have no decimal form: the loader lets only crc32 ask for one");
    return {};
}

}  // namespace headgate::auth
