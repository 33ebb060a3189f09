#include "transforms/utf8.hpp"

#include <algorithm>

namespace headgate::transforms {
namespace {

bool starts_character(char c) {
    return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;
}

}  // namespace

void append_utf8(std::uint32_t code_point, std::string& out) {
    auto const put = [&](std::uint32_t byte) { out += static_cast<char>(byte); };
    if (code_point < 0x80) {
        put(code_point);
    } else if (code_point < 0x800) {
        put(0xC0 | code_point >> 6);
        put(0x80 | (code_point & 0x3F));
    } else if (code_point < 0x10000) {
        put(0xE0 | code_point >> 12);
        put(0x80 | (code_point >> 6 & 0x3F));
        put(0x80 | (code_point & 0x3F));
    } else {
        put(0xF0 | code_point >> 18);
        put(0x80 | (code_point >> 12 & 0x3F));
        put(0x80 | (code_point >> 6 & 0x3F));
        put(0x80 | (code_point & 0x3F));
    }
}

std::uint32_t take_code_point(std::string_view& text) {
    auto const first = static_cast<unsigned char>(text.front());
    std::size_t const bytes = first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
    std::uint32_t code_point = bytes == 1 ? first : first & (0x7FU >> bytes);
    auto const taken = std::min(bytes, text.size());
    for (std::size_t i = 1; i < taken; ++i) {
        code_point = code_point << 6 | (static_cast<unsigned char>(text[i]) & 0x3FU);
    }
    text.remove_prefix(taken);
    return code_point;
}

std::size_t count_code_points(std::string_view text) {
    return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), starts_character));
}

std::size_t byte_offset(std::string_view text, std::size_t index) {
    std::size_t offset = 0;
    for (; offset < text.size(); ++offset) {
        if (!starts_character(text[offset])) continue;
        if (index == 0) return offset;
        --index;
    }
    return offset;
}

}  // namespace headgate::transforms
