#pragma once

#include "core/clock.hpp"
#include "core/metrics.hpp"
#include "core/nursery.hpp"
#include "dispatch/follower.hpp"
#include "dispatch/judge.hpp"
#include "dispatch/recorder.hpp"
#include "dispatch/settings.hpp"
#include "model/delivery.hpp"
#include "store/event_store.hpp"
#include "targets/target.hpp"

#include <atomic>
#include <chrono>
#include <cstddef>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

// One target: what waits for it, what is being attempted, and whether it is there at all.
//
// Lives on the dispatcher's thread. A target that is down is one open circuit with one probe: its deliveries
// stay `waiting` without attempts. Of the deliveries with one workflow id only one is attempted at a time.

namespace headgate::dispatch {

struct lane_counters {
    counter& started;
    counter& joined;
    counter& dead;
    counter& held;
    counter& retried;
};

class lane {
public:
    lane(asio::any_io_executor executor, settings const& settings, target_settings of,
         std::unique_ptr<targets::target> target, store::event_store& store, recorder& records,
         wall_clock const& clock, lane_counters counts);

    // Takes a delivery in state waiting, starting, started or held(unanswered), unless it is here already.
    // False when there is no room: it stays in the store and is found again later.
    bool add(delivery fresh);

    [[nodiscard]] std::string const& name() const noexcept { return of_.name; }
    [[nodiscard]] bool has_room() const noexcept {
        return waiting_.size() < settings_.deliveries_in_memory_max;
    }
    [[nodiscard]] bool is_half_empty() const noexcept {
        return waiting_.size() * 2 <= settings_.deliveries_in_memory_max && follower_.has_room();
    }

    // Why nothing is attempted now; empty while the circuit is closed. Safe from any thread.
    [[nodiscard]] std::string trouble() const;

    // Starts the lane's loops; `stop` lets attempts in flight end, `join` waits for that.
    void start();
    void stop();
    [[nodiscard]] asio::awaitable<void> join();

private:
    using instant = std::chrono::steady_clock::time_point;

    asio::awaitable<void> run();
    asio::awaitable<void> mark_and_attempt(std::vector<uuid> taken);
    asio::awaitable<void> attempt(uuid id, bool earlier_start_possible);
    asio::awaitable<void> watch_circuit();
    asio::awaitable<void> probe_held();
    asio::awaitable<void> release_all_held();

    std::vector<uuid> take_due();
    std::size_t tokens(instant now);
    instant next_moment(instant now) const;
    void put_back(uuid const& id, std::chrono::milliseconds wait);
    void apply(uuid const& id, decision made, bool applied);
    void free_workflow_id(delivery const& holder);
    void resolve(uuid const& id);
    void count(delivery_state state);
    void slow_down(targets::start_answer const& answer);
    void open_circuit(std::string why);
    void close_circuit();

    asio::any_io_executor executor_;
    settings const& settings_;
    target_settings of_;
    std::unique_ptr<targets::target> target_;
    store::event_store& store_;
    recorder& records_;
    wall_clock const& clock_;
    lane_counters counts_;
    retry_policy policy_;

    std::map<uuid, delivery> waiting_;        // All that is not started yet, attempted now or not.
    std::set<std::pair<instant, uuid>> due_;  // Of those, what is not being attempted.
    std::unordered_map<std::string, uuid>
        busy_;  // Workflow id -> the one delivery that is unresolved with it.
    std::size_t in_flight_ = 0;
    double tokens_ = 1;
    instant tokens_at_ = std::chrono::steady_clock::now();
    std::minstd_rand random_{std::random_device{}()};

    instant paused_until_{};

    asio::steady_timer wake_;
    asio::steady_timer probe_;
    asio::steady_timer slow_probe_;
    std::atomic<bool> circuit_open_{false};
    mutable std::mutex trouble_guard_;
    std::string trouble_;
    instant probe_at_{};  // When the target is asked next; at the start once, to learn its limits.
    std::optional<wall_time> back_at_;  // When the circuit last closed.
    std::optional<uuid>
        probed_through_;  // The held delivery that was looked at last: the next one takes its turn.
    uuid probing_held_;   // The one held delivery that was let go to try; zero without one.
    bool stopping_ = false;
    follower follower_;
    nursery tasks_;
};

}  // namespace headgate::dispatch
