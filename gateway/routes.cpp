#include "gateway/routes.hpp"

#include <algorithm>
#include <utility>

namespace headgate::gateway {
namespace {

// What a segment must not hold once it is decoded: what a parameter is pasted into (a path, a command, a log
// line) would read it as an end.
bool ends_a_segment(char c) {
    return c == '/' || c == '\\' || static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
}

bool is_segment(std::string_view decoded) {
    return !decoded.empty() && decoded != "." && decoded != ".." &&
           std::ranges::none_of(decoded, ends_a_segment);
}

// Nothing when one of them is malformed, or not a segment once it is decoded.
std::optional<std::vector<std::string>> segments_of(std::string_view path) {
    std::vector<std::string> segments;
    if (!path.starts_with('/')) return std::nullopt;
    path.remove_prefix(1);
    for (;;) {
        auto const slash = path.find('/');
        auto decoded = percent_decode(path.substr(0, slash));
        if (!decoded || !is_segment(*decoded)) return std::nullopt;
        segments.push_back(*std::move(decoded));
        if (slash == std::string_view::npos) return segments;
        path.remove_prefix(slash + 1);
    }
}

bool is_parameter(std::string_view segment) {
    return segment.size() > 2 && segment.front() == '{' && segment.back() == '}';
}

}  // namespace

std::vector<std::string> parameters_in(std::string_view pattern) {
    std::vector<std::string> names;
    while (!pattern.empty()) {
        auto const segment = pattern.substr(0, pattern.find('/'));
        if (is_parameter(segment)) names.emplace_back(segment.substr(1, segment.size() - 2));
        pattern.remove_prefix(std::min(segment.size() + 1, pattern.size()));
    }
    return names;
}

bool route_table::add(std::string_view pattern, std::size_t source) {
    auto* at = &root_;
    auto names = parameters_in(pattern);
    pattern.remove_prefix(1);
    for (;;) {
        auto const slash = pattern.find('/');
        auto const segment = pattern.substr(0, slash);
        auto& next = is_parameter(segment) ? at->parameter : at->literal[std::string{segment}];
        if (!next) next = std::make_unique<node>();
        at = next.get();
        if (slash == std::string_view::npos) break;
        pattern.remove_prefix(slash + 1);
    }
    if (at->source) return false;
    at->source = source;
    at->names = std::move(names);
    return true;
}

std::optional<route_table::found> route_table::find(std::string_view path) const {
    auto const segments = segments_of(path);
    if (!segments) return std::nullopt;
    std::vector<std::string> values;
    node const* end = nullptr;
    if (!descend(root_, *segments, 0, values, end)) return std::nullopt;
    found match{*end->source, {}};
    for (std::size_t i = 0; i < values.size(); ++i)
        match.values.emplace_back(end->names[i], std::move(values[i]));
    return match;
}

bool route_table::descend(node const& at, std::vector<std::string> const& segments, std::size_t index,
                          std::vector<std::string>& values, node const*& end) {
    if (index == segments.size()) {
        end = &at;
        return at.source.has_value();
    }
    auto const literal = at.literal.find(segments[index]);
    if (literal != at.literal.end() && descend(*literal->second, segments, index + 1, values, end))
        return true;
    if (!at.parameter) return false;
    values.push_back(segments[index]);
    if (descend(*at.parameter, segments, index + 1, values, end)) return true;
    values.pop_back();
    return false;
}

}  // namespace headgate::gateway
