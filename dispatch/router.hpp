#pragma once

#include "core/metrics.hpp"
#include "dispatch/dispatcher.hpp"
#include "dispatch/intake.hpp"
#include "dispatch/rulebook.hpp"
#include "dispatch/settings.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <cstddef>
#include <memory>
#include <vector>

// Routes events: takes the next ones in their order, matches the rules, and records what they make of them.

namespace headgate::dispatch {

class router {
public:
    // Keeps references; all of them outlive it.
    router(surroundings const& around, settings const& settings, std::shared_ptr<rulebook const> const& rules,
           intake& deliveries);

    // Routes until `stop` and a cancellation: the store may be waiting for an event.
    [[nodiscard]] asio::awaitable<void> run();
    void stop();

    // Matches an event that was routed before against today's schema and rules: those that have no delivery
    // of it make theirs, with all its items. Refused while it waits for its turn; with the store's error
    // nothing was recorded.
    [[nodiscard]] asio::awaitable<result<void>> route_again(uuid id);

private:
    [[nodiscard]] asio::awaitable<void> route_all(std::vector<event> events);
    [[nodiscard]] asio::awaitable<void> record(std::vector<store::routing> done);
    [[nodiscard]] asio::awaitable<void> record_one_by_one(std::vector<store::routing> done);
    [[nodiscard]] counter& counter_of(event_state state);
    void recorded(std::vector<store::routing> const& done, std::vector<delivery> made);
    [[nodiscard]] asio::awaitable<void> yield_after(std::chrono::steady_clock::duration worked);
    [[nodiscard]] asio::awaitable<void> pause_for(std::chrono::milliseconds wait);

    surroundings const& around_;
    settings const& settings_;
    std::shared_ptr<rulebook const> const& rules_;
    intake& deliveries_;
    counter& routed_;
    counter& unmatched_;
    counter& quarantined_;
    counter& passed_over_;
    counter& dead_;  // Deliveries whose rule failed.
    asio::steady_timer pause_;
    std::chrono::steady_clock::duration worked_{};  // On this batch; the store's trouble is not its work.
    bool stopping_ = false;
    std::vector<std::byte> scratch_bytes_ = std::vector<std::byte>(256 * 1024);
    json::arena scratch_{scratch_bytes_.data(), scratch_bytes_.size()};
};

}  // namespace headgate::dispatch
