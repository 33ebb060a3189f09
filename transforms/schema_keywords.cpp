#include "transforms/schema_reader_parts.hpp"

#include <algorithm>
#include <cmath>
#include <re2/re2.h>

// What a schema says of numbers, strings, arrays and objects.

namespace headgate::transforms {

using json::value;

namespace {

// 2.0 is 2.
std::optional<std::size_t> count_in(value const& said) {
    constexpr double exact_max = 9007199254740992;
    if (!said.is_number()) return std::nullopt;
    auto const count = said.as_double();
    bool const is_count = count >= 0 && count <= exact_max && std::trunc(count) == count;
    return is_count ? std::optional{static_cast<std::size_t>(count)} : std::nullopt;
}

}  // namespace

// --- of numbers ---

void schema_reader::read_bound(value const& said, std::optional<value>& into, bool& is_out, bool out) {
    if (!said.is_number()) return mistake_here("is not a number", "write a number");
    into = said;
    is_out = out;
}

// A flag beside the bound in draft 4, a bound of its own since.
void schema_reader::read_exclusive_minimum(value const& said) {
    if (said.is_boolean()) return void(now().least_is_out = said.as_boolean());
    if (now().least) return mistake_here("stands beside `minimum`", "write only one of the two");
    read_bound(said, now().least, now().least_is_out, true);
}

void schema_reader::read_exclusive_maximum(value const& said) {
    if (said.is_boolean()) return void(now().most_is_out = said.as_boolean());
    if (now().most) return mistake_here("stands beside `maximum`", "write only one of the two");
    read_bound(said, now().most, now().most_is_out, true);
}

void schema_reader::read_multiple_of(value const& said) {
    if (!said.is_number() || !(said.as_double() > 0))
        return mistake_here("is not a number above 0", "correct it");
    now().multiple_of = said;
}

// --- of strings, arrays and objects ---

void schema_reader::read_count(value const& said, std::optional<std::size_t>& into) {
    into = count_in(said);
    if (!into) mistake_here("is not a whole number from 0", "correct it");
}

std::shared_ptr<RE2 const> schema_reader::expression(std::string_view text) {
    RE2::Options options;
    options.set_log_errors(false);
    auto made = std::make_shared<RE2 const>(re2::StringPiece{text.data(), text.size()}, options);
    if (made->ok()) return made;
    mistake_here("has a pattern that cannot be used: " + made->error(),
                 "write it without what looks ahead or back; patterns are those of RE2");
    return nullptr;
}

void schema_reader::read_pattern(value const& said) {
    if (!said.is_string()) return mistake_here("is not a pattern", "write a regular expression");
    now().pattern = expression(said.as_string());
}

// What is added may move the nodes: so numbers are made first.
void schema_reader::read_items(value const& said) {
    if (!said.is_array()) {
        auto const number = add_here(said);
        now().other_items = number;
        return;
    }
    auto const numbers = add_all(said);
    now().first_items = numbers;
    auto const* const others = values_[now_].find_pointer("additionalItems");
    keyword_ = "additionalItems";
    if (others == nullptr) return;
    auto const number = add_here(*others);
    now().other_items = number;
}

void schema_reader::read_unique(value const& said) {
    if (!said.is_boolean()) return mistake_here("is neither true nor false", "correct it");
    now().are_unique = said.as_boolean();
}

std::vector<std::string_view> schema_reader::names_in(value const& said) {
    std::vector<std::string_view> names;
    bool const are_names = said.is_array() && std::ranges::all_of(said.items(), [](value const& one) {
                               return one.is_string();
                           });
    if (!are_names) return mistake_here("is not a list of names", "correct it"), names;
    for (auto const& one : said.items()) names.push_back(one.as_string());
    return names;
}

bool schema_reader::is_mapping(value const& said) {
    if (!said.is_object()) mistake_here("is not a mapping", "write each name with its schema");
    return said.is_object();
}

void schema_reader::read_properties(value const& said) {
    if (!is_mapping(said)) return;
    for (auto const& one : said.members()) {
        auto const number = add_here(one.key, one.value);
        now().properties.emplace(one.key, number);
    }
}

void schema_reader::read_pattern_properties(value const& said) {
    if (!is_mapping(said)) return;
    for (auto const& one : said.members()) {
        auto const number = add_here(one.key, one.value);
        now().properties_like.emplace_back(expression(one.key), number);
    }
}

void schema_reader::read_dependencies(value const& said) {
    if (!is_mapping(said)) return;
    for (auto const& one : said.members()) {
        if (one.value.is_array()) {
            now().required_beside.emplace_back(one.key, names_in(one.value));
            continue;
        }
        auto const number = add_here(one.key, one.value);
        now().schemas_beside.emplace_back(one.key, number);
    }
}

}  // namespace headgate::transforms
