#pragma once

#include "core/clock.hpp"
#include "dispatch/settings.hpp"
#include "targets/target.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>

// Whether a target is there at all.
//
// Nothing goes before the first probe has answered: only then is it known how long the target keeps runs, and
// so which starts it may have forgotten. Closed: starts go. Open: nothing goes but a probe once in a while. A
// probe that succeeds lets one start through on trial, because a target that answers questions may still take
// no work; what comes of that one closes the circuit or opens it again. Lives on the dispatcher's thread.

namespace headgate::dispatch {

class circuit {
public:
    // What it needs of its lane. `changed` is called when more may go than before.
    struct neighbours {
        targets::target& target;
        wall_clock const& clock;
        std::function<bool()> nothing_waits;
        std::function<void()> changed;
    };

    circuit(asio::any_io_executor const& executor, settings const& settings, target_settings const& of,
            neighbours around);

    // Starts that may go now, as far as the circuit is concerned.
    [[nodiscard]] std::size_t allowed() const noexcept;
    // Of those, some go; and one that was to go does not after all.
    void spend(std::size_t starts);
    void give_back();

    // Another target took the place of the one that was asked so far.
    void begin_anew();

    // Something that was missing on the target is there: its limits may be others by now.
    void learn_anew();

    // What an attempt said about the target.
    void found_well();
    void found_away(std::string why);

    [[nodiscard]] bool is_closed() const noexcept { return state_ == state::closed; }

    // Since when the target has been there; now, while it is away: time away is nobody's age.
    [[nodiscard]] std::optional<wall_time> back_at() const;

    // Why nothing goes; empty while closed. Safe from any thread.
    [[nodiscard]] std::string trouble() const;

    // Probes until `stop`: at once, to learn the target's limits, then while it is away or its namespace is
    // missing, and once in a while when it is well, because its limits may change.
    [[nodiscard]] asio::awaitable<void> run();
    void stop();

private:
    using instant = std::chrono::steady_clock::time_point;
    enum class state : std::uint8_t { unasked, closed, open, one_may_go, on_trial };

    [[nodiscard]] asio::awaitable<void> ask();
    void close();
    void set_trouble(std::string why);

    settings const& settings_;
    target_settings const& of_;
    neighbours around_;
    asio::steady_timer wake_;
    instant probe_at_{};
    state state_ = state::unasked;
    std::uint64_t turn_ = 0;            // Of targets: what an earlier one's probe says is no news.
    std::optional<wall_time> back_at_;  // When it last closed.
    bool stopping_ = false;
    mutable std::mutex trouble_guard_;
    std::string trouble_;
};

}  // namespace headgate::dispatch
