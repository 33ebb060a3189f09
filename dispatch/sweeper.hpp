#pragma once

#include "dispatch/dispatcher.hpp"
#include "dispatch/intake.hpp"
#include "dispatch/lane.hpp"
#include "dispatch/settings.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <functional>
#include <vector>

// Sweeps the store for deliveries that are not final and not in memory: those of an earlier life, those that
// found no room, those that were read in vain.

namespace headgate::dispatch {

class sweeper {
public:
    // Keeps references; all of them outlive it.
    sweeper(surroundings const& around, settings const& settings, named_lanes& lanes, intake& deliveries);

    // One sweep: takes up everything unfinished, as far as there is room.
    [[nodiscard]] asio::awaitable<void> sweep();

    // Sweeps until `stop`: regularly, and when a lane that turned deliveries away has room again.
    [[nodiscard]] asio::awaitable<void> run();
    void stop();

    // The configuration changed: what is to be done with deliveries may have too.
    void sweep_soon();

private:
    [[nodiscard]] asio::awaitable<void> take_all(std::vector<delivery_state> states,
                                                 std::function<bool(lane const&)> has_enough);
    [[nodiscard]] asio::awaitable<void> pause_for(std::chrono::milliseconds wait);

    surroundings const& around_;
    settings const& settings_;
    named_lanes& lanes_;
    intake& deliveries_;
    asio::steady_timer pause_;
    bool is_due_ = false;
    bool stopping_ = false;
};

}  // namespace headgate::dispatch
