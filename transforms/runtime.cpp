#include "transforms/runtime.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
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

struct limit_text {
    std::string_view name;
    std::string_view setting;  // Empty: always the same.
    std::string_view remedy;
};

constexpr std::array<limit_text, 6> limit_texts{{
    {"steps", "steps_max", "make the program look at less"},
    {"memory", "memory_bytes_max", "make the program keep less at once"},
    {"outputs", "outputs_max", "make the program give fewer outputs, with first(...) or limit(...; ...)"},
    {"depth", "depth_max",
     "make the program's calls end sooner, or let them be the last thing a function does"},
    {"nesting", "", "make the program nest values less: a thousand levels are the most"},
    {"time", "time_max", "make the program do less"},
}};

constexpr std::uint64_t steps_between_looks = 1'000;

}  // namespace

bool runtime::may_walk_into(json::value const& any) {
    auto left = limits_.memory_bytes_max;
    if (!fits(any, left)) return refuse(limit::memory);
    return may_touch(limits_.memory_bytes_max - left);
}

json::value runtime::text(std::string_view bytes) {
    if (!may_take(bytes.size())) return {};
    return json::value::string(bytes, where_);
}

json::value runtime::list(std::span<json::value const> items) {
    if (!may_take(items.size_bytes())) return {};
    for (auto const& item : items) {
        if (item.depth() >= json::nesting_max) return refuse(limit::nesting), json::value{};
    }
    return json::value::array(items, where_).put_together();
}

json::value runtime::object(std::span<json::member const> members) {
    // Large objects have a hash table of 4 to 8 bytes a member behind them.
    if (!may_take(members.size_bytes() + members.size() * 16)) return {};
    std::size_t key_bytes = 0;
    for (auto const& one : members) {
        if (one.value.depth() >= json::nesting_max) return refuse(limit::nesting), json::value{};
        key_bytes += one.key.size();
    }
    if (!may_touch(key_bytes)) return {};
    return json::value::object(members, where_).put_together();
}

json::value runtime::appended(json::value base, std::span<json::value const> more) {
    for (auto const& item : more) {
        if (item.depth() >= json::nesting_max) return refuse(limit::nesting), json::value{};
    }
    if (!may_touch(more.size_bytes())) return {};
    // Checked before, because the new block may be twice the whole.
    auto const whole = (base.items().size() + more.size()) * sizeof(json::value);
    if (taken_ + whole > limits_.memory_bytes_max) return refuse(limit::memory), json::value{};
    std::size_t bytes = 0;
    auto const made = json::value::appended(base, more, where_, bytes);
    return may_take(bytes) ? made.put_together() : json::value{};
}

json::value runtime::appended(json::value base, std::string_view more) {
    if (!may_touch(more.size())) return {};
    auto const whole = base.as_string().size() + more.size();
    if (taken_ + whole > limits_.memory_bytes_max) return refuse(limit::memory), json::value{};
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

bool runtime::refuse(limit which) {
    if (is_refused()) return false;
    next_look_ = 0;
    auto const& [name, setting, remedy] = limit_texts.at(static_cast<std::size_t>(which));
    bool const can_be_raised = !setting.empty() && !limits_.configured_by.empty();
    refusal_ = error{errc::resource_exhausted, fmt::format("the program went over its limit of {}", name),
                     can_be_raised ? fmt::format("{}, or raise {}{}", remedy, limits_.configured_by, setting)
                                   : std::string{remedy}};
    return false;
}

bool runtime::may_go_on() {
    if (is_refused()) return false;
    auto const most = limits_.steps_max * bytes_per_step;
    if (touched_ > most) return refuse(limit::steps);
    next_look_ = most;
    if (limits_.time_max.count() > 0) {
        if (clock_->worked() - started_ > limits_.time_max) return refuse(limit::time);
        next_look_ = std::min(most, touched_ + steps_between_looks * bytes_per_step);
    }
    return true;
}

bool runtime::unreadable(json::value any) {
    if (is_refused()) return false;
    refusal_ = error{
        errc::failed_precondition, std::string{any.why_unreadable()},
        fmt::format("let the rule read `.body_text`, or the sender send what it says; {0}values_max bounds "
                    "how many values a body may have, {0}decoded_bytes_max how large a packed one may become",
                    limits_.configured_by)};
    return false;
}

json::value runtime::take_error() {
    has_error_ = false;
    return std::exchange(error_, json::value{});
}

}  // namespace headgate::transforms
