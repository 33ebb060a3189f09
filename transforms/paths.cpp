#include "transforms/operations.hpp"
#include "transforms/utf8.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <span>
#include <vector>

namespace headgate::transforms {
namespace {

constexpr std::int64_t index_max = 536'870'911;  // As jq.

bool cannot_index(runtime& run, json::value const& container, json::value const& key) {
    return run.fail(fmt::format("Cannot index {} with {}", name_of(container.type()), name_of(key.type())));
}

// Where each occurrence of `wanted` in `items` begins.
bool occurrences(runtime& run, std::span<json::value const> items, std::span<json::value const> wanted,
                 json::value& out) {
    std::vector<json::value> found;
    auto const same = [&run](json::value const& a, json::value const& b) { return is_equal(run, a, b); };
    for (std::size_t i = 0; !wanted.empty() && i + wanted.size() <= items.size() && run.ok(); ++i) {
        if (std::ranges::equal(items.subspan(i, wanted.size()), wanted, same)) {
            found.push_back(json::value::integer(static_cast<std::int64_t>(i)));
        }
    }
    out = run.list(found);
    return run.ok();
}

bool set_item(runtime& run, json::value const& container, json::value const& key, json::value const& item,
              json::value& out) {
    std::span<json::value const> const old =
        container.is_array() ? container.items() : std::span<json::value const>{};
    auto const wanted = key.as_double();
    auto index =
        static_cast<std::int64_t>(std::isnan(wanted) ? 0 : std::clamp(std::floor(wanted), -1e15, 1e15));
    if (index < 0) index += static_cast<std::int64_t>(old.size());
    if (index < 0) return run.fail("Out of bounds negative array index");
    if (index > index_max) return run.fail("Array index too large");
    auto const at = static_cast<std::size_t>(index);
    if (at >= old.size()) {
        if (!run.may_take((at - old.size()) * sizeof(json::value))) return false;
        std::vector<json::value> more(at - old.size() + 1);
        more.back() = item;
        out = run.appended(container.is_array() ? container : run.list({}), more);
        return run.ok();
    }
    std::vector<json::value> items{old.begin(), old.end()};
    items[at] = item;
    out = run.list(items);
    return run.ok();
}

bool set_member(runtime& run, json::value const& container, std::string_view key, json::value const& item,
                json::value& out) {
    std::vector<json::member> members;
    if (container.is_object()) members.assign(container.members().begin(), container.members().end());
    members.push_back({key, item});
    out = run.object(members);
    return run.ok();
}

bool set_slice(runtime& run, json::value const& container, json::value const& key, json::value const& item,
               json::value& out) {
    if (!item.is_array()) return run.fail("A slice of an array can only be assigned another array");
    std::span<json::value const> const old =
        container.is_array() ? container.items() : std::span<json::value const>{};
    auto const where = extent_of(key.find("start").value_or(json::value{}),
                                 key.find("end").value_or(json::value{}), old.size());
    if (!where) return run.fail("Start and end indices of an array slice must be numbers");
    std::vector<json::value> items{old.begin(), old.begin() + static_cast<std::ptrdiff_t>(where->from)};
    items.insert(items.end(), item.items().begin(), item.items().end());
    items.insert(items.end(), old.begin() + static_cast<std::ptrdiff_t>(where->to), old.end());
    out = run.list(items);
    return run.ok();
}

bool set_below(runtime& run, json::value const& root, std::span<json::value const> path,
               json::value const& leaf, json::value& out) {
    if (path.empty()) {
        out = leaf;
        return true;
    }
    json::value inner;
    if (!get_key(run, root, path.front(), inner)) return false;
    if (!set_below(run, inner, path.subspan(1), leaf, inner)) return false;
    return set_key(run, root, path.front(), inner, out);
}

bool check_path(runtime& run, json::value const& path) {
    if (!path.is_array()) return run.fail("Path must be specified as an array");
    return path.items().size() < json::nesting_max || run.fail("Path too deep");
}

}  // namespace

std::optional<extent> extent_of(json::value const& from, json::value const& to, std::size_t size) {
    bool const fits = (from.is_null() || from.is_number()) && (to.is_null() || to.is_number());
    if (!fits) return std::nullopt;
    auto const length = static_cast<double>(size);
    auto first = from.is_null() ? 0 : from.as_double();
    auto last = to.is_null() ? length : to.as_double();
    if (std::isnan(first)) first = 0;
    if (std::isnan(last)) last = length;
    if (first < 0) first += length;
    if (last < 0) last += length;
    first = std::clamp(std::floor(first), 0.0, length);
    last = std::clamp(std::ceil(last), first, length);
    return extent{static_cast<std::size_t>(first), static_cast<std::size_t>(last)};
}

bool set_key(runtime& run, json::value const& container, json::value const& key, json::value const& item,
             json::value& out) {
    if (!run.may_look(key)) return false;
    bool const is_free = container.is_null();
    if (key.is_string() && (is_free || container.is_object()))
        return set_member(run, container, key.as_string(), item, out);
    if (key.is_number() && (is_free || container.is_array())) return set_item(run, container, key, item, out);
    if (key.is_object() && (is_free || container.is_array()))
        return set_slice(run, container, key, item, out);
    if (key.is_array() && container.is_array())
        return run.fail("Cannot update field at array index of array");
    return cannot_index(run, container, key);
}

bool get_key(runtime& run, json::value const& container, json::value const& key, json::value& out) {
    if (!run.may_look(key)) return false;
    if (container.is_object() && key.is_string()) {
        auto const* const found = container.find_pointer(key.as_string());
        out = found ? *found : json::value{};
        return !out.is_null() || !out.holds_unreadable() || run.unreadable(out);
    }
    if (container.is_array() && key.is_number()) {
        auto const items = container.items();
        auto index = std::floor(key.as_double());
        if (index < 0) index += static_cast<double>(items.size());
        bool const is_inside = index >= 0 && index < static_cast<double>(items.size());
        out = is_inside ? items[static_cast<std::size_t>(index)] : json::value{};
        return true;
    }
    if (key.is_object() && (container.is_array() || container.is_null() || container.is_string())) {
        if (container.is_null()) {
            out = {};
            return true;
        }
        auto const from = key.find("start");
        auto const to = key.find("end");
        if (!from || !to) return run.fail("Start and end indices of an array slice must be numbers");
        return get_slice(run, container, *from, *to, out);
    }
    if (container.is_array() && key.is_array()) return occurrences(run, container.items(), key.items(), out);
    if (container.is_null() && (key.is_string() || key.is_number())) {
        out = {};
        return true;
    }
    return cannot_index(run, container, key);
}

bool get_slice(runtime& run, json::value const& container, json::value const& from, json::value const& to,
               json::value& out) {
    if (container.is_null()) {
        out = {};
        return true;
    }
    if (!container.is_array() && !container.is_string()) {
        return run.fail(fmt::format("Cannot index {} with object", name_of(container.type())));
    }
    bool const counts = container.is_string();
    if (!run.may_touch(from.held_bytes() + to.held_bytes() + (counts ? container.held_bytes() : 0)))
        return false;
    auto const size = counts ? count_code_points(container.as_string()) : container.items().size();
    auto const where = extent_of(from, to, size);
    if (!where) return run.fail("Start and end indices of an array slice must be numbers");
    if (container.is_array()) {
        out = json::value::array_view_of(container.items().subspan(where->from, where->to - where->from));
        if (container.is_put_together()) out = out.put_together();
        return true;
    }
    auto const text = container.as_string();
    auto const begin = byte_offset(text, where->from);
    auto const end = begin + byte_offset(text.substr(begin), where->to - where->from);
    out = json::value::string_view_of(text.substr(begin, end - begin));
    return true;
}

json::value slice_key(runtime& run, json::value const& from, json::value const& to) {
    std::array const members{json::member{"start", from}, json::member{"end", to}};
    return run.object(members);
}

bool values_in(runtime& run, json::value const& any, std::vector<json::value>& out) {
    if (any.is_array()) {
        out.assign(any.items().begin(), any.items().end());
    } else if (any.is_object()) {
        for (auto const& one : any.members()) out.push_back(one.value);
    } else {
        return run.fail(fmt::format("Cannot iterate over {}", name_of(any.type())));
    }
    return true;
}

bool get_path(runtime& run, json::value const& root, json::value const& path, json::value& out) {
    if (!path.is_array()) return run.fail("Path must be specified as an array");
    out = root;
    for (auto const& key : path.items()) {
        if (out.is_null()) return true;
        auto const here = out;
        if (!get_key(run, here, key, out)) return false;
    }
    return true;
}

bool set_path(runtime& run, json::value const& root, json::value const& path, json::value const& leaf,
              json::value& out) {
    return check_path(run, path) && set_below(run, root, path.items(), leaf, out);
}

}  // namespace headgate::transforms
