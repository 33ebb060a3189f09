#include "dispatch/missing_probe.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

namespace headgate::dispatch {
namespace {

constexpr auto quietly = asio::as_tuple(asio::use_awaitable);
constexpr std::size_t page = 500;

store::transition release_of(uuid const& held) {
    return {.delivery = held, .from = delivery_state::held, .to = delivery_state::waiting};
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
    auto finding = next_of_ours();
    auto const one = co_await std::move(finding);
    if (!one) co_return;
    tried_ = *one;
    auto recording = around_.store.record({release_of(*one)});
    auto const released = co_await std::move(recording);
    if (!released || !released->front()) co_return;
    trying_ = *one;
    auto taking = take_along(*one);
    bool const is_tried = co_await std::move(taking);
    if (!is_tried && trying_ == *one) trying_.reset();
}

// The one behind the last that was tried. Pages may be full of what is held for another reason.
asio::awaitable<std::optional<uuid>> missing_probe::next_of_ours() {
    do {
        auto reading =
            around_.store.unfinished({.state = delivery_state::held}, {.cursor = cursor_, .limit = page});
        auto const held = co_await std::move(reading);
        if (!held) co_return std::nullopt;
        auto const one = std::ranges::find_if(held->items, [this](delivery const& each) {
            return is_ours(each) && (!tried_ || each.id > *tried_);
        });
        if (one != held->items.end()) co_return one->id;
        cursor_ = held->next;
    } while (!cursor_.empty() && !stopping_);
    tried_.reset();  // That was the last page: from the beginning again.
    co_return std::nullopt;
}

// What cannot be read is left to a sweep.
asio::awaitable<bool> missing_probe::take_along(uuid released) {
    auto reading = around_.store.read_orders({released}, 1);
    auto found = co_await std::move(reading);
    bool const is_here =
        found && !found->empty() && found->front() && found->front()->state == delivery_state::waiting;
    if (!is_here) co_return false;
    co_return around_.add(*std::move(found->front()));
}

bool missing_probe::went_through(uuid const& id, std::optional<delivery_state> now) {
    if (trying_ != id || now == delivery_state::waiting || now == delivery_state::starting) return false;
    trying_.reset();
    return now && *now != delivery_state::held;
}

asio::awaitable<void> missing_probe::release_all() {
    std::string cursor;
    do {
        auto reading =
            around_.store.unfinished({.state = delivery_state::held}, {.cursor = cursor, .limit = page});
        auto held = co_await std::move(reading);
        if (!held) co_return;
        cursor = std::move(held->next);
        std::erase_if(held->items, [this](delivery const& each) { return !is_ours(each); });
        if (held->items.empty()) continue;
        std::vector<store::transition> changes;
        std::ranges::transform(held->items, std::back_inserter(changes), release_of, &delivery::id);
        auto recording = around_.store.record(std::move(changes));
        auto const released = co_await std::move(recording);
        if (!released) co_return;
        around_.more_wait();
    } while (!cursor.empty() && !stopping_);
}

void missing_probe::stop() {
    stopping_ = true;
    wake_.cancel();
}

}  // namespace headgate::dispatch
