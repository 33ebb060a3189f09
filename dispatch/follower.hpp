#pragma once

#include "core/clock.hpp"
#include "core/nursery.hpp"
#include "dispatch/recorder.hpp"
#include "dispatch/settings.hpp"
#include "model/delivery.hpp"
#include "targets/target.hpp"

#include <chrono>
#include <cstddef>
#include <functional>
#include <map>
#include <set>

// Follows the runs of one target to their ends.

namespace headgate::dispatch {

class follower {
public:
    // `starting_is_busy`: starts go before looks, which then go one at a time.
    follower(asio::any_io_executor const& executor, settings const& settings, targets::target& target,
             recorder& records, wall_clock const& clock, std::function<bool()> starting_is_busy);

    // Takes a delivery in state `started`; keeps its ids only. False when there is no room: it is found again
    // later.
    bool add(delivery const& started);

    [[nodiscard]] bool has_room() const noexcept {
        return followed_.size() < settings_.follows_in_memory_max;
    }

    // Enough to be worth a search for runs that found none.
    [[nodiscard]] bool has_much_room() const noexcept {
        return followed_.size() <= settings_.follows_in_memory_max / 10 * 9;
    }

    // Looks at runs until cancelled.
    [[nodiscard]] asio::awaitable<void> run();
    void stop();
    [[nodiscard]] asio::awaitable<void> join();

private:
    using instant = std::chrono::steady_clock::time_point;
    struct run_of {
        delivery kept;
        std::chrono::milliseconds pause;
    };

    [[nodiscard]] std::size_t looks_at_once() const;
    asio::awaitable<void> look_at(uuid id);
    void look_again(uuid const& id);
    void ended(uuid const& id, store::transition change);

    settings const& settings_;
    targets::target& target_;
    recorder& records_;
    wall_clock const& clock_;
    std::function<bool()> starting_is_busy_;
    asio::steady_timer wake_;
    std::map<uuid, run_of> followed_;
    std::set<std::pair<instant, uuid>> due_;
    std::size_t looking_ = 0;
    bool stopping_ = false;
    nursery looks_;
};

}  // namespace headgate::dispatch
