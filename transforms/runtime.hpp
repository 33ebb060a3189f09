#pragma once

#include "core/result.hpp"
#include "json/value.hpp"
#include "transforms/patterns.hpp"
#include "transforms/program.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace headgate::transforms {

// Besides calls and going back, a step is this much looked at, compared or made: text by its bytes, values by
// the sixteen that each has. So the budget of steps bounds time, whatever the functions are given.
inline constexpr std::size_t bytes_per_step = 256;

enum class limit : std::uint8_t { steps, memory, outputs, depth, nesting, time };

// What native functions have of a run: where values are made, what is left of the budget, and how to say no.
//
// Two kinds of no: an error is a value that `try` can catch; a refusal ends the run whatever the program says
// (a budget, or a body that could not be read).
class runtime {
public:
    runtime(json::arena& where, run_options const& options, pattern_table const& patterns)
        : where_{where},
          patterns_{patterns},
          limits_{options.limits},
          now_{options.now},
          clock_{options.clock},
          started_{limits_.time_max.count() > 0 ? clock_->worked() : std::chrono::nanoseconds{}} {}

    // Each makes a value and counts its bytes. Over the budget, or nested too deep, it refuses and gives
    // null: native functions end with `return run.ok()`.
    [[nodiscard]] json::value text(std::string_view bytes);
    [[nodiscard]] json::value list(std::span<json::value const> items);
    [[nodiscard]] json::value object(std::span<json::member const> members);
    [[nodiscard]] json::value appended(json::value base, std::span<json::value const> more);
    [[nodiscard]] json::value appended(json::value base, std::string_view more);

    // Counts work that is about to be done; false when that is too much, with the refusal made. What a
    // function looks at is touched, what it makes is taken, which is touching too.
    [[nodiscard]] bool may_step(std::uint64_t steps) { return may_touch(steps * bytes_per_step); }
    [[nodiscard]] bool may_touch(std::size_t bytes);
    [[nodiscard]] bool may_take(std::size_t bytes);

    // Touches `any` itself: its text, or its items without what is in them.
    [[nodiscard]] bool may_look(json::value const& any);

    // Touches everything in `any`, and refuses what would be too large if it were written out: a value may
    // hold the same part many times, so that little memory makes an endless text.
    [[nodiscard]] bool may_walk(json::value const& any) {
        return any.depth() == 0 ? may_look(any) : may_walk_into(any);
    }

    // All give false, so that a function can return them.
    bool fail(std::string_view message);  // An error with a text: no payload in it.
    bool fail_with(json::value any);      // An error with any value.
    bool refuse(limit which);             // Over the budget.
    bool unreadable(json::value any);     // `any` holds what could not be read.

    [[nodiscard]] bool ok() const noexcept { return !has_error_ && !refusal_; }
    [[nodiscard]] bool is_refused() const noexcept { return refusal_.has_value(); }
    [[nodiscard]] error refusal() const { return refusal_.value_or(error{}); }
    [[nodiscard]] json::value take_error();

    [[nodiscard]] json::arena& where() noexcept { return where_; }
    [[nodiscard]] pattern_table const& patterns() const noexcept { return patterns_; }
    [[nodiscard]] wall_time now() const noexcept { return now_; }
    [[nodiscard]] budget const& limits() const noexcept { return limits_; }
    [[nodiscard]] std::uint64_t steps() const noexcept { return touched_ / bytes_per_step; }

private:
    [[nodiscard]] bool may_walk_into(json::value const& any);
    [[nodiscard]] bool may_go_on();

    json::arena& where_;
    pattern_table const& patterns_;  // Of the program.
    budget limits_;
    wall_time now_;
    work_clock const* clock_;
    std::chrono::nanoseconds started_;
    std::uint64_t touched_ = 0;    // Steps in bytes, so that many small looks add up.
    std::uint64_t next_look_ = 0;  // At the budgets of steps and time, when so much was touched.
    std::size_t taken_ = 0;
    bool has_error_ = false;
    json::value error_;
    std::optional<error> refusal_;
};

inline bool runtime::may_touch(std::size_t bytes) {
    touched_ += bytes;
    return touched_ <= next_look_ || may_go_on();
}

inline bool runtime::may_look(json::value const& any) {
    return may_touch(sizeof(json::value) + any.held_bytes());
}

inline bool runtime::may_take(std::size_t bytes) {
    taken_ += bytes;
    return (taken_ <= limits_.memory_bytes_max || refuse(limit::memory)) && may_touch(bytes);
}

}  // namespace headgate::transforms
