#include "app/printable.hpp"

#include "core/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>

namespace headgate::app {
namespace {

// Of a whole character of several bytes.
std::uint32_t code_point_of(std::string_view character) {
    auto point = static_cast<std::uint32_t>(static_cast<unsigned char>(character.front())) &
                 (0x7fU >> character.size());
    for (char const next : character.substr(1))
        point = point << 6 | (static_cast<unsigned char>(next) & 0x3fU);
    return point;
}

}  // namespace

std::string printable(std::string_view text) {
    std::string safe;
    while (!text.empty()) {
        auto const bytes = std::max<std::size_t>(character_bytes(text), 1);
        safe += is_control(text.substr(0, bytes)) ? std::string_view{" "} : text.substr(0, bytes);
        text.remove_prefix(bytes);
    }
    return safe;
}

std::string escaped(std::string_view json) {
    std::string safe;
    safe.reserve(json.size());
    while (!json.empty()) {
        auto const character = json.substr(0, std::max<std::size_t>(character_bytes(json), 1));
        if (character.size() > 1 && is_control(character)) {
            safe += fmt::format("\\u{:04x}", code_point_of(character));
        } else {
            safe += character;
        }
        json.remove_prefix(character.size());
    }
    return safe;
}

}  // namespace headgate::app
