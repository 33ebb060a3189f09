#include "json/parse.hpp"

#include <string>

namespace headgate::json {
namespace {

bool is_blank(char c) {
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

std::size_t end_of_string(std::string_view text, std::size_t at) {
    for (++at; at < text.size(); ++at) {
        if (text[at] == '\\') {
            ++at;
        } else if (text[at] == '"') {
            return at + 1;
        }
    }
    return text.size();
}

// Where the text that begins at the front ends. Only finds the border: what is between is for `parse` to
// judge.
std::size_t end_of_first(std::string_view text) {
    std::size_t depth = 0;
    std::size_t at = 0;
    while (at < text.size()) {
        auto const c = text[at];
        if (c == '"') {
            at = end_of_string(text, at);
            if (depth == 0) return at;
            continue;
        }
        ++at;
        if (c == '[' || c == '{') ++depth;
        bool const closes = c == ']' || c == '}';
        if (closes && depth > 0) --depth;
        if (closes && depth == 0) return at;
        bool const scalar_ends = depth == 0 && (at == text.size() || is_blank(text[at]) || text[at] == '"' ||
                                                text[at] == '[' || text[at] == '{');
        if (scalar_ends) return at;
    }
    return at;
}

}  // namespace

result<std::vector<value>> parse_many(std::string_view text, arena& where, parse_limits const& limits) {
    std::vector<value> all;
    for (;;) {
        while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
        if (text.empty()) return all;
        auto const end = end_of_first(text);
        auto one = parse(text.substr(0, end), where, limits);
        if (!one) return while_doing("text " + std::to_string(all.size() + 1), std::move(one).error());
        all.push_back(one->root);
        text.remove_prefix(end);
    }
}

}  // namespace headgate::json
