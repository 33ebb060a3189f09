#include "transforms/builtins.hpp"
#include "transforms/operations.hpp"
#include "transforms/search.hpp"
#include "transforms/utf8.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
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
    if (in->holds_unreadable()) return run.unreadable(*in);
    if (in->depth() == 0 && !run.may_look(*in)) return false;
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

bool negation(runtime& run, value const* in, value& out) {
    if (in->holds_unreadable()) return run.unreadable(*in);
    out = value::boolean(!in->is_truthy());
    return true;
}

bool type(runtime& /*run*/, value const* in, value& out) {
    out = value::string_view_of(name_of(in->type()));
    return true;
}

bool keys_unsorted(runtime& run, value const* in, value& out) {
    std::vector<value> keys;
    if (!run.may_look(*in)) return false;
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
    auto const unsorted = out;
    std::vector<std::uint32_t> order;
    if (!order_of(run, unsorted.items(), order)) return false;
    std::vector<value> sorted;
    sorted.reserve(order.size());
    for (auto const place : order) sorted.push_back(unsorted.items()[place]);
    out = run.list(sorted);
    return run.ok();
}

bool has(runtime& run, value const* in, value& out) {
    auto const& key = in[1];
    if (!run.may_look(key)) return false;
    if (in->is_object() && key.is_string()) {
        out = value::boolean(in->find_pointer(key.as_string()) != nullptr);
        return true;
    }
    if (in->is_array() && key.is_number()) {
        auto const index = key.as_double();
        out = value::boolean(index >= 0 && index < static_cast<double>(in->items().size()));
        return true;
    }
    if (in->is_null()) {
        out = value::boolean(false);
        return true;
    }
    return run.fail(
        fmt::format("Cannot check whether {} has a {} key", name_of(in->type()), name_of(key.type())));
}

// Whether `a` contains `b`: substrings, parts of arrays and objects. Recurses as deep as values are.
bool holds(runtime& run, value const& a, value const& b) {
    if (!run.may_touch(sizeof(value))) return false;
    if (a.is_object() && b.is_object()) {
        return std::ranges::all_of(b.members(), [&](member const& wanted) {
            if (!run.may_touch(sizeof(member) + wanted.key.size())) return false;
            auto const* const here = a.find_pointer(wanted.key);
            return here && holds(run, *here, wanted.value);
        });
    }
    if (a.is_array() && b.is_array()) {
        return std::ranges::all_of(b.items(), [&](value const& wanted) {
            return std::ranges::any_of(
                a.items(), [&](value const& item) { return !run.ok() || holds(run, item, wanted); });
        });
    }
    if (a.is_string() && b.is_string()) {
        return run.may_touch(a.held_bytes() + b.held_bytes()) &&
               find_text(a.as_string(), b.as_string()) != std::string_view::npos;
    }
    return is_equal(run, a, b);
}

bool contains(runtime& run, value const* in, value& out) {
    bool const are_alike = in[0].is_boolean() ? is_equal(run, in[0], in[1]) : in[0].type() == in[1].type();
    if (!are_alike) {
        return run.fail(fmt::format("{} and {} cannot have their containment checked", name_of(in[0].type()),
                                    name_of(in[1].type())));
    }
    out = value::boolean(holds(run, in[0], in[1]));
    return run.ok();
}

bool add_all(runtime& run, value const* in, value& out) {
    std::vector<value> items;
    if (!values_in(run, *in, items)) return false;
    out = {};
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
    std::vector<value> entries;
    if (!values_in(run, *in, entries)) return false;
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
    if (!run.may_touch(items.size_bytes())) return false;
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
    if (!values_in(run, *in, items)) return false;
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

bool reverse(runtime& run, value const* in, value& out) {
    // Of no length, whatever it is.
    bool const is_empty = in->is_null() || (in->is_string() && in->as_string().empty()) ||
                          (in->is_object() && in->members().empty()) ||
                          (in->is_number() && in->as_double() == 0);
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
    std::vector<value> rows;
    if (!values_in(run, *in, rows)) return false;
    std::size_t widest = 0;
    for (auto const& row : rows) {
        bool const is_row = row.is_array() || row.is_null();
        if (!is_row) return run.fail(fmt::format("Cannot index {} with number", name_of(row.type())));
        if (row.is_array()) widest = std::max(widest, row.items().size());
    }
    std::vector<value> columns;
    for (std::size_t i = 0; i < widest; ++i) {
        std::vector<value> column;
        for (auto const& row : rows) {
            bool const is_there = row.is_array() && i < row.items().size();
            column.push_back(is_there ? row.items()[i] : value{});
        }
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

bool count(runtime& run, value const* in, value& out) {
    if (!in->is_number()) return run.fail("limit needs a number");
    auto const number = in->as_double();
    if (number < 0) return run.fail("limit doesn't support negative count");
    out = value::integer(static_cast<std::int64_t>(std::min(std::ceil(number), 1e15)));
    return true;
}

constexpr auto table = std::to_array<native_entry>({
    {"length", 0, length, walks::lazily},
    {"not", 0, negation, walks::lazily},
    {"type", 0, type, walks::lazily},
    {"keys", 0, keys, walks::lazily},
    {"keys_unsorted", 0, keys_unsorted, walks::lazily},
    {"has", 1, has, walks::lazily},
    {"contains", 1, contains},
    {"add", 0, add_all},
    {"to_entries", 0, to_entries},
    {"from_entries", 0, from_entries},
    {"flatten", 0, flatten_all},
    {"flatten", 1, flatten_some},
    {"reverse", 0, reverse},
    {"transpose", 0, transpose},
    {"toarray", 0, to_array, walks::lazily},
    {"getpath", 1, getpath, walks::lazily},
    {"setpath", 2, setpath, walks::lazily},
    {"delpaths", 1, delpaths, walks::lazily},
    {"_append", 1, append, walks::lazily},
    {"_count", 0, count, walks::lazily},
});

}  // namespace

std::span<native_entry const> collection_natives() {
    return table;
}

}  // namespace headgate::transforms
