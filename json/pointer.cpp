#include "json/pointer.hpp"

#include "json/value.hpp"

#include <algorithm>
#include <charconv>

namespace headgate::json {

std::optional<std::string> take_token(std::string_view& pointer) {
    if (!pointer.starts_with('/')) return std::nullopt;
    pointer.remove_prefix(1);
    auto const written = pointer.substr(0, std::min(pointer.find('/'), pointer.size()));
    pointer.remove_prefix(written.size());
    std::string token;
    token.reserve(written.size());
    for (std::size_t i = 0; i < written.size(); ++i) {
        if (written[i] != '~') {
            token += written[i];
            continue;
        }
        ++i;
        if (i == written.size() || (written[i] != '0' && written[i] != '1')) return std::nullopt;
        token += written[i] == '0' ? '~' : '/';
    }
    return token;
}

std::optional<std::size_t> array_index(std::string_view token) {
    bool const has_leading_zero = token.size() > 1 && token.front() == '0';
    if (token.empty() || has_leading_zero) return std::nullopt;
    std::size_t index = 0;
    auto const [end, failure] = std::from_chars(token.data(), token.data() + token.size(), index);
    if (failure != std::errc{} || end != token.data() + token.size()) return std::nullopt;
    return index;
}

std::optional<value> value::at_pointer(std::string_view pointer) const {
    auto here = *this;
    while (!pointer.empty()) {
        auto const token = take_token(pointer);
        if (!token) return std::nullopt;
        if (here.is_array()) {
            auto const index = array_index(*token);
            if (!index || *index >= here.items().size()) return std::nullopt;
            here = here.items()[*index];
            continue;
        }
        auto const found = here.find(*token);
        if (!found) return std::nullopt;
        here = *found;
    }
    return here;
}

}  // namespace headgate::json
