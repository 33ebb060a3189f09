#include "transforms/builtins.hpp"
#include "transforms/patterns.hpp"
#include "transforms/runtime.hpp"
#include "transforms/utf8.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <re2/re2.h>
#include <string>
#include <utility>
#include <vector>

namespace headgate::transforms {
namespace {

using json::member;
using json::value;

// Patterns of this thread that no program has: they come from events. When there are too many, all are
// forgotten.
re2::RE2 const* pattern_of_an_event(runtime& run, std::string_view text, pattern_flags const& how) {
    constexpr std::size_t kept_max = 256;
    thread_local pattern_table kept;
    if (auto const* const known = kept.find(text, how)) return known;
    if (kept.size() >= kept_max) kept.clear();
    auto const made = kept.add(text, how);
    auto const instructions = made ? static_cast<std::size_t>((*made)->ProgramSize()) : 0;
    if (!run.may_touch((text.size() + instructions) * 64)) return nullptr;
    if (made) return *made;
    (void)run.fail(made.error().message);
    return nullptr;
}

// The text, the pattern and the flags that a function was given; says no where they are none.
std::optional<pattern_flags> flags_of(runtime& run, value const* in) {
    if (!in[0].is_string())
        (void)run.fail(fmt::format("{} cannot be matched, as it is not a string", name_of(in[0].type())));
    else if (!in[1].is_string())
        (void)run.fail(fmt::format("{} is not a regular expression", name_of(in[1].type())));
    else if (in[2].is_null())
        return pattern_flags{};
    else if (auto const read = in[2].is_string() ? read_pattern_flags(in[2].as_string()) : std::nullopt)
        return read;
    else
        (void)run.fail("the flags are not a valid modifier string");
    return std::nullopt;
}

re2::RE2 const* pattern_of(runtime& run, value const* in, pattern_flags const& how) {
    auto const text = in[1].as_string();
    auto const* const known = run.patterns().find(text, how);
    return known ? known : pattern_of_an_event(run, text, how);
}

// What looking for `pattern` in so much text may cost: RE2 keeps to the text's length as long as it has room
// for the states it meets, else each byte costs what the pattern has of instructions.
bool may_search(runtime& run, RE2 const& pattern, std::size_t bytes) {
    constexpr std::size_t instructions_per_byte = 64;
    return run.may_step(1) && run.may_touch(bytes * (1 + static_cast<std::size_t>(pattern.ProgramSize()) /
                                                             instructions_per_byte));
}

// jq takes [pattern, flags] for the pattern too.
std::array<value, 3> unpacked(value const* in) {
    std::array<value, 3> given{in[0], in[1], in[2]};
    if (in[1].is_array() && in[2].is_null() && !in[1].items().empty()) {
        given[1] = in[1].items()[0];
        if (in[1].items().size() > 1) given[2] = in[1].items()[1];
    }
    return given;
}

bool test(runtime& run, value const* in, value& out) {
    auto const given = unpacked(in);
    auto const how = flags_of(run, given.data());
    auto const* const pattern = how ? pattern_of(run, given.data(), *how) : nullptr;
    if (!pattern) return false;
    auto const text = given[0].as_string();
    if (!may_search(run, *pattern, text.size())) return false;
    out = value::boolean(
        pattern->Match({text.data(), text.size()}, 0, text.size(), RE2::UNANCHORED, nullptr, 0));
    return true;
}

// All matches: for each the groups, the whole first. Groups that took no part have no data.
using match = std::vector<re2::StringPiece>;

bool find_matches(runtime& run, std::string_view text, RE2 const& pattern, pattern_flags const& how,
                  std::vector<match>& found) {
    re2::StringPiece const whole{text.data(), text.size()};
    auto const groups = pattern.NumberOfCapturingGroups() + 1;
    std::size_t at = 0;
    while (at <= text.size()) {
        match here(static_cast<std::size_t>(groups));
        // Most searches end long before the text does, and some do not.
        constexpr std::size_t searched_share = 2;
        if (!may_search(run, pattern, (text.size() - at) / searched_share) ||
            !run.may_take(here.size() * sizeof(re2::StringPiece)))
            return false;
        if (!pattern.Match(whole, at, text.size(), RE2::UNANCHORED, here.data(), groups)) break;
        auto const end = static_cast<std::size_t>(here[0].data() - text.data()) + here[0].size();
        bool const is_empty = here[0].empty();
        at = end;
        if (is_empty) {  // On by one character, or the same would be found for ever.
            do ++at;
            while (at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0U) == 0x80U);
        }
        if (!(is_empty && how.skip_empty)) found.push_back(std::move(here));
        if (!how.global) break;
    }
    return true;
}

// Bytes to code points, for places that only grow.
class place_counter {
public:
    explicit place_counter(std::string_view text) : text_{text} {}
    std::int64_t points_before(char const* at) {
        auto const bytes = static_cast<std::size_t>(at - text_.data());
        if (bytes < counted_) {
            counted_ = 0;
            points_ = 0;
        }
        points_ += static_cast<std::int64_t>(count_code_points(text_.substr(counted_, bytes - counted_)));
        counted_ = bytes;
        return points_;
    }

private:
    std::string_view text_;
    std::size_t counted_ = 0;
    std::int64_t points_ = 0;
};

value text_of(re2::StringPiece piece) {
    return value::string_view_of({piece.data(), piece.size()});
}

value points_in(re2::StringPiece piece) {
    return value::integer(static_cast<std::int64_t>(count_code_points({piece.data(), piece.size()})));
}

value capture_of(runtime& run, re2::StringPiece piece, std::string const* name, place_counter& places) {
    auto const known_as = name ? run.text(*name) : value{};
    if (piece.data() == nullptr) {
        std::array const members{member{"offset", value::integer(-1)}, member{"string", value{}},
                                 member{"length", value::integer(0)}, member{"name", known_as}};
        return run.object(members);
    }
    std::array const members{member{"offset", value::integer(places.points_before(piece.data()))},
                             member{"length", points_in(piece)}, member{"string", text_of(piece)},
                             member{"name", known_as}};
    return run.object(members);
}

bool all_matches(runtime& run, value const* in, value& out) {
    auto const given = unpacked(in);
    auto const how = flags_of(run, given.data());
    auto const* const pattern = how ? pattern_of(run, given.data(), *how) : nullptr;
    if (!pattern) return false;
    auto const text = given[0].as_string();
    std::vector<match> found;
    if (!find_matches(run, text, *pattern, *how, found)) return false;
    auto const& names = pattern->CapturingGroupNames();
    place_counter places{text};
    std::vector<value> matches;
    for (auto const& groups : found) {
        std::vector<value> captures;
        for (std::size_t i = 1; i < groups.size(); ++i) {
            auto const name = names.find(static_cast<int>(i));
            captures.push_back(
                capture_of(run, groups[i], name == names.end() ? nullptr : &name->second, places));
        }
        std::array const members{
            member{"offset", value::integer(places.points_before(groups[0].data()))},
            member{"length", points_in(groups[0])},
            member{"string", text_of(groups[0])},
            member{"captures", run.list(captures)},
        };
        matches.push_back(run.object(members));
        if (!run.ok()) return false;
    }
    out = run.list(matches);
    return run.ok();
}

// A match as an object of its named groups.
bool captured(runtime& run, value const* in, value& out) {
    std::vector<member> members;
    auto const captures = in->find("captures").value_or(value{});
    if (captures.is_array()) {
        for (auto const& one : captures.items()) {
            auto const name = one.find("name").value_or(value{});
            if (name.is_string()) members.push_back({name.as_string(), one.find("string").value_or(value{})});
        }
    }
    out = run.object(members);
    return run.ok();
}

bool split(runtime& run, value const* in, value& out) {
    auto how = flags_of(run, in);
    auto const* const pattern = how ? pattern_of(run, in, *how) : nullptr;
    if (!pattern) return false;
    how->global = true;
    auto const text = in[0].as_string();
    std::vector<match> found;
    if (!find_matches(run, text, *pattern, *how, found)) return false;
    std::vector<value> parts;
    std::size_t from = 0;
    for (auto const& groups : found) {
        auto const at = static_cast<std::size_t>(groups[0].data() - text.data());
        parts.push_back(value::string_view_of(text.substr(from, at - from)));
        from = at + groups[0].size();
    }
    parts.push_back(value::string_view_of(text.substr(from)));
    out = run.list(parts);
    return run.ok();
}

constexpr auto table = std::to_array<native_entry>({
    {"_test", 2, test},
    {"_match", 2, all_matches},
    {"_captured", 0, captured},
    {"_split", 2, split},
});

}  // namespace

std::span<native_entry const> regex_natives() {
    return table;
}

}  // namespace headgate::transforms
