#include "transforms/builtins.hpp"
#include "transforms/operations.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

// What sorts, and what looks for the first or last in jq's order. `compare` counts the work.

namespace headgate::transforms {
namespace {

using json::value;

bool need_array(runtime& run, value const& any, std::string_view what) {
    return any.is_array() ||
           run.fail(fmt::format("{} cannot be {}, as it is not an array", name_of(any.type()), what));
}

bool sort_by(runtime& run, value const& items, value const& keys, value& out) {
    if (!need_array(run, items, "sorted")) return false;
    std::vector<std::uint32_t> order;
    if (!order_of(run, keys.items(), order)) return false;
    std::vector<value> sorted;
    sorted.reserve(order.size());
    for (auto const i : order) sorted.push_back(items.items()[i]);
    out = run.list(sorted);
    return run.ok();
}

enum class groups : std::uint8_t { whole, first_of_each };

bool group_by(runtime& run, value const& items, value const& keys, groups how, value& out) {
    if (!need_array(run, items, "grouped")) return false;
    std::vector<std::uint32_t> order;
    if (!order_of(run, keys.items(), order)) return false;
    std::vector<value> all;
    std::vector<value> group;
    for (std::size_t i = 0; i < order.size(); ++i) {
        group.push_back(items.items()[order[i]]);
        bool const goes_on =
            i + 1 < order.size() && compare(run, keys.items()[order[i]], keys.items()[order[i + 1]]) == 0;
        if (!run.ok()) return false;
        if (goes_on) continue;
        all.push_back(how == groups::whole ? run.list(group) : group.front());
        group.clear();
    }
    out = run.list(all);
    return run.ok();
}

// Of equal keys jq gives the first smallest and the last largest.
bool extreme_by(runtime& run, value const& items, value const& keys, int wanted, value& out) {
    if (!need_array(run, items, "searched")) return false;
    auto const all = keys.items();
    out = {};
    std::size_t best = 0;
    for (std::size_t i = 1; i < all.size(); ++i) {
        auto const order = compare(run, all[i], all[best]);
        if (!run.ok()) return false;
        if (wanted < 0 ? order < 0 : order >= 0) best = i;
    }
    if (!all.empty()) out = items.items()[best];
    return true;
}

bool sort(runtime& run, value const* in, value& out) {
    return need_array(run, *in, "sorted") && sort_by(run, *in, *in, out);
}
bool sort_by_keys(runtime& run, value const* in, value& out) {
    return sort_by(run, in[0], in[1], out);
}
bool group_by_keys(runtime& run, value const* in, value& out) {
    return group_by(run, in[0], in[1], groups::whole, out);
}
bool unique(runtime& run, value const* in, value& out) {
    return need_array(run, *in, "sorted") && group_by(run, *in, *in, groups::first_of_each, out);
}
bool unique_by_keys(runtime& run, value const* in, value& out) {
    return group_by(run, in[0], in[1], groups::first_of_each, out);
}
bool smallest(runtime& run, value const* in, value& out) {
    return need_array(run, *in, "searched") && extreme_by(run, *in, *in, -1, out);
}
bool largest(runtime& run, value const* in, value& out) {
    return need_array(run, *in, "searched") && extreme_by(run, *in, *in, 1, out);
}
bool smallest_by(runtime& run, value const* in, value& out) {
    return extreme_by(run, in[0], in[1], -1, out);
}
bool largest_by(runtime& run, value const* in, value& out) {
    return extreme_by(run, in[0], in[1], 1, out);
}

// Where `in[1]` is in a sorted array; where not, -1 - the place to put it. Of several that are equal the one
// that jq's way of halving meets first.
bool binary_search(runtime& run, value const* in, value& out) {
    if (!need_array(run, *in, "searched from")) return false;
    auto const items = in->items();
    std::size_t from = 0;
    std::size_t to = items.size();
    while (from < to) {
        auto const middle = from + (to - from) / 2;
        auto const order = compare(run, in[1], items[middle]);
        if (!run.ok()) return false;
        if (order == 0) {
            out = value::integer(static_cast<std::int64_t>(middle));
            return true;
        }
        (order < 0 ? to : from) = order < 0 ? middle : middle + 1;
    }
    out = value::integer(-1 - static_cast<std::int64_t>(from));
    return true;
}

constexpr auto table = std::to_array<native_entry>({
    {"sort", 0, sort},
    {"_sort_by", 1, sort_by_keys},
    {"_group_by", 1, group_by_keys},
    {"unique", 0, unique},
    {"_unique_by", 1, unique_by_keys},
    {"min", 0, smallest},
    {"max", 0, largest},
    {"_min_by", 1, smallest_by},
    {"_max_by", 1, largest_by},
    {"bsearch", 1, binary_search},
});

}  // namespace

std::span<native_entry const> order_natives() {
    return table;
}

}  // namespace headgate::transforms
