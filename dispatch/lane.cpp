#include "dispatch/lane.hpp"

#include "core/log.hpp"
#include "core/planted.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <utility>

namespace headgate::dispatch {
namespace {

constexpr auto quietly = asio::as_tuple(asio::use_awaitable);
constexpr std::size_t unrecorded_max =
    2'000;  // Changes the store has not taken: past it nothing new is attempted.
constexpr std::chrono::milliseconds same_id_pause{250};
constexpr std::size_t release_batch = 500;

}  // namespace

lane::lane(asio::any_io_executor executor, settings const& settings, target_settings of,
           std::unique_ptr<targets::target> target, store::event_store& store, recorder& records,
           wall_clock const& clock, lane_counters counts)
    : executor_{executor},
      settings_{settings},
      of_{std::move(of)},
      target_{std::move(target)},
      store_{store},
      records_{records},
      clock_{clock},
      counts_{counts},
      policy_{retry_policy_of(settings)},
      wake_{executor, asio::steady_timer::time_point::max()},
      probe_{executor, asio::steady_timer::time_point::max()},
      slow_probe_{executor, asio::steady_timer::time_point::max()},
      follower_{executor, settings, *target_,
                records,  clock,    [this] { return in_flight_ * 2 > of_.starts_in_flight_max; }},
      tasks_{executor} {}

bool lane::add(delivery fresh) {
    if (fresh.state == delivery_state::started) return follower_.add(fresh);
    if (fresh.state == delivery_state::held) {
        if (fresh.held_because == hold_cause::unanswered)
            busy_.try_emplace(fresh.order.workflow_id, fresh.id);
        return true;
    }
    if (waiting_.contains(fresh.id)) return true;
    if (!has_room()) return false;
    // A start that may have happened owns its workflow id until it is known.
    if (fresh.state == delivery_state::starting) busy_.try_emplace(fresh.order.workflow_id, fresh.id);
    auto const wait = std::max(fresh.due_at - clock_.now(), std::chrono::milliseconds{0});
    due_.emplace(std::chrono::steady_clock::now() + std::min(wait, settings_.retry_longest), fresh.id);
    waiting_.emplace(fresh.id, std::move(fresh));
    wake_.cancel();
    return true;
}

std::string lane::trouble() const {
    std::lock_guard const hold{trouble_guard_};
    return trouble_;
}

void lane::start() {
    tasks_.spawn("lane " + of_.name, run());
    tasks_.spawn("circuit of " + of_.name, watch_circuit());
    tasks_.spawn("held deliveries of " + of_.name, probe_held());
    tasks_.spawn("runs of " + of_.name, follower_.run());
}

void lane::stop() {
    stopping_ = true;
    follower_.stop();
    wake_.cancel();
    probe_.cancel();
    slow_probe_.cancel();
}

asio::awaitable<void> lane::join() {
    auto following = follower_.join();
    co_await std::move(following);
    auto joining = tasks_.join();
    co_await std::move(joining);
}

asio::awaitable<void> lane::run() {
    while (!stopping_) {
        auto taken = take_due();
        if (!taken.empty()) {
            auto marking = mark_and_attempt(std::move(taken));
            co_await std::move(marking);
            continue;
        }
        wake_.expires_at(next_moment(std::chrono::steady_clock::now()));
        auto waiting = wake_.async_wait(quietly);
        co_await std::move(waiting);
    }
}

// What may be attempted right now: due, its workflow id free, within rate and room.
std::vector<uuid> lane::take_due() {
    std::vector<uuid> taken;
    auto const now = std::chrono::steady_clock::now();
    if (circuit_open_ || now < paused_until_ || records_.waiting() > unrecorded_max) return taken;
    auto room = settings_.deliveries_in_memory_max;
    room = std::min(room, of_.starts_in_flight_max - std::min(in_flight_, of_.starts_in_flight_max));
    if (of_.starts_per_second_max > 0) room = std::min(room, tokens(now));
    while (taken.size() < room && !due_.empty() && due_.begin()->first <= now) {
        auto const id = due_.begin()->second;
        due_.erase(due_.begin());
        auto const& order = waiting_.at(id).order;
        auto const [holder, is_free] = busy_.try_emplace(order.workflow_id, id);
        if (!is_free && holder->second != id) {
            due_.emplace(now + same_id_pause, id);
            continue;
        }
        taken.push_back(id);
    }
    if (of_.starts_per_second_max > 0) tokens_ -= static_cast<double>(taken.size());
    in_flight_ += taken.size();
    return taken;
}

// Whole starts that the rate allows now; a burst is a tenth of a second's worth, at least one.
std::size_t lane::tokens(instant now) {
    auto const passed = std::chrono::duration<double>{now - tokens_at_}.count();
    auto const burst = std::max(1.0, of_.starts_per_second_max / 10);
    tokens_ = std::min(burst, tokens_ + passed * of_.starts_per_second_max);
    tokens_at_ = now;
    return static_cast<std::size_t>(std::max(0.0, tokens_));
}

lane::instant lane::next_moment(instant now) const {
    auto const never = instant::max();
    if (circuit_open_ || due_.empty()) return never;
    if (in_flight_ >= of_.starts_in_flight_max) return never;
    if (records_.waiting() > unrecorded_max) return now + same_id_pause;
    auto const due = std::max(due_.begin()->first, paused_until_);
    if (due > now || of_.starts_per_second_max <= 0) return due;
    auto const wait = std::chrono::duration<double>{1 / of_.starts_per_second_max};
    return now + std::chrono::duration_cast<std::chrono::nanoseconds>(wait);
}

// Says in the store that a start may happen, before it can: that is what a restart goes by.
asio::awaitable<void> lane::mark_and_attempt(std::vector<uuid> taken) {
    auto const now = clock_.now();
    std::vector<store::transition> changes;
    std::vector<uuid> marked;
    for (auto const& id : taken) {
        if (waiting_.at(id).state == delivery_state::starting) {
            tasks_.spawn("start " + to_string(id), attempt(id, true));
            continue;
        }
        changes.push_back({.delivery = id,
                           .from = delivery_state::waiting,
                           .to = delivery_state::starting,
                           .started_at = now});
        marked.push_back(id);
    }
    if (changes.empty()) co_return;
    auto recording = store_.record(std::move(changes));
    auto const applied = co_await std::move(recording);
    for (std::size_t i = 0; i < marked.size(); ++i) {
        auto const& id = marked[i];
        if (applied && (*applied)[i]) {
            auto& marking = waiting_.at(id);
            marking.state = delivery_state::starting;
            marking.started_at = now;
            tasks_.spawn("start " + to_string(id), attempt(id, false));
            continue;
        }
        --in_flight_;
        if (applied) {
            resolve(id);  // Somebody else changed it meanwhile: it is theirs.
        } else {
            put_back(id, settings_.retry_first);
        }
    }
    if (!applied) {
        log_sparingly(log_level::error, "the store refused to mark deliveries",
                      {{"error", applied.error().message}});
    }
}

asio::awaitable<void> lane::attempt(uuid id, bool earlier_start_possible) {
    auto const& order = waiting_.at(id).order;
    auto request_id = id;
    if (planted(planted_bug::rule_evaluated_again) && earlier_start_possible) request_id.bytes.back() ^= 1;
    auto starting = target_->start(order, request_id, from_now(of_.temporal.attempt_within));
    auto const answer = co_await std::move(starting);
    if (planted(planted_bug::rule_evaluated_again)) dawdle(std::chrono::milliseconds{10});
    if (answer.concerns == targets::start_answer::scope::target) slow_down(answer);

    circumstances const at{.now = clock_.now(),
                           .runs_kept_for = target_->keeps_runs_for(),
                           .random = std::uniform_real_distribution<double>{0, 1}(random_),
                           .target_back_at = back_at_,
                           .earlier_start_possible = earlier_start_possible};
    auto made = judge(waiting_.at(id), answer, policy_, at);
    auto change = made.change;
    records_.add(std::move(change),
                 [this, id, made = std::move(made)](bool applied) { apply(id, made, applied); });
}

// What an attempt led to is durable now.
void lane::apply(uuid const& id, decision made, bool applied) {
    --in_flight_;
    wake_.cancel();
    auto& tried = waiting_.at(id);
    if (!applied) return resolve(id);
    count(made.change.to);
    tried.attempts += 1;
    tried.state = made.change.to;
    if (made.change.to == delivery_state::waiting || made.change.to == delivery_state::starting) {
        put_back(id, made.retry_in);
        return;
    }
    bool const was_probe = probing_held_ == id;
    if (made.change.to == delivery_state::started) {
        tried.run_id = made.change.run_id;
        static_cast<void>(follower_.add(tried));
    }
    bool const keeps_id = made.change.held_because == hold_cause::unanswered;
    auto const workflow_id = tried.order.workflow_id;
    resolve(id);
    if (keeps_id) busy_[workflow_id] = id;
    if (!was_probe) return;
    if (made.change.to != delivery_state::held) tasks_.spawn("release of " + of_.name, release_all_held());
}

void lane::put_back(uuid const& id, std::chrono::milliseconds wait) {
    auto const& delivery = waiting_.at(id);
    if (delivery.state == delivery_state::waiting) free_workflow_id(delivery);
    due_.emplace(std::chrono::steady_clock::now() + wait, id);
    wake_.cancel();
}

void lane::free_workflow_id(delivery const& holder) {
    auto const found = busy_.find(holder.order.workflow_id);
    if (found != busy_.end() && found->second == holder.id) busy_.erase(found);
}

// The delivery needs no more attempts from here.
void lane::resolve(uuid const& id) {
    auto const found = waiting_.find(id);
    free_workflow_id(found->second);
    if (probing_held_ == id) probing_held_ = {};
    waiting_.erase(found);
}

void lane::count(delivery_state state) {
    switch (state) {
        case delivery_state::started: counts_.started.add(); break;
        case delivery_state::joined: counts_.joined.add(); break;
        case delivery_state::dead: counts_.dead.add(); break;
        case delivery_state::held: counts_.held.add(); break;
        case delivery_state::waiting:
        case delivery_state::starting: counts_.retried.add(); break;
        case delivery_state::completed:
        case delivery_state::failed:
        case delivery_state::outcome_unknown: break;
    }
}

// A quota is no outage: the lane pauses. Anything else that concerns the whole target opens the circuit.
void lane::slow_down(targets::start_answer const& answer) {
    if (answer.what == targets::start_answer::kind::missing)
        return;  // It is there, and says what is missing.
    if (answer.code != errc::resource_exhausted) return open_circuit(answer.message);
    auto const pause = std::max(answer.not_before, std::chrono::milliseconds{1'000});
    paused_until_ = std::max(paused_until_, std::chrono::steady_clock::now() + pause);
}

void lane::open_circuit(std::string why) {
    if (circuit_open_.exchange(true)) return;
    log(log_level::warning, "a target is away; its deliveries wait", {{"target", of_.name}, {"why", why}});
    {
        std::lock_guard const hold{trouble_guard_};
        trouble_ = std::move(why);
    }
    // What an attempt just found out is not asked again at once: a probe may well succeed where starts do
    // not.
    probe_at_ = std::chrono::steady_clock::now() + settings_.probe_every;
    probe_.cancel();
}

void lane::close_circuit() {
    if (!circuit_open_.exchange(false)) return;
    log(log_level::info, "a target is back", {{"target", of_.name}});
    back_at_ = clock_.now();
    {
        std::lock_guard const hold{trouble_guard_};
        trouble_.clear();
    }
    wake_.cancel();
}

// Asks an absent target once in a while whether it is back; and each target once at the start, to learn its
// limits.
asio::awaitable<void> lane::watch_circuit() {
    while (!stopping_) {
        bool const is_due = std::chrono::steady_clock::now() >= probe_at_;
        if (is_due) {
            auto probing = target_->probe(from_now(of_.temporal.attempt_within));
            auto const there = co_await std::move(probing);
            if (stopping_) co_return;
            probe_at_ = instant::max();
            // Whoever says that the namespace is missing is there: the attempt learns the same, and is held.
            if (there || there.error().code == errc::not_found) {
                close_circuit();
            } else {
                open_circuit(there.error().message);
                probe_at_ = std::chrono::steady_clock::now() + settings_.probe_every;
            }
        }
        probe_.expires_at(probe_at_);
        auto waiting = probe_.async_wait(quietly);
        co_await std::move(waiting);
    }
}

// What can mend itself (a missing namespace or search attribute) is tried with one held delivery at a time.
asio::awaitable<void> lane::probe_held() {
    while (!stopping_) {
        slow_probe_.expires_after(settings_.probe_every * 12);
        auto waiting = slow_probe_.async_wait(quietly);
        co_await std::move(waiting);
        if (stopping_) co_return;
        if (circuit_open_ || probing_held_ != uuid{}) continue;
        auto reading = store_.unfinished({delivery_state::held}, probed_through_, release_batch);
        auto held = co_await std::move(reading);
        if (!held || held->empty()) {
            probed_through_.reset();
            continue;
        }
        auto const one = std::ranges::find_if(*held, [this](delivery const& each) {
            return each.order.target == of_.name && each.held_because == hold_cause::missing;
        });
        probed_through_ = one == held->end() ? held->back().id : one->id;
        if (one == held->end()) continue;
        auto recording = store_.record(
            {{.delivery = one->id, .from = delivery_state::held, .to = delivery_state::waiting}});
        auto const applied = co_await std::move(recording);
        if (!applied || !applied->front()) continue;
        probing_held_ = one->id;
        one->state = delivery_state::waiting;
        one->due_at = clock_.now();
        if (!add(std::move(*one))) probing_held_ = {};
    }
}

asio::awaitable<void> lane::release_all_held() {
    std::optional<uuid> after;
    while (!stopping_) {
        auto reading = store_.unfinished({delivery_state::held}, after, release_batch);
        auto held = co_await std::move(reading);
        if (!held || held->empty()) co_return;
        after = held->back().id;
        std::erase_if(*held, [this](delivery const& each) {
            return each.order.target != of_.name || each.held_because != hold_cause::missing;
        });
        std::vector<store::transition> changes;
        for (auto const& each : *held) {
            changes.push_back(
                {.delivery = each.id, .from = delivery_state::held, .to = delivery_state::waiting});
        }
        if (changes.empty()) continue;
        auto recording = store_.record(std::move(changes));
        auto const applied = co_await std::move(recording);
        if (!applied) co_return;
        for (std::size_t i = 0; i < held->size(); ++i) {
            if (!(*applied)[i]) continue;
            (*held)[i].state = delivery_state::waiting;
            (*held)[i].due_at = clock_.now();
            static_cast<void>(add(std::move((*held)[i])));
        }
    }
}

}  // namespace headgate::dispatch
