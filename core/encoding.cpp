#include "core/encoding.hpp"

#include <array>

namespace headgate {
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

// Takes the padding off; false when it is not what belongs there.
bool take_padding(std::string_view& text, base64_alphabet alphabet, base64_spelling spelling) {
    if (spelling == base64_spelling::any) {
        while (text.ends_with('=')) text.remove_suffix(1);
    } else if (alphabet == base64_alphabet::standard) {
        if (text.size() % 4 != 0) return false;
        for (int i = 0; i < 2 && text.ends_with('='); ++i) text.remove_suffix(1);
    }
    return text.size() % 4 != 1;
}

}  // namespace

std::string to_hex(std::string_view bytes) {
    static constexpr std::string_view digits = "0123456789abcdef";
    std::string text;
    text.reserve(bytes.size() * 2);
    for (char const c : bytes) {
        auto const byte = static_cast<unsigned char>(c);
        text += digits[byte >> 4];
        text += digits[byte & 15];
    }
    return text;
}

std::string to_hex(std::span<std::uint8_t const> bytes) {
    return to_hex(std::string_view{reinterpret_cast<char const*>(bytes.data()), bytes.size()});
}

std::optional<std::string> decode_hex(std::string_view text, hex_case digits) {
    if (text.size() % 2 != 0) return std::nullopt;
    std::string bytes;
    bytes.reserve(text.size() / 2);
    for (std::size_t i = 0; i < text.size(); i += 2) {
        auto const high = hex_digit(text[i], digits);
        auto const low = hex_digit(text[i + 1], digits);
        if (!high || !low) return std::nullopt;
        bytes += static_cast<char>(*high << 4 | *low);
    }
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

std::optional<std::string> decode_base64(std::string_view text, base64_alphabet alphabet,
                                         base64_spelling spelling) {
    auto const& known = alphabet == base64_alphabet::standard ? standard_values : url_values;
    if (!take_padding(text, alphabet, spelling)) return std::nullopt;
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
    if (bits != 0 && spelling == base64_spelling::canonical) return std::nullopt;
    return bytes;
}

std::string percent_encode(std::string_view bytes) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    std::string encoded;
    encoded.reserve(bytes.size());
    for (auto const c : bytes) {
        bool const is_unreserved = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                                   (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' || c == '~';
        auto const byte = static_cast<unsigned char>(c);
        if (is_unreserved)
            encoded += c;
        else
            encoded += {'%', digits[byte >> 4], digits[byte & 15]};
    }
    return encoded;
}

}  // namespace headgate
