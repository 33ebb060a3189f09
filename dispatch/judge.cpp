#include "dispatch/judge.hpp"

#include <algorithm>
#include <cmath>

namespace headgate::dispatch {
namespace {

using kind = targets::start_answer::kind;

decision end(store::transition change, delivery_state state, std::string reason, wall_time now) {
    change.to = state;
    change.reason = std::move(reason);
    change.ended_at = now;
    return {std::move(change), {}};
}

decision hold(store::transition change, hold_cause cause, std::string reason) {
    change.to = delivery_state::held;
    change.held_because = cause;
    change.reason = std::move(reason);
    return {std::move(change), {}};
}

decision try_again(store::transition change, delivery_state state, std::chrono::milliseconds wait,
                   wall_time now) {
    change.to = state;
    change.due_at = now + wait;
    return {std::move(change), wait};
}

bool is_forgotten(delivery const& unanswered, circumstances const& at) {
    auto const first_tried = unanswered.started_at.value_or(at.now);
    return at.runs_kept_for && at.now - first_tried > *at.runs_kept_for;
}

// Others of the same workflow id wait for one that is `unanswered`: a signal is in nobody's way.
hold_cause cause_of_silence(delivery const& unanswered) {
    return unanswered.order.kind == order_kind::signal ? hold_cause::unsure : hold_cause::unanswered;
}

std::string_view what_was_asked(delivery const& unanswered) {
    return unanswered.order.kind == order_kind::signal ? "a signal" : "a start";
}

// Nothing was said at all: then `said` is empty.
decision hold_forgotten(store::transition change, delivery const& unanswered, std::string const& said) {
    auto reason =
        std::string{what_was_asked(unanswered)} + " without an answer for longer than the target keeps runs";
    if (!said.empty()) reason += ": " + said;
    return hold(
        std::move(change), cause_of_silence(unanswered),
        with_remedy(std::move(reason), "look the workflow id up on the target, then release or leave it"));
}

decision after_no_answer(store::transition change, delivery const& attempted,
                         targets::start_answer const& answer, std::chrono::milliseconds wait,
                         circumstances const& at) {
    if (is_forgotten(attempted, at)) return hold_forgotten(std::move(change), attempted, answer.message);
    return try_again(std::move(change), delivery_state::starting, wait, at.now);
}

// Nobody has to be asked again, whatever became of earlier attempts.
bool is_the_last_word(targets::start_answer const& answer) {
    switch (answer.what) {
        case kind::started:
        case kind::signalled:
        case kind::no_run:
        case kind::joined:
        case kind::id_taken: return true;
        case kind::refused:
        case kind::missing:
        case kind::denied:
        case kind::not_now:
        case kind::unanswered: return false;
    }
    return false;
}

// A run that is closed by now may have taken the signal before. Who looks for another would tell it twice.
decision hold_unsure(store::transition change, std::string const& said) {
    return hold(
        std::move(change), hold_cause::unsure,
        with_remedy("a signal without an answer, and the run that may have taken it is closed: " + said,
                    "look for headgate.delivery in the headers of its signals, then release or leave it"));
}

decision after_no_run(store::transition change, delivery const& attempted,
                      targets::start_answer const& answer, circumstances const& at) {
    bool const was_to_signal = attempted.order.kind != order_kind::start;
    if (was_to_signal && at.earlier_start_possible) return hold_unsure(std::move(change), answer.message);
    return end(std::move(change), delivery_state::dead, with_remedy(answer.message, answer.remedy), at.now);
}

std::string outcome_of(targets::start_answer const& answer) {
    if (answer.what == kind::started) return "started";
    if (answer.what == kind::signalled) return "signalled";
    return std::string{name_of(answer.code)};
}

decision after_certainly_not_started(store::transition change, delivery const& attempted,
                                     targets::start_answer const& answer, retry_policy const& policy,
                                     std::chrono::milliseconds wait, circumstances const& at) {
    auto const began = std::max(attempted.created_at, attempted.began_at);
    auto const since = std::max(began, at.target_back_at.value_or(began));
    bool const too_old = at.now - since > policy.give_up_after;
    if (!too_old) return try_again(std::move(change), delivery_state::waiting, wait, at.now);
    return end(std::move(change), delivery_state::dead,
               with_remedy("gave up by age: " + answer.message, "retry it when the target is well"), at.now);
}

}  // namespace

std::string with_remedy(std::string message, std::string const& remedy) {
    if (!remedy.empty()) message += " — " + remedy;
    return message;
}

retry_policy retry_policy_of(settings const& from) {
    return {from.retry_first, from.retry_longest, from.give_up_after};
}

std::chrono::milliseconds backoff(retry_policy const& policy, std::uint32_t attempts, double random) {
    auto const doublings = std::min<std::uint32_t>(attempts > 0 ? attempts - 1 : 0, 30);
    auto const span =
        std::min(static_cast<double>(policy.longest.count()),
                 std::ldexp(static_cast<double>(policy.first.count()), static_cast<int>(doublings)));
    return std::chrono::milliseconds{1 + static_cast<std::int64_t>(span * random)};
}

decision judge(delivery const& attempted, targets::start_answer const& answer, retry_policy const& policy,
               circumstances const& at) {
    auto const number = attempted.attempts + 1;
    store::transition change{.delivery = attempted.id, .from = delivery_state::starting};
    change.run_id = answer.run_id;
    change.tried = attempt{number, at.now, outcome_of(answer), answer.message};
    auto const wait = std::max(backoff(policy, number, at.random), answer.not_before);

    // A refusal now says nothing about an earlier attempt that nobody answered; a delivery that is dead, or
    // held for something missing, is taken for one that was never started.
    if (at.earlier_start_possible && !is_the_last_word(answer))
        return after_no_answer(std::move(change), attempted, answer, wait, at);
    switch (answer.what) {
        case kind::started:
            change.to = delivery_state::started;
            change.started_at = at.now;
            return {std::move(change), {}};
        case kind::joined:
            // Nobody else can rightly have an id that is made of the event's.
            if (attempted.order.id_is_default) {
                return end(std::move(change), delivery_state::dead,
                           "workflow id already used by run " + answer.run_id, at.now);
            }
            return end(std::move(change), delivery_state::joined,
                       "a run that another event or somebody else has started is running under this id",
                       at.now);
        case kind::signalled:
            return end(std::move(change), delivery_state::completed, "signalled a run that was running",
                       at.now);
        case kind::no_run:
        case kind::id_taken: return after_no_run(std::move(change), attempted, answer, at);
        case kind::refused:
            return end(std::move(change), delivery_state::dead, with_remedy(answer.message, answer.remedy),
                       at.now);
        case kind::missing:
            return hold(std::move(change), hold_cause::missing, with_remedy(answer.message, answer.remedy));
        case kind::denied:
        case kind::not_now:
            return after_certainly_not_started(std::move(change), attempted, answer, policy, wait, at);
        case kind::unanswered: return after_no_answer(std::move(change), attempted, answer, wait, at);
    }
    return after_no_answer(std::move(change), attempted, answer, wait, at);
}

std::optional<decision> judge_unknown(delivery const& unanswered, circumstances const& at) {
    store::transition change{.delivery = unanswered.id, .from = delivery_state::starting};
    if (is_forgotten(unanswered, at)) return hold_forgotten(std::move(change), unanswered, {});
    if (!at.target_moved_at || unanswered.started_at > at.target_moved_at) return std::nullopt;
    return hold(
        std::move(change), cause_of_silence(unanswered),
        with_remedy(std::string{what_was_asked(unanswered)} +
                        " without an answer from where the target was before its address or namespace "
                        "changed",
                    "look the workflow id up there, then release or leave it"));
}

std::optional<store::transition> judge_run(delivery const& followed, targets::run_status const& status,
                                           wall_time now) {
    store::transition change{.delivery = followed.id, .from = delivery_state::started};
    change.run_id = status.run_id.empty() ? followed.run_id : status.run_id;
    change.ended_at = status.ended_at.value_or(now);
    change.reason = status.detail;
    switch (status.what) {
        case targets::run_status::kind::running: return std::nullopt;
        case targets::run_status::kind::completed: change.to = delivery_state::completed; return change;
        case targets::run_status::kind::failed: change.to = delivery_state::failed; return change;
        case targets::run_status::kind::gone:
            change.to = delivery_state::outcome_unknown;
            change.reason = "the target no longer has the run";
            return change;
    }
    return std::nullopt;
}

}  // namespace headgate::dispatch
