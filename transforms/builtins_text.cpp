#include "json/parse.hpp"
#include "json/write.hpp"
#include "transforms/builtins.hpp"
#include "transforms/operations.hpp"
#include "transforms/search.hpp"
#include "transforms/utf8.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <span>
#include <string>
#include <vector>

namespace headgate::transforms {
namespace {

using json::value;

bool need_string(runtime& run, value const& any, std::string_view what) {
    return any.is_string() || run.fail(fmt::format("{} {}", name_of(any.type()), what));
}

bool tostring(runtime& run, value const* in, value& out) {
    if (in->is_string()) {
        out = *in;
        return true;
    }
    out = run.text(json::write(*in));
    return run.ok();
}

bool tojson(runtime& run, value const* in, value& out) {
    out = run.text(json::write(*in));
    return run.ok();
}

bool fromjson(runtime& run, value const* in, value& out) {
    if (!need_string(run, *in, "cannot be parsed as JSON")) return false;
    // A value takes at most sixteen bytes for each two of the text.
    if (!run.may_take(in->as_string().size() * 8)) return false;
    auto const read =
        json::parse(in->as_string(), run.where(), {.depth_max = json::nesting_max, .values_max = 10'000'000});
    if (!read) return run.fail(read.error().message);
    out = read->root;
    return true;
}

// What JSON writes as a number, digits first or last alone allowed (`.5`, `5.`) as in jq.
bool is_number(std::string_view text) {
    if (text.starts_with('-')) text.remove_prefix(1);
    auto const digits = [&text] {
        auto const count = std::min(text.find_first_not_of("0123456789"), text.size());
        text.remove_prefix(count);
        return count;
    };
    auto const before = digits();
    std::size_t after = 0;
    if (text.starts_with('.')) {
        text.remove_prefix(1);
        after = digits();
    }
    if (before + after == 0) return false;
    if (text.starts_with('e') || text.starts_with('E')) {
        text.remove_prefix(1);
        if (text.starts_with('+') || text.starts_with('-')) text.remove_prefix(1);
        if (digits() == 0) return false;
    }
    return text.empty();
}

// The same number in JSON's spelling.
std::string as_json_number(std::string_view text) {
    std::string made;
    if (text.starts_with('-')) {
        made += '-';
        text.remove_prefix(1);
    }
    auto const end = text.find_first_of(".eE");
    auto whole = text.substr(0, end);
    whole.remove_prefix(std::min(whole.find_first_not_of('0'), whole.size()));
    made += whole.empty() ? "0" : whole;
    auto rest = end == text.npos ? std::string_view{} : text.substr(end);
    bool const has_bare_point = rest.starts_with('.') && (rest.size() == 1 || rest[1] < '0' || rest[1] > '9');
    if (has_bare_point) rest.remove_prefix(1);
    return made.append(rest);
}

bool tonumber(runtime& run, value const* in, value& out) {
    if (in->is_number()) {
        out = *in;
        return true;
    }
    if (!need_string(run, *in, "cannot be parsed as a number")) return false;
    if (!is_number(in->as_string())) return run.fail("string cannot be parsed as a number");
    if (!run.may_take(in->as_string().size())) return false;
    out = value::literal(as_json_number(in->as_string()), run.where());
    return true;
}

bool toboolean(runtime& run, value const* in, value& out) {
    bool const is_word = in->is_string() && (in->as_string() == "true" || in->as_string() == "false");
    if (!in->is_boolean() && !is_word)
        return run.fail(fmt::format("{} cannot be parsed as a boolean", name_of(in->type())));
    out = in->is_boolean() ? *in : value::boolean(in->as_string() == "true");
    return true;
}

bool utf8_bytes(runtime& run, value const* in, value& out) {
    if (!need_string(run, *in, "only strings have UTF-8 byte length")) return false;
    out = value::integer(static_cast<std::int64_t>(in->as_string().size()));
    return true;
}

bool starts_with(runtime& run, value const* in, value& out) {
    if (!in[0].is_string() || !in[1].is_string()) return run.fail("startswith() requires string inputs");
    out = value::boolean(in[0].as_string().starts_with(in[1].as_string()));
    return true;
}

bool ends_with(runtime& run, value const* in, value& out) {
    if (!in[0].is_string() || !in[1].is_string()) return run.fail("endswith() requires string inputs");
    out = value::boolean(in[0].as_string().ends_with(in[1].as_string()));
    return true;
}

// The ends that `ltrimstr`, `rtrimstr` and `trimstr` take off.
constexpr unsigned left_end = 1;
constexpr unsigned right_end = 2;

template <unsigned ends>
bool trim_string(runtime& run, value const* in, value& out) {
    if (!in[0].is_string() || !in[1].is_string()) {
        constexpr std::string_view name = ends == left_end    ? "ltrimstr"
                                          : ends == right_end ? "rtrimstr"
                                                              : "trimstr";
        return run.fail(fmt::format("{}() requires string inputs", name));
    }
    auto text = in[0].as_string();
    auto const gone = in[1].as_string();
    if ((ends & left_end) && text.starts_with(gone)) text.remove_prefix(gone.size());
    if ((ends & right_end) && text.ends_with(gone)) text.remove_suffix(gone.size());
    out = value::string_view_of(text);
    return true;
}

template <unsigned ends>
bool trim(runtime& run, value const* in, value& out) {
    if (!need_string(run, *in, "cannot be trimmed")) return false;
    constexpr std::string_view blanks = " \t\n\v\f\r";
    auto text = in->as_string();
    if (ends & left_end) text.remove_prefix(std::min(text.find_first_not_of(blanks), text.size()));
    if (ends & right_end) text = text.substr(0, text.find_last_not_of(blanks) + 1);
    out = value::string_view_of(text);
    return true;
}

template <char first, char last, int by>
bool change_case(runtime& run, value const* in, value& out) {
    if (!need_string(run, *in, "has no letters: explode input must be a string")) return false;
    std::string text{in->as_string()};
    for (auto& c : text) {
        if (c >= first && c <= last) c = static_cast<char>(c + by);
    }
    out = run.text(text);
    return run.ok();
}

bool explode(runtime& run, value const* in, value& out) {
    if (!need_string(run, *in, "cannot be exploded")) return false;
    std::vector<value> points;
    if (!run.may_take(in->as_string().size() * sizeof(value))) return false;
    for (auto left = in->as_string(); !left.empty();) points.push_back(value::integer(take_code_point(left)));
    out = run.list(points);
    return run.ok();
}

bool implode(runtime& run, value const* in, value& out) {
    if (!in->is_array())
        return run.fail(
            fmt::format("{} cannot be imploded, must be an array of codepoints", name_of(in->type())));
    std::string text;
    for (auto const& item : in->items()) {
        if (!item.is_number()) return run.fail("Unicode codepoint must be numeric");
        auto const number = item.as_double();
        bool const is_character = number >= 0 && number <= 0x10FFFF && !(number >= 0xD800 && number < 0xE000);
        append_utf8(is_character ? static_cast<std::uint32_t>(number) : 0xFFFD, text);
    }
    out = run.text(text);
    return run.ok();
}

bool split_plain(runtime& run, value const* in, value& out) {
    if (!in[0].is_string() || !in[1].is_string())
        return run.fail("split input and separator must be strings");
    return divide(run, in[0], in[1], out);
}

bool join(runtime& run, value const* in, value& out) {
    std::vector<value> items;
    if (!values_in(run, *in, items)) return false;
    auto const between = in[1].is_null()     ? std::string_view{}
                         : in[1].is_string() ? in[1].as_string()
                                             : std::string_view{};
    bool const fits = items.size() < 2 || in[1].is_null() || in[1].is_string();
    if (!fits) return run.fail(fmt::format("string and {} cannot be added", name_of(in[1].type())));
    std::string text;
    bool is_first = true;
    for (auto const& item : items) {
        if (!is_first) text += between;
        is_first = false;
        if (item.is_array() || item.is_object()) {
            return run.fail(fmt::format("string and {} cannot be added", name_of(item.type())));
        }
        if (!item.is_null()) append_text(item, text);
        if (text.size() > run.limits().memory_bytes_max) return run.refuse(limit::memory);
    }
    out = run.text(text);
    return run.ok();
}

// Where `part` begins in `text`, counted in code points.
bool text_positions(runtime& run, std::string_view text, std::string_view part, value& out) {
    std::vector<value> found;
    std::int64_t points = 0;
    std::size_t counted = 0;
    for (auto at = part.empty() ? text.npos : find_text(text, part); at != text.npos;
         at = find_text(text, part, at + 1)) {
        points += static_cast<std::int64_t>(count_code_points(text.substr(counted, at - counted)));
        counted = at;
        found.push_back(value::integer(points));
        if (!run.may_touch(sizeof(value) + part.size())) return false;
    }
    out = run.list(found);
    return run.ok();
}

// As jq: substrings, runs of items, one item, or else the plain `.[part]`.
bool indices(runtime& run, value const* in, value& out) {
    if (in[0].is_string() && in[1].is_string())
        return text_positions(run, in[0].as_string(), in[1].as_string(), out);
    bool const is_one_item = in[0].is_array() && !in[1].is_array();
    if (!is_one_item) return get_key(run, in[0], in[1], out);
    return get_key(run, in[0], run.list(std::span{in + 1, 1}), out);
}

bool first_index(runtime& run, value const* in, value& out) {
    value all;
    return indices(run, in, all) && get_key(run, all, value::integer(0), out);
}

bool last_index(runtime& run, value const* in, value& out) {
    value all;
    return indices(run, in, all) && get_key(run, all, value::integer(-1), out);
}

bool format(runtime& run, value const* in, value& out) {
    auto const known = in[1].is_string() ? text_format_named(in[1].as_string()) : std::nullopt;
    if (!known) return run.fail("there is no such format");
    std::string text;
    if (!append_formatted(run, *known, in[0], text)) return false;
    out = run.text(text);
    return run.ok();
}

constexpr auto table = std::to_array<native_entry>({
    {"tostring", 0, tostring, walks::everything},
    {"tojson", 0, tojson, walks::everything},
    {"fromjson", 0, fromjson},
    {"tonumber", 0, tonumber},
    {"toboolean", 0, toboolean},
    {"utf8bytelength", 0, utf8_bytes},
    {"startswith", 1, starts_with},
    {"endswith", 1, ends_with},
    {"ltrimstr", 1, trim_string<left_end>},
    {"rtrimstr", 1, trim_string<right_end>},
    {"trimstr", 1, trim_string<left_end | right_end>},
    {"trim", 0, trim<left_end | right_end>},
    {"ltrim", 0, trim<left_end>},
    {"rtrim", 0, trim<right_end>},
    {"ascii_downcase", 0, change_case<'A', 'Z', 32>},
    {"ascii_upcase", 0, change_case<'a', 'z', -32>},
    {"explode", 0, explode},
    {"implode", 0, implode},
    {"split", 1, split_plain},
    {"_join", 1, join, walks::everything},
    {"indices", 1, indices},
    {"index", 1, first_index},
    {"rindex", 1, last_index},
    {"format", 1, format, walks::everything},
});

}  // namespace

std::span<native_entry const> text_natives() {
    return table;
}

}  // namespace headgate::transforms
