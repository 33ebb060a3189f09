#include "transforms/charset.hpp"

#include "core/text.hpp"
#include "model/request.hpp"
#include "transforms/utf8.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>
#include <utility>

namespace headgate::transforms {
namespace {

// With the names that senders use beside the registered ones.
constexpr std::array<std::pair<std::string_view, charset>, 14> labels{{{"utf-8", charset::utf_8},
                                                                       {"utf8", charset::utf_8},
                                                                       {"us-ascii", charset::us_ascii},
                                                                       {"ascii", charset::us_ascii},
                                                                       {"iso-8859-1", charset::iso_8859_1},
                                                                       {"iso8859-1", charset::iso_8859_1},
                                                                       {"iso_8859-1", charset::iso_8859_1},
                                                                       {"latin1", charset::iso_8859_1},
                                                                       {"latin-1", charset::iso_8859_1},
                                                                       {"l1", charset::iso_8859_1},
                                                                       {"utf-16", charset::utf_16},
                                                                       {"utf16", charset::utf_16},
                                                                       {"utf-16be", charset::utf_16be},
                                                                       {"utf-16le", charset::utf_16le}}};

constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";

bool is_ascii(std::string_view bytes) {
    return std::ranges::all_of(bytes, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

std::string from_latin1(std::string_view bytes) {
    std::string text;
    text.reserve(bytes.size() * 2);
    for (char const c : bytes) append_utf8(static_cast<unsigned char>(c), text);
    return text;
}

enum class byte_order : std::uint8_t { big, little };

// Nothing where a surrogate stands alone, or half a unit.
std::optional<std::string> from_utf16(std::string_view bytes, byte_order order) {
    if (bytes.size() % 2 != 0) return std::nullopt;
    auto const unit = [&](std::size_t at) {
        auto const first = static_cast<unsigned char>(bytes[at]);
        auto const second = static_cast<unsigned char>(bytes[at + 1]);
        return static_cast<char32_t>(order == byte_order::big ? first << 8 | second : second << 8 | first);
    };
    auto const is_high = [](char32_t one) { return one >= 0xD800 && one < 0xDC00; };
    auto const is_low = [](char32_t one) { return one >= 0xDC00 && one < 0xE000; };
    std::string text;
    text.reserve(bytes.size());
    for (std::size_t at = 0; at < bytes.size(); at += 2) {
        auto const one = unit(at);
        if (is_low(one)) return std::nullopt;
        if (!is_high(one)) {
            append_utf8(one, text);
            continue;
        }
        at += 2;
        if (at == bytes.size() || !is_low(unit(at))) return std::nullopt;
        append_utf8(0x10000 + ((one - 0xD800) << 10) + (unit(at) - 0xDC00), text);
    }
    return text;
}

std::optional<std::string> from_marked_utf16(std::string_view bytes) {
    if (bytes.starts_with("\xfe\xff")) return from_utf16(bytes.substr(2), byte_order::big);
    if (bytes.starts_with("\xff\xfe")) return from_utf16(bytes.substr(2), byte_order::little);
    return std::nullopt;
}

std::optional<std::string> converted(charset from, std::string_view bytes) {
    switch (from) {
        case charset::iso_8859_1: return from_latin1(bytes);
        case charset::utf_16: return from_marked_utf16(bytes);
        case charset::utf_16be: return from_utf16(bytes, byte_order::big);
        case charset::utf_16le: return from_utf16(bytes, byte_order::little);
        case charset::utf_8:
        case charset::us_ascii: break;
    }
    return std::nullopt;
}

}  // namespace

std::string_view name_of(charset which) noexcept {
    return std::ranges::find(labels, which, &std::pair<std::string_view, charset>::second)->first;
}

result<charset> charset_named(std::string_view label) {
    auto const name = to_lower(label);
    auto const found = std::ranges::find(labels, name, &std::pair<std::string_view, charset>::first);
    if (found != labels.end()) return found->second;
    return refuse(errc::invalid_argument, "the body is in a charset that is not decoded here",
                  "send one of: utf-8, us-ascii, iso-8859-1, utf-16, utf-16be, utf-16le");
}

result<std::string_view> text_in_utf8(charset from, std::string_view bytes, json::arena& where,
                                      std::size_t bytes_max) {
    auto const not_it = [&] {
        return refuse(errc::invalid_argument,
                      fmt::format("the body is not text in {}, as its type says", name_of(from)));
    };
    if (from == charset::utf_8 && bytes.starts_with(byte_order_mark))
        bytes.remove_prefix(byte_order_mark.size());
    bool const is_utf8_already =
        from == charset::utf_8
            ? is_utf8(bytes)
            : (from == charset::us_ascii || from == charset::iso_8859_1) && is_ascii(bytes);
    if (is_utf8_already) return bytes;
    if (bytes.size() / 2 > bytes_max) {  // No character of two bytes becomes less than one.
        return refuse(errc::resource_exhausted,
                      fmt::format("the body is larger than {} bytes once it is UTF-8", bytes_max));
    }
    auto text = converted(from, bytes);
    if (!text) return not_it();
    if (text->starts_with(byte_order_mark)) text->erase(0, byte_order_mark.size());
    if (text->size() > bytes_max) {
        return refuse(errc::resource_exhausted,
                      fmt::format("the body is larger than {} bytes once it is UTF-8", bytes_max));
    }
    return json::value::string(*text, where).as_string();
}

}  // namespace headgate::transforms
