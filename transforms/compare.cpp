#include "transforms/operations.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
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

int compare_arrays(runtime& run, std::span<json::value const> a, std::span<json::value const> b) {
    auto const both = std::min(a.size(), b.size());
    for (std::size_t i = 0; i < both && run.ok(); ++i) {
        if (auto const order = compare(run, a[i], b[i]); order != 0) return order;
    }
    return sign(a.size(), b.size());
}

// The smallest key of `from` that `other` has not; null when it has them all.
std::string_view const* smallest_missing(runtime& run, json::value const& from, json::value const& other) {
    std::string_view const* found = nullptr;
    for (auto const& one : from.members()) {
        if (!run.may_touch(sizeof(one) + one.key.size())) return nullptr;
        bool const is_smaller = !found || one.key < *found;
        if (is_smaller && !other.find_pointer(one.key)) found = &one.key;
    }
    return found;
}

bool has_key_above(json::value const& any, std::string_view key) {
    return std::ranges::any_of(any.members(), [key](json::member const& one) { return one.key > key; });
}

// First the sets of keys as sorted arrays, then the values, key by key. So the smallest key that only one of
// them has decides: at its place the other has a greater one, or has ended.
int compare_objects(runtime& run, json::value const& a, json::value const& b) {
    auto const* const only_a = smallest_missing(run, a, b);
    auto const* const only_b = smallest_missing(run, b, a);
    if (only_a && (!only_b || *only_a < *only_b)) return has_key_above(b, *only_a) ? -1 : 1;
    if (only_b) return has_key_above(a, *only_b) ? 1 : -1;
    std::string_view const* smallest = nullptr;
    int order = 0;
    for (auto const& one : a.members()) {
        auto const* const other = b.find_pointer(one.key);
        if (!run.ok() || !other) return 0;
        if (smallest && *smallest < one.key) continue;
        auto const here = compare(run, one.value, *other);
        if (here == 0) continue;
        smallest = &one.key;
        order = here;
    }
    return order;
}

bool is_equal_object(runtime& run, json::value const& a, json::value const& b) {
    if (a.members().size() != b.members().size()) return false;
    return std::ranges::all_of(a.members(), [&](json::member const& one) {
        auto const* const other = b.find_pointer(one.key);
        return other && run.may_touch(one.key.size()) && is_equal(run, one.value, *other);
    });
}

bool is_equal_array(runtime& run, std::span<json::value const> a, std::span<json::value const> b) {
    return std::ranges::equal(
        a, b, [&run](json::value const& x, json::value const& y) { return is_equal(run, x, y); });
}

// What comparing these two themselves looks at, without what is in them.
bool may_compare(runtime& run, json::value const& a, json::value const& b) {
    if (a.type() != b.type() || a.depth() > 0) return run.may_touch(sizeof(a));
    if (a.is_string()) return run.may_touch(sizeof(a) + std::min(a.held_bytes(), b.held_bytes()));
    return run.may_touch(sizeof(a) + a.held_bytes() + b.held_bytes());
}

}  // namespace

int compare(runtime& run, json::value const& a, json::value const& b) {
    if (!may_compare(run, a, b)) return 0;
    auto const left = rank(a);
    auto const right = rank(b);
    if (left != right) return left < right ? -1 : 1;
    switch (a.type()) {
        case json::kind::number: return compare_numbers(a, b);
        case json::kind::string: return sign(a.as_string(), b.as_string());
        case json::kind::array: return compare_arrays(run, a.items(), b.items());
        case json::kind::object: return compare_objects(run, a, b);
        default: return 0;
    }
}

bool is_equal(runtime& run, json::value const& a, json::value const& b) {
    if (!may_compare(run, a, b) || a.type() != b.type()) return false;
    switch (a.type()) {
        case json::kind::number: return !is_nan(a) && !is_nan(b) && compare_numbers(a, b) == 0;
        case json::kind::string: return a.as_string() == b.as_string();
        case json::kind::array: return is_equal_array(run, a.items(), b.items());
        case json::kind::object: return is_equal_object(run, a, b);
        default: return rank(a) == rank(b);
    }
}

bool is_nan(json::value const& any) {
    return any.is_number() && !any.holds_integer() && std::isnan(any.as_double());
}

// Merging, because it stays within its bounds whatever `compare` says, and can stop between two rounds.
bool order_of(runtime& run, std::span<json::value const> keys, std::vector<std::uint32_t>& order) {
    order.resize(keys.size());
    std::iota(order.begin(), order.end(), 0U);
    std::vector<std::uint32_t> merged(keys.size());
    auto const comes_before = [&](std::uint32_t a, std::uint32_t b) {
        return compare(run, keys[a], keys[b]) < 0;
    };
    for (std::size_t width = 1; width < keys.size() && run.ok(); width *= 2) {
        for (std::size_t from = 0; from < keys.size(); from += width * 2) {
            auto const here = std::span{order}.subspan(from, std::min(width * 2, keys.size() - from));
            auto const half = std::min(width, here.size());
            std::ranges::merge(here.first(half), here.subspan(half),
                               merged.begin() + static_cast<std::ptrdiff_t>(from), comes_before);
        }
        order.swap(merged);
    }
    return run.ok();
}

}  // namespace headgate::transforms
