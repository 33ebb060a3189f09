#include "core/log.hpp"
#include "core/planted.hpp"
#include "dispatch/lane.hpp"

#include <algorithm>
#include <utility>

// Attempts to start: marked, made, and what came of them.

namespace headgate::dispatch {

// Says in the store that a start may happen, before it can: that is what a restart goes by. One that may have
// happened already says so again: a sweep may have read it just before its answer was recorded.
asio::awaitable<void> lane::mark_and_attempt(std::vector<uuid> taken) {
    auto const now = clock_.now();
    std::vector<store::transition> changes;
    std::vector<uuid> marked;
    for (auto const& id : taken) {
        if (hold_if_unknown(id)) continue;
        auto const state = room_.at(id).state;
        store::transition change{.delivery = id, .from = state, .to = delivery_state::starting};
        if (state == delivery_state::waiting) change.started_at = now;
        changes.push_back(std::move(change));
        marked.push_back(id);
    }
    if (changes.empty()) co_return;
    auto recording = store_.record(std::move(changes));
    auto const applied = co_await std::move(recording);
    for (std::size_t i = 0; i < marked.size(); ++i) {
        auto const& id = marked[i];
        if (applied && (*applied)[i]) {
            auto& one = room_.at(id);
            bool const earlier_start_possible = one.state == delivery_state::starting;
            one.state = delivery_state::starting;
            if (!earlier_start_possible) one.started_at = now;
            begin_attempt(id, earlier_start_possible);
            continue;
        }
        --in_flight_;
        circuit_.give_back();
        if (applied) {
            // Somebody else changed it meanwhile: it is theirs.
            static_cast<void>(held_.went_through(id, std::nullopt));
            leave(id, waiting_room::leaving::for_good);
        } else if (may_wait_here(room_.at(id))) {
            room_.put_back(id, std::chrono::steady_clock::now() + settings_.retry_first);
        } else {
            leave(id, waiting_room::leaving::for_good);
        }
    }
    if (!applied) {
        log_sparingly(log_level::error, "the store refused to mark deliveries",
                      {{"error", applied.error().message}});
    }
}

// What the target does not know, or not any more, it would start a second time.
bool lane::hold_if_unknown(uuid const& id) {
    auto const& one = room_.at(id);
    if (one.state != delivery_state::starting) return false;
    auto unknown = judge_unknown(one, circumstances_now(true));
    if (!unknown) return false;
    circuit_.give_back();
    write_down(id, *std::move(unknown));
    return true;
}

// Nothing begins any more once the lane stops: the next life begins with it.
void lane::begin_attempt(uuid const& id, bool earlier_start_possible) {
    if (!stopping_) tasks_.spawn("start " + to_string(id), attempt(id, earlier_start_possible));
}

asio::awaitable<void> lane::attempt(uuid id, bool earlier_start_possible) {
    co_await asio::this_coro::throw_if_cancelled(false);
    auto const& order = room_.at(id).order;
    auto request_id = id;
    if (planted(planted_bug::rule_evaluated_again) && earlier_start_possible) request_id.bytes.back() ^= 1;
    auto const turn = target_.turn();
    auto starting = target_.start(order, request_id, from_now(of_.temporal.attempt_within));
    auto const answer = co_await std::move(starting);
    if (planted(planted_bug::rule_evaluated_again)) dawdle(std::chrono::milliseconds{10});
    if (turn == target_.turn()) learn_from(answer);

    auto made = judge(room_.at(id), answer, policy_, circumstances_now(earlier_start_possible));
    made.change.attempts_kept_max = settings_.attempts_kept_max;
    write_down(id, std::move(made));
}

circumstances lane::circumstances_now(bool earlier_start_possible) {
    return {.now = clock_.now(),
            .runs_kept_for = target_.keeps_runs_for(),
            .random = std::uniform_real_distribution<double>{0, 1}(random_),
            .target_back_at = circuit_.back_at(),
            .earlier_start_possible = earlier_start_possible,
            .target_moved_at = moved_at_};
}

void lane::write_down(uuid const& id, decision made) {
    auto change = made.change;
    records_.add(std::move(change),
                 [this, id, made = std::move(made)](bool applied) { apply(id, made, applied); });
}

// What became of it is durable now.
void lane::apply(uuid const& id, decision made, bool applied) {
    --in_flight_;
    wake_.cancel();
    auto const now = made.change.to;
    bool const others_may_go = held_.went_through(id, applied ? std::optional{now} : std::nullopt);
    if (others_may_go) circuit_.learn_anew();
    if (others_may_go && !stopping_) tasks_.spawn("release of " + of_.name, held_.release_all());
    if (!applied) return leave(id, waiting_room::leaving::for_good);
    auto& tried = room_.at(id);
    if (made.change.tried) {
        tried.attempts += 1;
        count(now);
    }
    tried.state = now;
    if (now == delivery_state::waiting || now == delivery_state::starting) {
        put_back(id, made.retry_in);
        return;
    }
    if (now == delivery_state::started) {
        tried.run_id = made.change.run_id;
        if (!follower_.add(tried)) unfollowed_ = true;
    }
    bool const keeps_id = made.change.held_because == hold_cause::unanswered;
    leave(id, keeps_id ? waiting_room::leaving::keeping_its_id : waiting_room::leaving::for_good);
}

// One that cannot go now lets those go that wait for the same workflow id.
void lane::put_back(uuid const& id, std::chrono::milliseconds wait) {
    if (!may_wait_here(room_.at(id))) return leave(id, waiting_room::leaving::for_good);
    if (room_.at(id).state == delivery_state::waiting && room_.others_wait_for_id_of(id)) {
        leave(id, waiting_room::leaving::behind_the_others);
        return;
    }
    room_.put_back(id, std::chrono::steady_clock::now() + wait);
    wake_.cancel();
}

void lane::count(delivery_state state) {
    switch (state) {
        case delivery_state::started: counts_.started.add(); break;
        case delivery_state::joined: counts_.joined.add(); break;
        case delivery_state::dead: counts_.dead.add(); break;
        case delivery_state::held: counts_.held.add(); break;
        case delivery_state::waiting:
        case delivery_state::starting: counts_.retried.add(); break;
        case delivery_state::completed: counts_.signalled.add(); break;
        case delivery_state::failed:
        case delivery_state::outcome_unknown: break;
    }
}

// A quota is no outage, and whoever says what is missing is there.
void lane::learn_from(targets::start_answer const& answer) {
    bool const is_quota = answer.code == errc::resource_exhausted;
    if (answer.concerns == targets::start_answer::scope::delivery || is_quota ||
        answer.what == targets::start_answer::kind::missing) {
        circuit_.found_well();
    } else {
        circuit_.found_away(answer.message);
    }
    if (answer.concerns == targets::start_answer::scope::delivery || !is_quota) return;
    auto const pause = std::max(answer.not_before, std::chrono::milliseconds{1'000});
    pace_.pause_until(std::chrono::steady_clock::now() + pause);
}

}  // namespace headgate::dispatch
