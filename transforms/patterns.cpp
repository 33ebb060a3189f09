#include "transforms/patterns.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <re2/re2.h>

namespace headgate::transforms {
namespace {

constexpr std::size_t pattern_bytes_max = 4096;

// Of the flags, those that RE2 is told.
unsigned kind_of(pattern_flags const& how) {
    return (how.longest ? 1U : 0U) | (how.extended ? 2U : 0U) | (how.ignores_case ? 4U : 0U) |
           (how.dot_is_newline ? 8U : 0U);
}

// Without the blanks and comments that the flag x allows outside of classes.
std::string without_blanks(std::string_view pattern) {
    std::string made;
    bool in_class = false;
    for (std::size_t i = 0; i < pattern.size(); ++i) {
        auto const c = pattern[i];
        if (c == '\\' && i + 1 < pattern.size()) {
            made += pattern.substr(i++, 2);
            continue;
        }
        if (c == '[') in_class = true;
        if (c == ']') in_class = false;
        bool const is_blank = c == ' ' || c == '\t' || c == '\n' || c == '\r';
        if (!in_class && is_blank) continue;
        if (!in_class && c == '#') {
            i = std::min(pattern.find('\n', i), pattern.size());
            continue;
        }
        made += c;
    }
    return made;
}

// RE2 of Debian 12 writes named groups as (?P<name>…); jq's programs as (?<name>…).
std::string with_named_groups(std::string_view pattern) {
    std::string made;
    for (std::size_t i = 0; i < pattern.size(); ++i) {
        if (pattern[i] == '\\' && i + 1 < pattern.size()) {
            made += pattern.substr(i, 2);
            ++i;
        } else if (pattern.substr(i).starts_with("(?<") && !pattern.substr(i).starts_with("(?<=") &&
                   !pattern.substr(i).starts_with("(?<!")) {
            made += "(?P<";
            i += 2;
        } else {
            made += pattern[i];
        }
    }
    return made;
}

}  // namespace

std::optional<pattern_flags> read_pattern_flags(std::string_view given) {
    pattern_flags read;
    for (auto const c : given) {
        switch (c) {
            case 'g': read.global = true; break;
            case 'n': read.skip_empty = true; break;
            case 'i': read.ignores_case = true; break;
            case 's': break;  // `^` and `$` mean the whole text anyway.
            case 'l': read.longest = true; break;
            case 'p': read.dot_is_newline = true; break;
            case 'x': read.extended = true; break;
            default: return std::nullopt;
        }
    }
    return read;
}

result<re2::RE2 const*> pattern_table::add(std::string_view pattern, pattern_flags const& how) {
    if (pattern.size() > pattern_bytes_max)
        return refuse(errc::invalid_argument,
                      fmt::format("the regular expression is longer than {} bytes", pattern_bytes_max));
    re2::RE2::Options options;
    options.set_log_errors(false);
    options.set_max_mem(1 << 20);
    options.set_longest_match(how.longest);
    options.set_case_sensitive(!how.ignores_case);
    options.set_dot_nl(how.dot_is_newline);
    auto made = std::make_shared<re2::RE2 const>(
        with_named_groups(how.extended ? without_blanks(pattern) : std::string{pattern}), options);
    if (!made->ok())
        return refuse(errc::invalid_argument, "the regular expression is not valid: " + made->error());
    auto& known = known_[std::string{pattern}][kind_of(how)];
    if (!known) known = std::move(made);
    return known.get();
}

re2::RE2 const* pattern_table::find(std::string_view pattern, pattern_flags const& how) const {
    auto const of_text = known_.find(pattern);
    if (of_text == known_.end()) return nullptr;
    auto const found = of_text->second.find(kind_of(how));
    return found == of_text->second.end() ? nullptr : found->second.get();
}

}  // namespace headgate::transforms
