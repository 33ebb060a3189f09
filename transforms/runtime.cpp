#include "transforms/runtime.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace headgate::transforms {
namespace {

// Takes what `any` would have as a text off `left`, about; false when that is not enough. Recurses as deep as
// values are.
bool fits(json::value const& any, std::size_t& left) {
    auto const takes = [&left](std::size_t bytes) {
        if (bytes > left) return false;
        left -= bytes;
        return true;
    };
    if (any.is_array()) {
        return takes(sizeof(any)) &&
               std::ranges::all_of(any.items(), [&](json::value const& item) { return fits(item, left); });
    }
    if (any.is_object()) {
        return takes(sizeof(any)) && std::ranges::all_of(any.members(), [&](json::member const& one) {
                   return takes(sizeof(one) + one.key.size()) && fits(one.value, left);
               });
    }
    return takes(sizeof(any) + any.held_bytes());
}

}  // namespace

bool runtime::may_walk_into(json::value const& any) {
    auto left = limits_.memory_bytes_max;
    if (!fits(any, left)) return refuse("memory");
    return may_touch(limits_.memory_bytes_max - left);
}

json::value runtime::text(std::string_view bytes) {
    if (!may_take(bytes.size())) return {};
    return json::value::string(bytes, where_);
}

json::value runtime::list(std::span<json::value const> items) {
    if (!may_take(items.size_bytes())) return {};
    for (auto const& item : items) {
        if (item.depth() >= json::nesting_max) return refuse("depth"), json::value{};
    }
    return json::value::array(items, where_);
}

json::value runtime::object(std::span<json::member const> members) {
    // Large objects have a hash table of 4 to 8 bytes a member behind them.
    if (!may_take(members.size_bytes() + members.size() * 16)) return {};
    std::size_t key_bytes = 0;
    for (auto const& one : members) {
        if (one.value.depth() >= json::nesting_max) return refuse("depth"), json::value{};
        key_bytes += one.key.size();
    }
    if (!may_touch(key_bytes)) return {};
    return json::value::object(members, where_);
}

json::value runtime::appended(json::value base, std::span<json::value const> more) {
    for (auto const& item : more) {
        if (item.depth() >= json::nesting_max) return refuse("depth"), json::value{};
    }
    if (!may_touch(more.size_bytes())) return {};
    // Checked before, because the new block may be twice the whole.
    auto const whole = (base.items().size() + more.size()) * sizeof(json::value);
    if (taken_ + whole > limits_.memory_bytes_max) return refuse("memory"), json::value{};
    std::size_t bytes = 0;
    auto const made = json::value::appended(base, more, where_, bytes);
    return may_take(bytes) ? made : json::value{};
}

json::value runtime::appended(json::value base, std::string_view more) {
    if (!may_touch(more.size())) return {};
    auto const whole = base.as_string().size() + more.size();
    if (taken_ + whole > limits_.memory_bytes_max) return refuse("memory"), json::value{};
    std::size_t bytes = 0;
    auto const made = json::value::appended(base, more, where_, bytes);
    return may_take(bytes) ? made : json::value{};
}

bool runtime::fail(std::string_view message) {
    auto const raised = text(message);
    return !is_refused() && fail_with(raised);
}

bool runtime::fail_with(json::value any) {
    error_ = any;
    has_error_ = true;
    return false;
}

bool runtime::refuse(std::string_view setting) {
    if (is_refused()) return false;
    refusal_ = error{errc::resource_exhausted, fmt::format("the program went over its limit of {}", setting),
                     "make the program do less, or raise the limit"};
    return false;
}

bool runtime::unreadable(json::value any) {
    if (!is_refused()) refusal_ = error{errc::failed_precondition, std::string{any.why_unreadable()}, {}};
    return false;
}

json::value runtime::take_error() {
    has_error_ = false;
    return std::exchange(error_, json::value{});
}

}  // namespace headgate::transforms
