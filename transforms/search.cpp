#include "transforms/search.hpp"

#include <cstring>

namespace headgate::transforms {

std::size_t find_text(std::string_view text, std::string_view part, std::size_t from) {
    if (from > text.size()) return text.npos;
    auto const* const begin = text.data() + from;
    auto const* const found =
        static_cast<char const*>(memmem(begin, text.size() - from, part.data(), part.size()));
    return found ? static_cast<std::size_t>(found - text.data()) : text.npos;
}

}  // namespace headgate::transforms
