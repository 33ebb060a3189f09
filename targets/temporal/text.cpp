#include "targets/temporal/text.hpp"

#include <cstddef>

namespace headgate::targets {

std::string presentable(std::string_view text) {
    constexpr std::size_t shown_bytes_max = 512;
    bool const cut = text.size() > shown_bytes_max;
    if (cut) {
        std::size_t end = shown_bytes_max;
        auto const continues = [&](std::size_t at) {
            return (static_cast<unsigned char>(text[at]) & 0xC0U) == 0x80U;
        };
        while (end > 0 && continues(end)) --end;
        text = text.substr(0, end);
    }
    std::string shown{text};
    for (auto& c : shown) {
        auto const byte = static_cast<unsigned char>(c);
        if (byte < 0x20 || byte == 0x7F) c = ' ';
    }
    if (cut) shown += "...";
    return shown;
}

}  // namespace headgate::targets
