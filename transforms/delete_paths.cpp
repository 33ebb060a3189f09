#include "transforms/operations.hpp"

#include <fmt/format.h>

#include <cmath>
#include <span>
#include <vector>

namespace headgate::transforms {
namespace {

using json::value;

bool cannot_delete(runtime& run, value const& container, value const& key) {
    return run.fail(
        fmt::format("Cannot delete field at {} index of {}", name_of(key.type()), name_of(container.type())));
}

// Marks what `key` names of an array's items.
bool mark(runtime& run, value const& container, value const& key, std::vector<bool>& gone) {
    if (!run.may_look(key)) return false;
    if (key.is_object()) {
        auto const where =
            extent_of(key.find("start").value_or(value{}), key.find("end").value_or(value{}), gone.size());
        if (!where) return run.fail("Start and end indices of an array slice must be numbers");
        if (!run.may_touch(where->to - where->from)) return false;
        for (auto i = where->from; i < where->to; ++i) gone[i] = true;
        return true;
    }
    if (!key.is_number()) return cannot_delete(run, container, key);
    auto index = std::trunc(key.as_double());
    if (key.as_double() < 0) index += static_cast<double>(gone.size());
    if (index >= 0 && index < static_cast<double>(gone.size())) gone[static_cast<std::size_t>(index)] = true;
    return true;
}

bool delete_items(runtime& run, value const& container, std::span<value const> keys, value& out) {
    std::vector<bool> gone(container.items().size());
    for (auto const& key : keys) {
        if (!mark(run, container, key, gone)) return false;
    }
    std::vector<value> left;
    for (std::size_t i = 0; i < gone.size(); ++i) {
        if (!gone[i]) left.push_back(container.items()[i]);
    }
    out = run.list(left);
    return run.ok();
}

bool delete_members(runtime& run, value const& container, std::span<value const> keys, value& out) {
    std::vector<json::member> doomed;
    for (auto const& key : keys) {
        if (!key.is_string()) return cannot_delete(run, container, key);
        doomed.push_back({key.as_string(), {}});
    }
    auto const names = run.object(doomed);
    if (!run.ok()) return false;
    std::vector<json::member> left;
    for (auto const& one : container.members()) {
        if (!names.find_pointer(one.key)) left.push_back(one);
    }
    out = run.object(left);
    return run.ok();
}

bool delete_keys(runtime& run, value const& container, std::span<value const> keys, value& out) {
    out = container;
    if (keys.empty() || container.is_null()) return true;
    if (container.is_array()) return delete_items(run, container, keys, out);
    if (container.is_object()) return delete_members(run, container, keys, out);
    return cannot_delete(run, container, keys.front());
}

// An array or object while what is under its keys is replaced: copied once, however many there are.
class draft {
public:
    draft(runtime& run, value const& of) : run_{run}, of_{of} {}

    [[nodiscard]] bool get(value const& key, value& out) {
        if (auto const* const item = item_at(key)) {
            out = *item;
            return true;
        }
        bool const is_unchanged = of_.is_object();  // No key of an object comes twice.
        return (is_unchanged || settle()) && get_key(run_, of_, key, out);
    }

    [[nodiscard]] bool put(value const& key, value const& what) {
        if (auto* const item = item_at(key)) {
            *item = what;
            return true;
        }
        if (of_.is_object() && key.is_string()) {
            members_.push_back({key.as_string(), what});
            return true;
        }
        return settle() && set_key(run_, of_, key, what, of_);
    }

    [[nodiscard]] bool finish(value& out) {
        if (!settle()) return false;
        out = of_;
        return true;
    }

private:
    // Null for what is no plain index of an array.
    value* item_at(value const& key) {
        if (!of_.is_array() || !key.holds_integer()) return nullptr;
        auto const size = static_cast<std::int64_t>(of_.items().size());
        auto const index = key.held_integer() < 0 ? key.held_integer() + size : key.held_integer();
        if (index < 0 || index >= size) return nullptr;
        if (items_.empty()) items_.assign(of_.items().begin(), of_.items().end());
        return &items_[static_cast<std::size_t>(index)];
    }

    bool settle() {
        if (!items_.empty()) of_ = run_.list(items_);
        if (!members_.empty()) {
            members_.insert(members_.begin(), of_.members().begin(), of_.members().end());
            of_ = run_.object(members_);
        }
        items_.clear();
        members_.clear();
        return run_.ok();
    }

    runtime& run_;
    value of_;
    std::vector<value> items_;           // Of an array, once one is replaced.
    std::vector<json::member> members_;  // Of an object, those that are.
};

// `paths` are sorted, and the same up to `level`. Recurses as deep as paths are long.
bool delete_sorted(runtime& run, value const& root, std::span<value const> paths, std::size_t level,
                   value& out) {
    draft changed{run, root};
    std::vector<value> doomed;
    while (!paths.empty()) {
        auto const key = paths.front().items()[level];
        std::size_t same = 1;
        while (same < paths.size() && is_equal(run, key, paths[same].items()[level])) ++same;
        if (!run.may_step(1)) return false;
        if (paths.front().items().size() == level + 1) {
            doomed.push_back(key);  // And with it whatever the others would delete below.
        } else {
            value inner;
            if (!changed.get(key, inner)) return false;
            bool const goes_on = !inner.is_null();
            if (goes_on && !delete_sorted(run, inner, paths.first(same), level + 1, inner)) return false;
            if (goes_on && !changed.put(key, inner)) return false;
        }
        paths = paths.subspan(same);
    }
    value left;
    return changed.finish(left) && delete_keys(run, left, doomed, out);
}

}  // namespace

bool delete_paths(runtime& run, value const& root, value const& paths, value& out) {
    if (!paths.is_array()) return run.fail("Paths must be specified as an array");
    std::vector<std::uint32_t> order;
    if (!order_of(run, paths.items(), order)) return false;
    std::vector<value> sorted;
    for (auto const place : order) sorted.push_back(paths.items()[place]);
    for (auto const& path : sorted) {
        if (!path.is_array()) return run.fail("Path must be specified as an array");
        if (path.items().size() >= json::nesting_max) return run.fail("Path too deep");
    }
    out = root;
    if (sorted.empty()) return true;
    if (!sorted.front().items().empty()) return delete_sorted(run, root, sorted, 0, out);
    out = {};
    return true;
}

}  // namespace headgate::transforms
