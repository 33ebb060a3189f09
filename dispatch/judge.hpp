#pragma once

#include "dispatch/settings.hpp"
#include "model/delivery.hpp"
#include "store/event_store.hpp"
#include "targets/target.hpp"

#include <chrono>
#include <optional>
#include <string>

// What an answer of a target means for a delivery. Pure: all that decides is passed in.

namespace headgate::dispatch {

// The reason of a state, as operators read it.
[[nodiscard]] std::string with_remedy(std::string message, std::string const& remedy);

struct retry_policy {
    std::chrono::milliseconds first{200};
    std::chrono::milliseconds longest{60'000};
    std::chrono::hours give_up_after{72};
};

[[nodiscard]] retry_policy retry_policy_of(settings const& from);

// Before the `attempts`-th retry (from 1): full jitter over a doubling span. `random` is in [0, 1).
[[nodiscard]] std::chrono::milliseconds backoff(retry_policy const& policy, std::uint32_t attempts,
                                                double random);

struct circumstances {
    wall_time now;
    std::optional<std::chrono::milliseconds> runs_kept_for;  // By the target, when known.
    double random = 0.5;                                     // In [0, 1): the jitter.
    std::optional<wall_time> target_back_at;   // When its circuit last closed: time away is nobody's age.
    bool earlier_start_possible = false;       // An earlier attempt had no answer: a start may have happened.
    std::optional<wall_time> target_moved_at;  // Starts until then were sent to another address or namespace.
};

struct decision {
    store::transition change;
    std::chrono::milliseconds retry_in{0};  // When the new state is `waiting` or `starting`.
};

// `attempted` is in state `starting`; its `started_at` is when the first attempt without an answer was made.
// A delivery whose start may have happened is never `dead` by age, only `held`.
[[nodiscard]] decision judge(delivery const& attempted, targets::start_answer const& answer,
                             retry_policy const& policy, circumstances const& at);

// `unanswered` is in state `starting`, and about to be asked again: what becomes of it instead when the
// target may have forgotten its run, or never had it because it was elsewhere, and would start another.
[[nodiscard]] std::optional<decision> judge_unknown(delivery const& unanswered, circumstances const& at);

// The end of a run. Nothing while it runs.
[[nodiscard]] std::optional<store::transition> judge_run(delivery const& followed,
                                                         targets::run_status const& status, wall_time now);

}  // namespace headgate::dispatch
