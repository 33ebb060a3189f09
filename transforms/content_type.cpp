#include "transforms/content_type.hpp"

#include "core/text.hpp"
#include "model/request.hpp"

#include <algorithm>
#include <cstddef>
#include <utility>

namespace headgate::transforms {
namespace {

// Takes a quoted string from the front. `\"` and `\\` are the two that senders escape; a backslash before
// anything else stands for itself, as in the names of files that some send.
std::optional<std::string> take_quoted(std::string_view& rest) {
    std::string text;
    for (std::size_t at = 1; at < rest.size(); ++at) {
        if (rest[at] == '"') {
            rest.remove_prefix(at + 1);
            return text;
        }
        bool const is_escaped =
            rest[at] == '\\' && at + 1 < rest.size() && (rest[at + 1] == '"' || rest[at + 1] == '\\');
        if (is_escaped) ++at;
        text += rest[at];
    }
    return std::nullopt;
}

std::optional<std::string> take_value(std::string_view& rest) {
    if (rest.starts_with('"')) return take_quoted(rest);
    auto const end = std::min(rest.find(';'), rest.size());
    std::string text{trimmed(rest.substr(0, end))};
    rest.remove_prefix(end);
    return text;
}

}  // namespace

std::optional<std::string> parameter_of(std::string_view header, std::string_view name) {
    std::optional<std::string> found;
    auto rest = header.substr(std::min(header.find(';'), header.size()));
    while (!rest.empty()) {
        if (!rest.starts_with(';')) return std::nullopt;
        rest = trimmed(rest.substr(1));
        if (rest.empty() || rest.starts_with(';')) continue;
        auto const equals = rest.find('=');
        if (equals == std::string_view::npos) return std::nullopt;
        auto const here = to_lower(trimmed(rest.substr(0, equals)));
        rest = trimmed(rest.substr(equals + 1));
        auto value = take_value(rest);
        rest = trimmed(rest);
        if (!value || (here == name && found)) return std::nullopt;
        if (here == name) found = *std::move(value);
    }
    return found;
}

std::string without_parameters(std::string_view header) {
    return to_lower(trimmed(header.substr(0, header.find(';'))));
}

}  // namespace headgate::transforms
