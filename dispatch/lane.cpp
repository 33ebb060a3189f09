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
// Changes the store has not taken: past it nothing new is attempted.
constexpr std::size_t unrecorded_max = 2'000;
constexpr std::chrono::milliseconds pause_for_the_store{250};

bool may_be_attempted(delivery_state state) {
    return state == delivery_state::waiting || state == delivery_state::starting;
}

}  // namespace

lane::lane(surroundings const& around, settings const& settings, std::shared_ptr<rulebook const> const& rules,
           recorder& records, lane_counters counts, target_settings of,
           std::shared_ptr<targets::target> target)
    : settings_{settings},
      rules_{rules},
      store_{around.store},
      records_{records},
      clock_{around.clock},
      counts_{counts},
      of_{std::move(of)},
      target_{std::move(target)},
      policy_{retry_policy_of(settings)},
      room_{settings},
      pace_{of_.starts_per_second_max, std::chrono::steady_clock::now()},
      circuit_{around.executor,
               settings,
               of_,
               {.target = target_,
                .clock = around.clock,
                .nothing_waits = [this] { return room_.is_empty(); },
                .changed = [this] { wake_.cancel(); }}},
      held_{around.executor,
            settings,
            of_.name,
            {.store = around.store,
             .clock = around.clock,
             .may_try = [this] { return is_open() && circuit_.is_closed(); },
             .add = [this](delivery released) { return add_to_room(std::move(released)); }}},
      follower_{around.executor, settings,     target_,
                records,         around.clock, [this] { return is_busy_starting(); }},
      wake_{around.executor, asio::steady_timer::time_point::max()},
      loops_{around.executor},
      tasks_{around.executor} {}

void lane::use(target_settings of, std::shared_ptr<targets::target> fresh) {
    note_where(of);
    of_ = std::move(of);
    policy_ = retry_policy_of(settings_);
    pace_.limit_to(of_.starts_per_second_max);
    if (fresh) {
        target_.exchange(std::move(fresh));
        circuit_.begin_anew();
    }
    turn_out();
    wake_.cancel();
}

// Another server, or another namespace, knows nothing of what was started in the one before.
void lane::note_where(target_settings const& next) {
    auto const& was = of_.temporal;
    if (next.temporal.address == was.address && next.temporal.name_space == was.name_space) return;
    moved_at_ = clock_.now();
    log(log_level::warning,
        "a target has another address or namespace; starts without an answer are held, and runs begun before "
        "are looked for at the new place",
        {{"target", of_.name}});
}

void lane::close() {
    if (!is_open()) return;
    target_.exchange(nullptr);
    circuit_.begin_anew();
    turn_out();
}

void lane::turn_out() {
    room_.turn_out();
    held_.forget_the_try();
}

void lane::add(delivery fresh) {
    if (fresh.state == delivery_state::started) {
        if (!follower_.add(fresh)) unfollowed_ = true;
        return;
    }
    bool const may_have_started =
        fresh.state == delivery_state::starting || fresh.held_because == hold_cause::unanswered;
    if (may_have_started) room_.claim(fresh.order.workflow_id, fresh.id);
    if (fresh.state != delivery_state::held) static_cast<void>(add_to_room(std::move(fresh)));
}

// What may not is left to the store: the next sweep holds it.
bool lane::may_wait_here(delivery const& one) const {
    return is_open() && (one.state != delivery_state::waiting || rules_->find(one.rule) != nullptr);
}

bool lane::add_to_room(delivery fresh) {
    if (!may_wait_here(fresh)) return false;
    auto const wait =
        std::clamp<std::chrono::milliseconds>(fresh.due_at - clock_.now(), {}, settings_.retry_longest);
    auto const admitted = room_.add(std::move(fresh), std::chrono::steady_clock::now() + wait);
    wake_.cancel();
    return admitted == waiting_room::admission::taken;
}

bool lane::wants_sweep() const noexcept {
    return room_.wants_sweep() || (unfollowed_ && follower_.has_much_room());
}

void lane::sweep_begins() {
    room_.sweep_begins();
    unfollowed_ = false;
}

void lane::more_wait_in_store() {
    if (room_.is_full()) room_.more_wait_in_store();
    if (!follower_.has_room()) unfollowed_ = true;
}

void lane::start() {
    tasks_.spawn("lane " + of_.name, run());
    loops_.spawn("circuit of " + of_.name, circuit_.run());
    loops_.spawn("held deliveries of " + of_.name, held_.run());
    loops_.spawn("runs of " + of_.name, follower_.run());
}

void lane::stop() {
    stopping_ = true;
    follower_.stop();
    circuit_.stop();
    held_.stop();
    loops_.cancel();
    wake_.cancel();
}

asio::awaitable<void> lane::join(deadline until) {
    auto following = follower_.join();
    co_await std::move(following);
    auto looping = loops_.join();
    co_await std::move(looping);
    auto attempting = tasks_.join_by(until);
    co_await std::move(attempting);
}

asio::awaitable<void> lane::run() {
    co_await asio::this_coro::throw_if_cancelled(false);
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

// What may be attempted right now: due, and within what circuit, rate and room allow.
std::vector<uuid> lane::take_due() {
    std::vector<uuid> taken;
    auto const now = std::chrono::steady_clock::now();
    if (!is_open() || records_.waiting() > unrecorded_max) return taken;
    auto const in_flight_max = std::max(of_.starts_in_flight_max, in_flight_);
    auto const allowed = std::min({in_flight_max - in_flight_, pace_.allowed(now), circuit_.allowed()});
    while (taken.size() < allowed) {
        auto const due = room_.take_due(now);
        if (!due) break;
        taken.push_back(*due);
    }
    pace_.spend(taken.size());
    circuit_.spend(taken.size());
    in_flight_ += taken.size();
    return taken;
}

lane::instant lane::next_moment(instant now) const {
    if (circuit_.allowed() == 0 || in_flight_ >= of_.starts_in_flight_max) return instant::max();
    auto const due = room_.next_due();
    if (due == instant::max()) return due;
    if (records_.waiting() > unrecorded_max) return now + pause_for_the_store;
    return std::max(due, pace_.next(now));
}

// More could be started than is: by us, not by what the target allows.
bool lane::is_busy_starting() const {
    auto const now = std::chrono::steady_clock::now();
    return in_flight_ * 2 > of_.starts_in_flight_max || next_moment(now) <= now;
}

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

void lane::leave(uuid const& id, waiting_room::leaving how) {
    auto freed = room_.leave(id, how);
    if (freed && !stopping_ && is_open())
        tasks_.spawn("next of one workflow id", bring_next(*std::move(freed)));
}

// What can never be read is left to the next sweep. A sweep may be first, and then sees to the line as well.
asio::awaitable<void> lane::bring_next(std::string workflow_id) {
    co_await asio::this_coro::throw_if_cancelled(false);
    auto next = room_.next_in_line(workflow_id);
    while (next && !stopping_) {
        auto reading = store_.read_delivery(*next);
        auto found = co_await std::move(reading);
        if (!room_.is_awaited(*next, workflow_id)) co_return;
        if (!found && is_retryable(found.error().code)) {
            asio::steady_timer pause{wake_.get_executor(), pause_for_the_store};
            auto waiting = pause.async_wait(quietly);
            co_await std::move(waiting);
            continue;
        }
        if (found && may_be_attempted(found->kept.state) && add_to_room(std::move(found->kept))) co_return;
        next = room_.next_in_line(workflow_id);
    }
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
