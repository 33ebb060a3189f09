#include "transforms/builtins.hpp"
#include "transforms/operations.hpp"
#include "transforms/utf8.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <numeric>
#include <span>
#include <vector>

namespace headgate::transforms {
namespace {

using json::member;
using json::value;

bool wrong_type(runtime& run, value const& any, std::string_view what) {
    return run.fail(fmt::format("{} {}", name_of(any.type()), what));
}

value whole(std::size_t number) {
    return value::integer(static_cast<std::int64_t>(number));
}

bool length(runtime& run, value const* in, value& out) {
    switch (in->type()) {
        case json::kind::null: out = value::integer(0); return true;
        case json::kind::boolean: return wrong_type(run, *in, "has no length");
        case json::kind::number:
            if (in->holds_integer() && in->held_integer() >= 0) {
                out = *in;
            } else {
                out = value::real(std::fabs(in->as_double()));
            }
            return true;
        case json::kind::string: out = whole(count_code_points(in->as_string())); return true;
        case json::kind::array: out = whole(in->items().size()); return true;
        case json::kind::object: out = whole(in->members().size()); return true;
    }
    return true;
}

bool negation(runtime& /*run*/, value const* in, value& out) {
    out = value::boolean(!in->is_truthy());
    return true;
}

bool type(runtime& /*run*/, value const* in, value& out) {
    out = value::string_view_of(name_of(in->type()));
    return true;
}

bool keys_unsorted(runtime& run, value const* in, value& out) {
    std::vector<value> keys;
    if (in->is_object()) {
        for (auto const& one : in->members()) keys.push_back(value::string_view_of(one.key));
    } else if (in->is_array()) {
        for (std::size_t i = 0; i < in->items().size(); ++i) keys.push_back(whole(i));
    } else {
        return wrong_type(run, *in, "has no keys");
    }
    out = run.list(keys);
    return run.ok();
}

bool keys(runtime& run, value const* in, value& out) {
    if (!keys_unsorted(run, in, out)) return false;
    if (!in->is_object()) return true;
    std::vector<value> sorted{out.items().begin(), out.items().end()};
    std::ranges::sort(sorted, {}, &value::as_string);
    out = run.list(sorted);
    return run.ok();
}

bool has(runtime& run, value const* in, value& out) {
    auto const& key = in[1];
    if (in->is_object() && key.is_string()) {
        out = value::boolean(in->find_pointer(key.as_string()) != nullptr);
        return true;
    }
    if (in->is_array() && key.is_number()) {
        auto const index = key.as_double();
        out = value::boolean(index >= 0 && index < static_cast<double>(in->items().size()));
        return true;
    }
    if (in->is_null() && (key.is_string() || key.is_number())) {
        out = value::boolean(false);
        return true;
    }
    return run.fail(
        fmt::format("Cannot check whether {} has a {} key", name_of(in->type()), name_of(key.type())));
}

// Whether `a` contains `b`: substrings, parts of arrays and objects. Recurses as deep as values are.
bool holds(runtime& run, value const& a, value const& b) {
    if (!run.may_step(1)) return false;
    if (a.is_object() && b.is_object()) {
        return std::ranges::all_of(b.members(), [&](member const& wanted) {
            auto const* const here = a.find_pointer(wanted.key);
            return here && holds(run, *here, wanted.value);
        });
    }
    if (a.is_array() && b.is_array()) {
        return std::ranges::all_of(b.items(), [&](value const& wanted) {
            return std::ranges::any_of(a.items(), [&](value const& item) {
                return item.type() == wanted.type() && holds(run, item, wanted);
            });
        });
    }
    if (a.is_string() && b.is_string()) return a.as_string().find(b.as_string()) != std::string_view::npos;
    return a.type() == b.type() && is_equal(a, b);
}

bool contains(runtime& run, value const* in, value& out) {
    if (in[0].type() != in[1].type()) {
        return run.fail(fmt::format("{} and {} cannot have their containment checked", name_of(in[0].type()),
                                    name_of(in[1].type())));
    }
    out = value::boolean(holds(run, in[0], in[1]));
    return run.ok();
}

bool add_all(runtime& run, value const* in, value& out) {
    std::vector<value> items;
    if (in->is_object()) {
        for (auto const& one : in->members()) items.push_back(one.value);
    } else if (in->is_array()) {
        items.assign(in->items().begin(), in->items().end());
    } else {
        return run.fail(fmt::format("Cannot iterate over {}", name_of(in->type())));
    }
    out = {};
    if (!run.may_step(items.size())) return false;
    // Objects are put together at once: one after the other would copy what is there each time.
    if (items.size() > 2 && std::ranges::all_of(items, &value::is_object)) {
        std::vector<member> members;
        for (auto const& item : items)
            members.insert(members.end(), item.members().begin(), item.members().end());
        out = run.object(members);
        return run.ok();
    }
    for (auto const& item : items) {
        auto const sum = out;
        if (!add(run, sum, item, out)) return false;
    }
    return true;
}

bool to_entries(runtime& run, value const* in, value& out) {
    std::vector<value> entries;
    auto const add_entry = [&](value key, value const& item) {
        std::array const entry{member{"key", key}, member{"value", item}};
        entries.push_back(run.object(entry));
    };
    if (in->is_object()) {
        for (auto const& one : in->members()) add_entry(value::string_view_of(one.key), one.value);
    } else if (in->is_array()) {
        for (std::size_t i = 0; i < in->items().size(); ++i) add_entry(whole(i), in->items()[i]);
    } else {
        return wrong_type(run, *in, "has no keys");
    }
    out = run.list(entries);
    return run.ok();
}

// The first of these members that is neither missing nor null nor false; else the last one.
value one_of(value const& entry, std::initializer_list<std::string_view> names) {
    value found;
    for (auto const name : names) {
        found = entry.find(name).value_or(value{});
        if (found.is_truthy()) break;
    }
    return found;
}

bool from_entries(runtime& run, value const* in, value& out) {
    if (!in->is_array() && !in->is_object())
        return run.fail(fmt::format("Cannot iterate over {}", name_of(in->type())));
    std::vector<value> entries;
    if (in->is_array()) {
        entries.assign(in->items().begin(), in->items().end());
    } else {
        for (auto const& one : in->members()) entries.push_back(one.value);
    }
    std::vector<member> members;
    members.reserve(entries.size());
    for (auto const& entry : entries) {
        if (!entry.is_object())
            return run.fail(fmt::format("Cannot index {} with \"key\"", name_of(entry.type())));
        auto const key = one_of(entry, {"key", "Key", "name", "Name"});
        if (!key.is_string())
            return run.fail(fmt::format("Cannot use {} as object key", name_of(key.type())));
        auto const item = entry.find(entry.find_pointer("value") ? "value" : "Value");
        members.push_back({key.as_string(), item.value_or(value{})});
    }
    out = run.object(members);
    return run.ok();
}

bool flatten_into(runtime& run, std::span<value const> items, double depth, std::vector<value>& out) {
    if (!run.may_step(items.size())) return false;
    for (auto const& item : items) {
        if (item.is_array() && depth > 0) {
            if (!flatten_into(run, item.items(), depth - 1, out)) return false;
        } else {
            out.push_back(item);
        }
    }
    return true;
}

bool flatten(runtime& run, value const* in, value const& depth, value& out) {
    if (!depth.is_number() || depth.as_double() < 0) return run.fail("flatten depth must not be negative");
    std::vector<value> items;
    if (in->is_object()) {
        for (auto const& one : in->members()) items.push_back(one.value);
    } else if (in->is_array()) {
        items.assign(in->items().begin(), in->items().end());
    } else {
        return run.fail(fmt::format("Cannot iterate over {}", name_of(in->type())));
    }
    std::vector<value> flat;
    if (!flatten_into(run, items, depth.as_double(), flat)) return false;
    out = run.list(flat);
    return run.ok();
}

bool flatten_all(runtime& run, value const* in, value& out) {
    return flatten(run, in, value::integer(1'000'000'000), out);
}
bool flatten_some(runtime& run, value const* in, value& out) {
    return flatten(run, in, in[1], out);
}

bool need_array(runtime& run, value const& any, std::string_view what) {
    return any.is_array() || wrong_type(run, any, fmt::format("cannot be {}, as it is not an array", what));
}

// Positions of the items in the order of their keys; of equal keys the first comes first.
bool order_of(runtime& run, std::span<value const> keys, std::vector<std::size_t>& order) {
    order.resize(keys.size());
    std::iota(order.begin(), order.end(), 0U);
    if (!run.may_step(keys.size() * static_cast<std::size_t>(std::bit_width(keys.size())) / 8)) return false;
    std::ranges::sort(order, [&](std::size_t a, std::size_t b) {
        auto const by_key = compare(keys[a], keys[b]);
        return by_key != 0 ? by_key < 0 : a < b;
    });
    return true;
}

bool sort_by(runtime& run, value const& items, value const& keys, value& out) {
    if (!need_array(run, items, "sorted")) return false;
    std::vector<std::size_t> order;
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
    std::vector<std::size_t> order;
    if (!order_of(run, keys.items(), order)) return false;
    std::vector<value> all;
    std::vector<value> group;
    for (std::size_t i = 0; i < order.size(); ++i) {
        group.push_back(items.items()[order[i]]);
        bool const goes_on =
            i + 1 < order.size() && compare(keys.items()[order[i]], keys.items()[order[i + 1]]) == 0;
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
    if (!run.may_step(all.size() / 4)) return false;
    std::size_t best = 0;
    for (std::size_t i = 1; i < all.size(); ++i) {
        auto const order = compare(all[i], all[best]);
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

bool reverse(runtime& run, value const* in, value& out) {
    bool const is_empty = in->is_null() || (in->is_string() && in->as_string().empty()) ||
                          (in->is_object() && in->members().empty());
    if (is_empty) {
        out = run.list({});
        return run.ok();
    }
    if (!in->is_array()) return run.fail(fmt::format("Cannot reverse {}", name_of(in->type())));
    std::vector<value> items{in->items().rbegin(), in->items().rend()};
    out = run.list(items);
    return run.ok();
}

bool transpose(runtime& run, value const* in, value& out) {
    if (!in->is_array()) return run.fail(fmt::format("Cannot transpose {}", name_of(in->type())));
    std::size_t widest = 0;
    for (auto const& row : in->items()) {
        if (!row.is_array()) return run.fail(fmt::format("Cannot index {} with number", name_of(row.type())));
        widest = std::max(widest, row.items().size());
    }
    if (!run.may_step(widest * in->items().size() / 4)) return false;
    std::vector<value> columns;
    for (std::size_t i = 0; i < widest; ++i) {
        std::vector<value> column;
        for (auto const& row : in->items())
            column.push_back(i < row.items().size() ? row.items()[i] : value{});
        columns.push_back(run.list(column));
        if (!run.ok()) return false;
    }
    out = run.list(columns);
    return run.ok();
}

bool to_array(runtime& run, value const* in, value& out) {
    out = in->is_array() ? *in : run.list(std::span{in, 1});
    return run.ok();
}

bool getpath(runtime& run, value const* in, value& out) {
    return get_path(run, in[0], in[1], out);
}
bool setpath(runtime& run, value const* in, value& out) {
    return set_path(run, in[0], in[1], in[2], out);
}
bool delpaths(runtime& run, value const* in, value& out) {
    return delete_paths(run, in[0], in[1], out);
}

bool append(runtime& run, value const* in, value& out) {
    out = run.appended(in[0], std::span{in + 1, 1});
    return run.ok();
}

// Where `in[1]` is in a sorted array; where not, -1 - the place to put it.
bool binary_search(runtime& run, value const* in, value& out) {
    if (!need_array(run, *in, "searched from")) return false;
    auto const items = in->items();
    auto const place = std::ranges::lower_bound(
        items, in[1], [](value const& a, value const& b) { return compare(a, b) < 0; });
    auto const index = static_cast<std::int64_t>(place - items.begin());
    bool const is_there = place != items.end() && compare(*place, in[1]) == 0;
    out = value::integer(is_there ? index : -1 - index);
    return true;
}

bool count(runtime& run, value const* in, value& out) {
    if (!in->is_number()) return run.fail("limit needs a number");
    auto const number = in->as_double();
    if (number < 0) return run.fail("limit doesn't support negative count");
    out = value::integer(static_cast<std::int64_t>(std::min(std::ceil(number), 1e15)));
    return true;
}

constexpr auto table = std::to_array<native_entry>({
    {"length", 0, length},
    {"not", 0, negation},
    {"type", 0, type, walks::lazily},
    {"keys", 0, keys, walks::lazily},
    {"keys_unsorted", 0, keys_unsorted, walks::lazily},
    {"has", 1, has, walks::lazily},
    {"contains", 1, contains, walks::everything},
    {"add", 0, add_all},
    {"to_entries", 0, to_entries},
    {"from_entries", 0, from_entries},
    {"flatten", 0, flatten_all},
    {"flatten", 1, flatten_some},
    {"sort", 0, sort, walks::everything},
    {"_sort_by", 1, sort_by_keys, walks::everything},
    {"_group_by", 1, group_by_keys, walks::everything},
    {"unique", 0, unique, walks::everything},
    {"_unique_by", 1, unique_by_keys, walks::everything},
    {"min", 0, smallest, walks::everything},
    {"max", 0, largest, walks::everything},
    {"_min_by", 1, smallest_by, walks::everything},
    {"_max_by", 1, largest_by, walks::everything},
    {"reverse", 0, reverse},
    {"transpose", 0, transpose},
    {"toarray", 0, to_array},
    {"getpath", 1, getpath, walks::lazily},
    {"setpath", 2, setpath},
    {"delpaths", 1, delpaths, walks::everything},
    {"bsearch", 1, binary_search, walks::everything},
    {"_append", 1, append},
    {"_count", 0, count},
});

}  // namespace

std::span<native_entry const> collection_natives() {
    return table;
}

}  // namespace headgate::transforms
