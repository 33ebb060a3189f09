#include "transforms/operations.hpp"
#include "transforms/search.hpp"
#include "transforms/utf8.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>
#include <vector>

namespace headgate::transforms {
namespace {

bool cannot(runtime& run, json::value const& a, json::value const& b, std::string_view what) {
    return run.fail(fmt::format("{} and {} cannot be {}", name_of(a.type()), name_of(b.type()), what));
}

bool merge(runtime& run, json::value const& a, json::value const& b, json::value& out) {
    std::vector<json::member> members{a.members().begin(), a.members().end()};
    members.insert(members.end(), b.members().begin(), b.members().end());
    out = run.object(members);
    return run.ok();
}

// Objects on both sides of a key merge, everything else is replaced.
bool merge_deeply(runtime& run, json::value const& a, json::value const& b, json::value& out) {
    std::vector<json::member> members{a.members().begin(), a.members().end()};
    for (auto const& one : b.members()) {
        auto const* const here = a.find_pointer(one.key);
        auto merged = one;
        if (here && here->is_object() && one.value.is_object() &&
            !merge_deeply(run, *here, one.value, merged.value)) {
            return false;
        }
        members.push_back(merged);
    }
    out = run.object(members);
    return run.ok();
}

bool repeat(runtime& run, std::string_view text, double times, json::value& out) {
    if (!(times >= 0)) {  // NaN too
        out = {};
        return true;
    }
    if (text.empty()) {
        out = json::value::string_view_of("");
        return true;
    }
    auto const bytes = static_cast<double>(text.size()) * std::floor(times);
    if (bytes > static_cast<double>(run.limits().memory_bytes_max)) return run.refuse(limit::memory);
    auto const whole = static_cast<std::size_t>(bytes);
    std::string made;
    made.reserve(whole);
    made = text.substr(0, whole);
    while (made.size() < whole) made.append(made, 0, whole - made.size());
    out = run.text(made);
    return run.ok();
}

bool split(runtime& run, std::string_view text, std::string_view separator, json::value& out) {
    std::vector<json::value> parts;
    if (!run.may_touch(text.size() + separator.size())) return false;
    bool const by_character = separator.empty();
    for (bool goes_on = !text.empty(); goes_on;) {
        // Counted part by part, because a part may be one byte and takes sixteen.
        if (!run.may_touch(sizeof(json::value))) return false;
        auto const end =
            by_character ? byte_offset(text, 1) : std::min(find_text(text, separator), text.size());
        parts.push_back(json::value::string_view_of(text.substr(0, end)));
        goes_on = end < text.size();
        text.remove_prefix(std::min(end + separator.size(), text.size()));
    }
    out = run.list(parts);
    return run.ok();
}

// A double as jq turns it into an integer: cut off, and held at the ends.
std::int64_t to_integer(double number) {
    constexpr auto most = std::numeric_limits<std::int64_t>::max();
    constexpr auto least = std::numeric_limits<std::int64_t>::min();
    if (number >= 9223372036854775808.0) return most;
    if (number <= -9223372036854775808.0) return least;
    return static_cast<std::int64_t>(number);
}

}  // namespace

bool add(runtime& run, json::value const& a, json::value const& b, json::value& out) {
    if (a.is_null() || b.is_null()) {
        out = a.is_null() ? b : a;
        return true;
    }
    if (a.type() != b.type()) return cannot(run, a, b, "added");
    switch (a.type()) {
        case json::kind::number: {
            std::int64_t sum = 0;
            if (a.holds_integer() && b.holds_integer() &&
                !__builtin_add_overflow(a.held_integer(), b.held_integer(), &sum)) {
                out = json::value::integer(sum);
            } else {
                out = json::value::real(a.as_double() + b.as_double());
            }
            return true;
        }
        case json::kind::string:
            out = b.as_string().empty() ? a : run.appended(a, b.as_string());
            return run.ok();
        case json::kind::array: out = b.items().empty() ? a : run.appended(a, b.items()); return run.ok();
        case json::kind::object: return merge(run, a, b, out);
        default: return cannot(run, a, b, "added");
    }
}

bool subtract(runtime& run, json::value const& a, json::value const& b, json::value& out) {
    if (a.is_number() && b.is_number()) {
        std::int64_t difference = 0;
        if (a.holds_integer() && b.holds_integer() &&
            !__builtin_sub_overflow(a.held_integer(), b.held_integer(), &difference)) {
            out = json::value::integer(difference);
        } else {
            out = json::value::real(a.as_double() - b.as_double());
        }
        return true;
    }
    if (!a.is_array() || !b.is_array()) return cannot(run, a, b, "subtracted");
    std::vector<json::value> left;
    for (auto const& item : a.items()) {
        bool const goes = std::ranges::any_of(
            b.items(), [&](json::value const& other) { return !run.ok() || is_equal(run, item, other); });
        if (!goes) left.push_back(item);
    }
    out = run.list(left);
    return run.ok();
}

bool multiply(runtime& run, json::value const& a, json::value const& b, json::value& out) {
    if (a.is_number() && b.is_number()) {
        std::int64_t product = 0;
        if (a.holds_integer() && b.holds_integer() &&
            !__builtin_mul_overflow(a.held_integer(), b.held_integer(), &product)) {
            out = json::value::integer(product);
        } else {
            out = json::value::real(a.as_double() * b.as_double());
        }
        return true;
    }
    if (a.is_string() && b.is_number()) return repeat(run, a.as_string(), b.as_double(), out);
    if (a.is_number() && b.is_string()) return repeat(run, b.as_string(), a.as_double(), out);
    if (a.is_object() && b.is_object()) return merge_deeply(run, a, b, out);
    return cannot(run, a, b, "multiplied");
}

bool divide(runtime& run, json::value const& a, json::value const& b, json::value& out) {
    if (a.is_string() && b.is_string()) return split(run, a.as_string(), b.as_string(), out);
    if (!a.is_number() || !b.is_number()) return cannot(run, a, b, "divided");
    if (b.as_double() == 0) return cannot(run, a, b, "divided because the divisor is zero");
    bool const are_whole = a.holds_integer() && b.holds_integer() && b.held_integer() != -1;
    if (are_whole && a.held_integer() % b.held_integer() == 0) {
        out = json::value::integer(a.held_integer() / b.held_integer());
    } else {
        out = json::value::real(a.as_double() / b.as_double());
    }
    return true;
}

bool modulo(runtime& run, json::value const& a, json::value const& b, json::value& out) {
    if (!a.is_number() || !b.is_number()) return cannot(run, a, b, "divided");
    auto const x = a.as_double();
    auto const y = b.as_double();
    if (std::isnan(x) || std::isnan(y)) {
        out = json::value::real(std::numeric_limits<double>::quiet_NaN());
        return true;
    }
    auto const dividend = a.holds_integer() ? a.held_integer() : to_integer(x);
    auto const divisor = b.holds_integer() ? b.held_integer() : to_integer(y);
    if (divisor == 0) return cannot(run, a, b, "divided because the divisor is zero");
    out = json::value::integer(divisor == -1 ? 0 : dividend % divisor);
    return true;
}

bool negate(runtime& run, json::value const& a, json::value& out) {
    if (!a.is_number()) return run.fail(fmt::format("{} cannot be negated", name_of(a.type())));
    bool const flips = a.holds_integer() && a.held_integer() != std::numeric_limits<std::int64_t>::min();
    out = flips ? json::value::integer(-a.held_integer()) : json::value::real(-a.as_double());
    return true;
}

}  // namespace headgate::transforms
