#include "dispatch/circuit.hpp"

#include "core/log.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <limits>
#include <utility>

namespace headgate::dispatch {
namespace {

constexpr auto quietly = asio::as_tuple(asio::use_awaitable);

}  // namespace

circuit::circuit(asio::any_io_executor const& executor, settings const& settings, target_settings const& of,
                 neighbours around)
    : settings_{settings},
      of_{of},
      around_{std::move(around)},
      wake_{executor, asio::steady_timer::time_point::max()} {}

std::size_t circuit::allowed() const noexcept {
    switch (state_) {
        case state::closed: return std::numeric_limits<std::size_t>::max();
        case state::one_may_go: return 1;
        case state::unasked:
        case state::open:
        case state::on_trial: return 0;
    }
    return 0;
}

void circuit::spend(std::size_t starts) {
    if (state_ == state::one_may_go && starts > 0) state_ = state::on_trial;
}

void circuit::give_back() {
    if (state_ == state::on_trial) state_ = state::one_may_go;
}

void circuit::begin_anew() {
    ++turn_;
    state_ = state::unasked;
    back_at_ = around_.clock.now();
    set_trouble({});
    probe_at_ = {};
    wake_.cancel();
}

void circuit::learn_anew() {
    if (!is_closed()) return;
    probe_at_ = {};
    wake_.cancel();
}

void circuit::found_well() {
    if (state_ == state::on_trial) close();
}

void circuit::found_away(std::string why) {
    if (state_ == state::open) return;
    if (state_ == state::closed || state_ == state::unasked) {
        log(log_level::warning, "a target is away; its deliveries wait",
            {{"target", of_.name}, {"why", why}});
    }
    state_ = state::open;
    set_trouble(std::move(why));
    // What an attempt just found out is not asked again at once: a probe may well succeed where starts do
    // not.
    probe_at_ = std::chrono::steady_clock::now() + settings_.probe_every;
    wake_.cancel();
}

void circuit::close() {
    log(log_level::info, "a target is back", {{"target", of_.name}});
    state_ = state::closed;
    back_at_ = around_.clock.now();
    set_trouble({});
    around_.changed();
}

std::optional<wall_time> circuit::back_at() const {
    return is_closed() ? back_at_ : around_.clock.now();
}

std::string circuit::trouble() const {
    std::lock_guard const hold{trouble_guard_};
    return trouble_;
}

void circuit::set_trouble(std::string why) {
    std::lock_guard const hold{trouble_guard_};
    trouble_ = std::move(why);
}

asio::awaitable<void> circuit::run() {
    co_await asio::this_coro::throw_if_cancelled(false);
    while (!stopping_) {
        if (std::chrono::steady_clock::now() >= probe_at_) {
            auto asking = ask();
            co_await std::move(asking);
            continue;
        }
        wake_.expires_at(probe_at_);
        auto waiting = wake_.async_wait(quietly);
        co_await std::move(waiting);
    }
}

asio::awaitable<void> circuit::ask() {
    probe_at_ = instant::max();
    auto const turn = turn_;
    auto probing = around_.target.probe(from_now(of_.temporal.attempt_within));
    auto const there = co_await std::move(probing);
    if (stopping_ || turn != turn_) co_return;
    probe_at_ = std::chrono::steady_clock::now() + settings_.probe_every;
    // Whoever says that the namespace is missing is there: the attempt learns the same, and is held.
    bool const is_away = !there && there.error().code != errc::not_found;
    if (is_away && is_closed()) {  // Starts tell whether it takes work. It was asked for its limits alone.
        log_sparingly(log_level::warning, "a target does not tell its limits",
                      {{"target", of_.name}, {"why", there.error().message}});
        co_return;
    }
    if (is_away) {
        found_away(there.error().message);
        co_return;
    }
    if (state_ == state::unasked) {
        state_ = state::closed;
        around_.changed();
    }
    if (there && is_closed()) probe_at_ = std::chrono::steady_clock::now() + settings_.learn_every;
    // The room may have emptied since one was let go: then nobody is left to go on trial.
    bool const waits_for_a_trial = state_ == state::open || state_ == state::one_may_go;
    if (!waits_for_a_trial) co_return;
    if (around_.nothing_waits()) {
        close();
        co_return;
    }
    state_ = state::one_may_go;
    around_.changed();
}

void circuit::stop() {
    stopping_ = true;
    wake_.cancel();
}

}  // namespace headgate::dispatch
