#pragma once

#include "core/result.hpp"
#include "json/value.hpp"
#include "transforms/program.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace headgate::transforms {

// What native functions have of a run: where values are made, what is left of the budget, and how to say no.
//
// Two kinds of no: an error is a value that `try` can catch; a refusal ends the run whatever the program says
// (a budget, or a body that could not be read).
class runtime {
public:
    runtime(json::arena& where, run_options const& options)
        : where_{where}, limits_{options.limits}, now_{options.now} {}

    // Each makes a value and counts its bytes. Over the budget, or nested too deep, it refuses and gives
    // null: native functions end with `return run.ok()`.
    [[nodiscard]] json::value text(std::string_view bytes);
    [[nodiscard]] json::value list(std::span<json::value const> items);
    [[nodiscard]] json::value object(std::span<json::member const> members);
    [[nodiscard]] json::value appended(json::value base, std::span<json::value const> more);
    [[nodiscard]] json::value appended(json::value base, std::string_view more);

    // Counts work that is about to be done; false when that is too much, with the refusal made.
    [[nodiscard]] bool may_take(std::size_t bytes);
    [[nodiscard]] bool may_step(std::uint64_t steps);

    // Counts a look at everything in `any`, and refuses what would be too large if it were written out: a
    // value may hold the same part many times, so that little memory makes an endless text.
    [[nodiscard]] bool may_walk(json::value const& any) {
        return !(any.is_array() || any.is_object()) || may_walk_into(any);
    }

    // All give false, so that a function can return them.
    bool fail(std::string_view message);    // An error with a text: no payload in it.
    bool fail_with(json::value any);        // An error with any value.
    bool refuse(std::string_view setting);  // Over the budget.
    bool unreadable(json::value any);       // `any` holds what could not be read.

    [[nodiscard]] bool ok() const noexcept { return !has_error_ && !refusal_; }
    [[nodiscard]] bool is_refused() const noexcept { return refusal_.has_value(); }
    [[nodiscard]] error refusal() const { return refusal_.value_or(error{}); }
    [[nodiscard]] json::value take_error();

    [[nodiscard]] json::arena& where() noexcept { return where_; }
    [[nodiscard]] wall_time now() const noexcept { return now_; }
    [[nodiscard]] budget const& limits() const noexcept { return limits_; }

private:
    [[nodiscard]] bool may_walk_into(json::value const& any);

    json::arena& where_;
    budget limits_;
    wall_time now_;
    std::uint64_t steps_ = 0;
    std::size_t bytes_ = 0;
    bool has_error_ = false;
    json::value error_;
    std::optional<error> refusal_;
};

inline bool runtime::may_step(std::uint64_t steps) {
    steps_ += steps;
    return steps_ <= limits_.steps_max || refuse("steps");
}

inline bool runtime::may_take(std::size_t bytes) {
    bytes_ += bytes;
    return bytes_ <= limits_.memory_bytes_max || refuse("memory");
}

}  // namespace headgate::transforms
