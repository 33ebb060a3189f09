#include "transforms/operations.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <span>
#include <string>
#include <vector>

namespace headgate::transforms {
namespace {

int rank(json::value const& any) {
    switch (any.type()) {
        case json::kind::null: return 0;
        case json::kind::boolean: return any.as_boolean() ? 2 : 1;
        case json::kind::number: return 3;
        case json::kind::string: return 4;
        case json::kind::array: return 5;
        case json::kind::object: return 6;
    }
    return 0;
}

int sign(auto const& a, auto const& b) {
    return a < b ? -1 : b < a ? 1 : 0;
}

bool is_digits(std::string_view text) {
    if (text.starts_with('-')) text.remove_prefix(1);
    return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

// Integers of any length, as JSON writes them.
int compare_digits(std::string_view a, std::string_view b) {
    bool const a_negative = a.starts_with('-');
    bool const b_negative = b.starts_with('-');
    if (a_negative != b_negative) return a_negative ? -1 : 1;
    auto const magnitude = a.size() != b.size() ? sign(a.size(), b.size()) : sign(a, b);
    return a_negative ? -magnitude : magnitude;
}

int compare_numbers(json::value const& a, json::value const& b) {
    if (a.holds_integer() && b.holds_integer()) return sign(a.held_integer(), b.held_integer());
    auto const x = a.as_double();
    auto const y = b.as_double();
    if (std::isnan(x) || std::isnan(y)) return sign(std::isnan(y), std::isnan(x));  // Below every number.
    if (x != y || (!a.holds_literal() && !b.holds_literal())) return sign(x, y);
    // Long integers that a double cannot tell apart.
    auto const a_text = a.number_text();
    auto const b_text = b.number_text();
    return is_digits(a_text) && is_digits(b_text) && a_text != "-0" && b_text != "-0"
               ? compare_digits(a_text, b_text)
               : 0;
}

int compare_arrays(std::span<json::value const> a, std::span<json::value const> b) {
    auto const both = std::min(a.size(), b.size());
    for (std::size_t i = 0; i < both; ++i) {
        if (auto const order = compare(a[i], b[i]); order != 0) return order;
    }
    return sign(a.size(), b.size());
}

std::vector<json::member const*> by_key(std::span<json::member const> members) {
    std::vector<json::member const*> sorted;
    sorted.reserve(members.size());
    for (auto const& one : members) sorted.push_back(&one);
    std::ranges::sort(sorted, {}, [](json::member const* one) { return one->key; });
    return sorted;
}

// First the sets of keys as sorted arrays, then the values, key by key.
int compare_objects(json::value const& a, json::value const& b) {
    auto const left = by_key(a.members());
    auto const right = by_key(b.members());
    auto const both = std::min(left.size(), right.size());
    for (std::size_t i = 0; i < both; ++i) {
        if (auto const order = sign(left[i]->key, right[i]->key); order != 0) return order;
    }
    if (left.size() != right.size()) return sign(left.size(), right.size());
    for (std::size_t i = 0; i < both; ++i) {
        if (auto const order = compare(left[i]->value, right[i]->value); order != 0) return order;
    }
    return 0;
}

bool is_equal_object(json::value const& a, json::value const& b) {
    if (a.members().size() != b.members().size()) return false;
    return std::ranges::all_of(a.members(), [&](json::member const& one) {
        auto const* const other = b.find_pointer(one.key);
        return other && is_equal(one.value, *other);
    });
}

}  // namespace

int compare(json::value const& a, json::value const& b) {
    auto const left = rank(a);
    auto const right = rank(b);
    if (left != right) return left < right ? -1 : 1;
    switch (a.type()) {
        case json::kind::number: return compare_numbers(a, b);
        case json::kind::string: return sign(a.as_string(), b.as_string());
        case json::kind::array: return compare_arrays(a.items(), b.items());
        case json::kind::object: return compare_objects(a, b);
        default: return 0;
    }
}

bool is_equal(json::value const& a, json::value const& b) {
    if (a.type() != b.type()) return false;
    switch (a.type()) {
        case json::kind::string: return a.as_string() == b.as_string();
        case json::kind::array: return std::ranges::equal(a.items(), b.items(), is_equal);
        case json::kind::object: return is_equal_object(a, b);
        case json::kind::number: return !is_nan(a) && !is_nan(b) && compare(a, b) == 0;
        default: return compare(a, b) == 0;
    }
}

bool is_nan(json::value const& any) {
    return any.is_number() && !any.holds_integer() && std::isnan(any.as_double());
}

}  // namespace headgate::transforms
