#include "dispatch/missing_probe.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <utility>

namespace headgate::dispatch {
namespace {

constexpr auto quietly = asio::as_tuple(asio::use_awaitable);
constexpr std::size_t page = 500;  // Or fewer: the store bounds the bytes.

store::transition release_of(delivery const& held) {
    return {.delivery = held.id, .from = delivery_state::held, .to = delivery_state::waiting};
}

}  // namespace

missing_probe::missing_probe(asio::any_io_executor const& executor, settings const& settings,
                             std::string target, neighbours around)
    : settings_{settings},
      target_{std::move(target)},
      around_{std::move(around)},
      wake_{executor, asio::steady_timer::time_point::max()} {}

bool missing_probe::is_ours(delivery const& held) const {
    return held.order.target == target_ && held.held_because == hold_cause::missing;
}

asio::awaitable<void> missing_probe::run() {
    co_await asio::this_coro::throw_if_cancelled(false);
    while (!stopping_) {
        wake_.expires_after(settings_.probe_every * 12);
        auto waiting = wake_.async_wait(quietly);
        co_await std::move(waiting);
        if (stopping_) co_return;
        if (trying_ || !around_.may_try()) continue;
        auto trying = let_one_go();
        co_await std::move(trying);
    }
}

asio::awaitable<void> missing_probe::let_one_go() {
    auto reading = around_.store.unfinished({delivery_state::held}, tried_through_, page);
    auto held = co_await std::move(reading);
    if (!held || held->empty()) {
        tried_through_.reset();
        co_return;
    }
    auto const one = std::ranges::find_if(*held, [this](auto const& each) { return is_ours(each); });
    tried_through_ = one == held->end() ? held->back().id : one->id;
    if (one == held->end()) co_return;
    auto recording = around_.store.record({release_of(*one)});
    auto const released = co_await std::move(recording);
    if (!released || !released->front()) co_return;
    trying_ = one->id;
    take_along({std::move(*one)}, *released);
}

bool missing_probe::went_through(uuid const& id, std::optional<delivery_state> now) {
    if (trying_ != id || now == delivery_state::waiting || now == delivery_state::starting) return false;
    trying_.reset();
    return now && *now != delivery_state::held;
}

asio::awaitable<void> missing_probe::release_all() {
    std::optional<uuid> after;
    while (!stopping_) {
        auto reading = around_.store.unfinished({delivery_state::held}, after, page);
        auto held = co_await std::move(reading);
        if (!held || held->empty()) co_return;
        after = held->back().id;
        std::erase_if(*held, [this](delivery const& each) { return !is_ours(each); });
        if (held->empty()) continue;
        std::vector<store::transition> changes;
        std::ranges::transform(*held, std::back_inserter(changes), release_of);
        auto recording = around_.store.record(std::move(changes));
        auto const released = co_await std::move(recording);
        if (!released) co_return;
        take_along(*std::move(held), *released);
    }
}

void missing_probe::take_along(std::vector<delivery> held, std::vector<bool> const& released) {
    for (std::size_t i = 0; i < held.size(); ++i) {
        if (!released[i]) continue;
        held[i].state = delivery_state::waiting;
        held[i].held_because = hold_cause::none;
        held[i].began_at = held[i].due_at = around_.clock.now();
        auto const id = held[i].id;
        if (!around_.add(std::move(held[i])) && trying_ == id) trying_.reset();
    }
}

void missing_probe::stop() {
    stopping_ = true;
    wake_.cancel();
}

}  // namespace headgate::dispatch
