#pragma once

#include "dispatch/dispatcher.hpp"
#include "dispatch/intake.hpp"
#include "dispatch/lane.hpp"
#include "dispatch/settings.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

// Sweeps the store for deliveries that are not final and not in memory: those of an earlier life, those that
// found no room, those that were read in vain.

namespace headgate::dispatch {

class sweeper {
public:
    // Keeps references; all of them outlive it.
    sweeper(surroundings const& around, settings const& settings, named_lanes& lanes, intake& deliveries);

    enum class extent : std::uint8_t {
        while_there_is_room,  // Of targets that have none, nothing is read.
        everything,           // What cannot wait any more is found behind what can.
    };

    // One sweep: takes up everything unfinished, as far as there is room.
    [[nodiscard]] asio::awaitable<void> sweep(extent how);

    // Sweeps until `stop`: regularly, and when a lane that turned deliveries away has room again.
    [[nodiscard]] asio::awaitable<void> run();
    void stop();

    // The configuration changed: what is to be done with deliveries may have too.
    void sweep_soon();

private:
    [[nodiscard]] asio::awaitable<void> take_all(delivery_state state,
                                                 std::function<bool(lane const&)> has_enough);
    [[nodiscard]] asio::awaitable<void> take_page(std::vector<delivery> bare);
    [[nodiscard]] asio::awaitable<std::size_t> read_some(std::vector<delivery> const& bare);
    [[nodiscard]] asio::awaitable<void> change_places(std::vector<delivery>& bare);
    [[nodiscard]] asio::awaitable<void> pause_after(char const* what, error const& why);
    [[nodiscard]] asio::awaitable<void> pause_for(std::chrono::milliseconds wait);

    surroundings const& around_;
    settings const& settings_;
    named_lanes& lanes_;
    intake& deliveries_;
    asio::steady_timer pause_;
    bool is_due_ = true;  // The first sweep looks no further than there is room.
    bool stopping_ = false;
};

}  // namespace headgate::dispatch
