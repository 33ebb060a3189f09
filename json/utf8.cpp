#include "json/utf8.hpp"

namespace headgate::json {

std::size_t character_bytes(std::string_view text) noexcept {
    auto const at = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U; };
    auto const follows = [&](std::size_t i) { return (at(i) & 0xC0U) == 0x80U; };
    auto const first = at(0);
    if (first < 0x80) return 1;
    if (first >= 0xC2 && first <= 0xDF) return follows(1) ? 2 : 0;
    if (first >= 0xE0 && first <= 0xEF) {
        bool const is_overlong = first == 0xE0 && at(1) < 0xA0;
        bool const is_surrogate = first == 0xED && at(1) >= 0xA0;
        return follows(1) && follows(2) && !is_overlong && !is_surrogate ? 3 : 0;
    }
    if (first >= 0xF0 && first <= 0xF4) {
        bool const is_overlong = first == 0xF0 && at(1) < 0x90;
        bool const is_too_large = first == 0xF4 && at(1) >= 0x90;
        return follows(1) && follows(2) && follows(3) && !is_overlong && !is_too_large ? 4 : 0;
    }
    return 0;
}

}  // namespace headgate::json
