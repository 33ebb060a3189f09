#pragma once

#include "core/clock.hpp"
#include "core/deadline.hpp"
#include "core/metrics.hpp"
#include "core/nursery.hpp"
#include "dispatch/circuit.hpp"
#include "dispatch/dispatcher.hpp"
#include "dispatch/exchangeable_target.hpp"
#include "dispatch/follower.hpp"
#include "dispatch/judge.hpp"
#include "dispatch/missing_probe.hpp"
#include "dispatch/pace.hpp"
#include "dispatch/recorder.hpp"
#include "dispatch/rulebook.hpp"
#include "dispatch/settings.hpp"
#include "dispatch/waiting_room.hpp"
#include "model/delivery.hpp"
#include "store/event_store.hpp"
#include "targets/target.hpp"

#include <chrono>
#include <cstddef>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

// One target: what waits for it, and what is being attempted. Lives on the dispatcher's thread.

namespace headgate::dispatch {

struct lane_counters {
    counter& started;
    counter& signalled;
    counter& joined;
    counter& dead;
    counter& held;
    counter& retried;
};

class lane {
public:
    // Keeps references to all but its target's own; all of them outlive it.
    lane(surroundings const& around, settings const& settings, std::shared_ptr<rulebook const> const& rules,
         recorder& records, lane_counters counts, target_settings of,
         std::shared_ptr<targets::target> target);

    // Takes a delivery in state waiting, starting, started or held(unanswered), unless it is here already.
    // What finds no room stays in the store, and is found again by a sweep.
    void add(delivery fresh);

    // The same for one whose order was not read. Would `add` find room for it? When not, note it: it stays in
    // the store, and takes its place in line.
    [[nodiscard]] bool has_room_for(delivery const& bare) const;
    void note(delivery const& bare);

    // Goes by `of` from now on, and to `fresh` where it is not null. What is in flight ends where it began;
    // what waits is left to the store, because its rule may be gone: a sweep is to follow.
    void use(target_settings of, std::shared_ptr<targets::target> fresh);

    // The target is not configured any more: begins nothing until there is one again. What waits is left to
    // the store.
    void close();
    [[nodiscard]] bool is_open() const noexcept { return target_.is_there(); }

    [[nodiscard]] bool takes_no_more() const noexcept { return is_open() && room_.takes_no_more(); }
    [[nodiscard]] bool follows_all_it_can() const noexcept { return !follower_.has_room(); }

    // Somebody was turned away, and there is room for them by now.
    [[nodiscard]] bool wants_sweep() const noexcept;
    void sweep_begins();
    // A sweep ended early, for want of room.
    void more_wait_in_store();

    // Why nothing is attempted now; empty while all is well. Safe from any thread.
    [[nodiscard]] std::string trouble() const { return circuit_.trouble(); }

    // Starts the lane's loops; `stop` begins nothing more, `join` lets attempts in flight end, until
    // `until`, and then gives up on their answers: they may have started, and are asked about by the next
    // life.
    void start();
    void stop();
    [[nodiscard]] asio::awaitable<void> join(deadline until);

private:
    using instant = std::chrono::steady_clock::time_point;

    asio::awaitable<void> run();
    asio::awaitable<void> mark_and_attempt(std::vector<uuid> taken);
    asio::awaitable<void> attempt(uuid id, bool earlier_start_possible);
    asio::awaitable<void> bring_next(std::string workflow_id);

    [[nodiscard]] bool may_wait_here(delivery const& one) const;
    void claim_what_may_run(delivery const& one);
    bool add_to_room(delivery fresh);
    void turn_out();
    std::vector<uuid> take_due();
    void note_where(target_settings const& next);
    void begin_attempt(uuid const& id, bool earlier_start_possible);
    [[nodiscard]] bool hold_if_unknown(uuid const& id);
    void write_down(uuid const& id, decision made);
    [[nodiscard]] circumstances circumstances_now(bool earlier_start_possible);
    [[nodiscard]] instant next_moment(instant now) const;
    [[nodiscard]] bool is_busy_starting() const;
    void put_back(uuid const& id, std::chrono::milliseconds wait);
    void leave(uuid const& id, waiting_room::leaving how);
    void apply(uuid const& id, decision made, bool applied);
    void count(delivery_state state);
    void learn_from(targets::start_answer const& answer);

    settings const& settings_;
    std::shared_ptr<rulebook const> const& rules_;
    store::event_store& store_;
    recorder& records_;
    wall_clock const& clock_;
    lane_counters counts_;
    target_settings of_;
    exchangeable_target target_;
    retry_policy policy_;

    waiting_room room_;
    pace pace_;
    circuit circuit_;
    missing_probe held_;
    follower follower_;
    std::optional<wall_time> moved_at_;  // To another address or namespace.
    std::size_t in_flight_ = 0;
    std::minstd_rand random_{std::random_device{}()};
    asio::steady_timer wake_;
    bool unfollowed_ = false;  // A run found no room to be followed.
    bool stopping_ = false;
    nursery loops_;
    nursery tasks_;
};

// All targets, by name.
using named_lanes = std::map<std::string, std::unique_ptr<lane>, std::less<>>;

}  // namespace headgate::dispatch
