#include "dispatch/lane.hpp"

#include "core/log.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <utility>

namespace headgate::dispatch {
namespace {

constexpr auto quietly = asio::as_tuple(asio::use_awaitable);
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
             .may_try = [this] { return is_open() && circuit_.is_closed(); },
             .add = [this](delivery released) { return add_to_room(std::move(released)); },
             .more_wait = [this] { room_.more_wait_in_store(); }}},
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
    if (!may_be_attempted(fresh.state)) return note(fresh);
    claim_what_may_run(fresh);
    static_cast<void>(add_to_room(std::move(fresh)));
}

bool lane::has_room_for(delivery const& bare) const {
    return may_be_attempted(bare.state) && may_wait_here(bare) && room_.has_room_for(bare);
}

void lane::note(delivery const& bare) {
    if (bare.state == delivery_state::started) {
        if (!follower_.add(bare)) unfollowed_ = true;
        return;
    }
    claim_what_may_run(bare);
    if (may_be_attempted(bare.state) && may_wait_here(bare)) room_.note(bare);
}

void lane::claim_what_may_run(delivery const& one) {
    bool const may_run = one.state == delivery_state::starting || one.held_because == hold_cause::unanswered;
    if (may_run) room_.claim(one.order.workflow_id, one.id);
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
    if (room_.takes_no_more()) room_.more_wait_in_store();
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
    if (!is_open() || records_.is_behind()) return taken;
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
    if (records_.is_behind()) return now + pause_for_the_store;
    return std::max(due, pace_.next(now));
}

// More could be started than is: by us, not by what the target allows.
bool lane::is_busy_starting() const {
    auto const now = std::chrono::steady_clock::now();
    return in_flight_ * 2 > of_.starts_in_flight_max || next_moment(now) <= now;
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

}  // namespace headgate::dispatch
