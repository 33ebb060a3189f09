#include "dispatch/sweeper.hpp"

#include "core/log.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <optional>
#include <utility>

namespace headgate::dispatch {
namespace {

constexpr auto quietly = asio::as_tuple(asio::use_awaitable);
constexpr std::size_t page = 500;  // Or fewer: the store bounds the bytes.
constexpr std::chrono::milliseconds pause_after_trouble{500};
constexpr std::chrono::milliseconds look_for_room_every{1'000};

}  // namespace

sweeper::sweeper(surroundings const& around, settings const& settings, named_lanes& lanes, intake& deliveries)
    : around_{around}, settings_{settings}, lanes_{lanes}, deliveries_{deliveries}, pause_{around.executor} {}

// First those whose start may have happened: their workflow ids are nobody else's.
asio::awaitable<void> sweeper::sweep() {
    for (auto& [name, each] : lanes_) each->sweep_begins();
    auto unknown =
        take_all({delivery_state::starting, delivery_state::held}, [](lane const&) { return false; });
    co_await std::move(unknown);
    auto waiting = take_all({delivery_state::waiting}, [](lane const& each) { return each.is_full(); });
    co_await std::move(waiting);
    auto started =
        take_all({delivery_state::started}, [](lane const& each) { return each.follows_all_it_can(); });
    co_await std::move(started);
}

asio::awaitable<void> sweeper::take_all(std::vector<delivery_state> states,
                                        std::function<bool(lane const&)> has_enough) {
    std::optional<uuid> after;
    while (!stopping_) {
        auto const all_have_enough = !lanes_.empty() && std::ranges::all_of(lanes_, [&](auto const& each) {
            return has_enough(*each.second);
        });
        if (all_have_enough) {
            for (auto& [name, each] : lanes_) each->more_wait_in_store();
            co_return;
        }
        auto reading = around_.store.unfinished(states, after, page);
        auto found = co_await std::move(reading);
        if (!found) {
            log_sparingly(log_level::error, "could not read unfinished deliveries",
                          {{"error", found.error().message}});
            if (found.error().code == errc::not_found) after.reset();  // Retention took the row we stood on.
            auto pausing = pause_for(pause_after_trouble);
            co_await std::move(pausing);
            continue;
        }
        if (found->empty()) co_return;
        after = found->back().id;
        for (auto& each : *found) {
            if (each.order.workflow_id.empty() && each.state == delivery_state::waiting) {
                auto rendering = deliveries_.take_up(each.id);
                co_await std::move(rendering);
            } else {
                deliveries_.take(std::move(each));
            }
        }
    }
}

asio::awaitable<void> sweeper::run() {
    co_await asio::this_coro::throw_if_cancelled(false);
    auto next = std::chrono::steady_clock::now() + settings_.sweep_every;
    while (!stopping_) {
        if (!is_due_) {
            auto pausing = pause_for(std::min(settings_.sweep_every, look_for_room_every));
            co_await std::move(pausing);
        }
        if (stopping_) co_return;
        bool const has_room =
            std::ranges::any_of(lanes_, [](auto const& each) { return each.second->wants_sweep(); });
        bool const is_due = std::exchange(is_due_, false) || std::chrono::steady_clock::now() >= next;
        if (!has_room && !is_due) continue;
        auto sweeping = sweep();
        co_await std::move(sweeping);
        next = std::chrono::steady_clock::now() + settings_.sweep_every;
    }
}

asio::awaitable<void> sweeper::pause_for(std::chrono::milliseconds wait) {
    pause_.expires_after(wait);
    auto waiting = pause_.async_wait(quietly);
    co_await std::move(waiting);
}

void sweeper::sweep_soon() {
    is_due_ = true;
    pause_.cancel();
}

void sweeper::stop() {
    stopping_ = true;
    pause_.cancel();
}

}  // namespace headgate::dispatch
