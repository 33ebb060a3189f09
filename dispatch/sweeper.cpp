#include "dispatch/sweeper.hpp"

#include "core/log.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <utility>

namespace headgate::dispatch {
namespace {

constexpr auto quietly = asio::as_tuple(asio::use_awaitable);
constexpr std::size_t page = 500;
constexpr std::chrono::milliseconds pause_after_trouble{500};
constexpr std::chrono::milliseconds look_for_room_every{1'000};

// Else its rule failed, and today's rule is to make one.
bool has_an_order(delivery const& one) {
    return one.state != delivery_state::waiting || !one.order.workflow_id.empty();
}

}  // namespace

sweeper::sweeper(surroundings const& around, settings const& settings, named_lanes& lanes, intake& deliveries)
    : around_{around}, settings_{settings}, lanes_{lanes}, deliveries_{deliveries}, pause_{around.executor} {}

// First those whose start may have happened: their workflow ids are nobody else's.
asio::awaitable<void> sweeper::sweep(extent how) {
    for (auto& [name, each] : lanes_) each->sweep_begins();
    auto const nobody = [](lane const&) { return false; };
    for (auto const state : {delivery_state::starting, delivery_state::held}) {
        auto unknown = take_all(state, nobody);
        co_await std::move(unknown);
    }
    auto const full = [how](lane const& each) {
        return how == extent::while_there_is_room && each.takes_no_more();
    };
    auto waiting = take_all(delivery_state::waiting, full);
    co_await std::move(waiting);
    auto started =
        take_all(delivery_state::started, [](lane const& each) { return each.follows_all_it_can(); });
    co_await std::move(started);
}

asio::awaitable<void> sweeper::take_all(delivery_state state, std::function<bool(lane const&)> has_enough) {
    store::page_request which{.cursor = {}, .limit = page};
    while (!stopping_) {
        store::unfinished_filter filter{.state = state};
        for (auto& [name, each] : lanes_) {
            if (!has_enough(*each)) continue;
            each->more_wait_in_store();
            filter.targets_left_out.insert(name);
        }
        if (!lanes_.empty() && filter.targets_left_out.size() == lanes_.size()) co_return;
        auto reading = around_.store.unfinished(std::move(filter), which);
        auto found = co_await std::move(reading);
        if (!found) {
            auto pausing = pause_after("could not read unfinished deliveries", found.error());
            co_await std::move(pausing);
            continue;
        }
        auto taking = take_page(std::move(found->items));
        co_await std::move(taking);
        if (found->next.empty()) co_return;
        which.cursor = std::move(found->next);
    }
}

// What will be sent is read for those only that find room with it: the others are millions, perhaps.
asio::awaitable<void> sweeper::take_page(std::vector<delivery> bare) {
    std::vector<uuid> unrendered;
    std::erase_if(bare, [&](delivery const& each) {
        if (has_an_order(each)) return false;
        unrendered.push_back(each.id);
        return true;
    });
    auto changing = change_places(bare);
    co_await std::move(changing);
    while (!bare.empty() && !stopping_) {
        std::erase_if(bare, [this](delivery const& each) {
            if (deliveries_.has_room_for(each)) return false;
            deliveries_.note(each);
            return true;
        });
        auto reading = read_some(bare);
        auto const looked_at = co_await std::move(reading);
        bare.erase(bare.begin(), bare.begin() + static_cast<std::ptrdiff_t>(looked_at));
    }
    for (auto const& id : unrendered) {
        while (deliveries_.is_behind() && !stopping_) {
            auto pausing = pause_for(pause_after_trouble);
            co_await std::move(pausing);
        }
        if (stopping_) co_return;
        auto rendering = deliveries_.take_up(id);
        co_await std::move(rendering);
    }
}

// A page at a time: what waits for a removed rule may be millions. What is released is found again with all
// that waits. Takes them out of the page, which it borrows.
asio::awaitable<void> sweeper::change_places(std::vector<delivery>& bare) {
    std::vector<store::transition> changes;
    std::erase_if(bare, [&](delivery const& each) {
        auto change = deliveries_.change_of_place(each);
        if (!change) return false;
        changes.push_back(*std::move(change));
        return true;
    });
    while (!changes.empty() && !stopping_) {
        auto recording = around_.store.record(changes);
        auto const recorded = co_await std::move(recording);
        if (recorded) co_return;
        auto pausing = pause_after("could not hold or release deliveries", recorded.error());
        co_await std::move(pausing);
    }
}

// How many of them, from the first on, are seen to. Borrows the page.
asio::awaitable<std::size_t> sweeper::read_some(std::vector<delivery> const& bare) {
    if (bare.empty()) co_return 0;
    std::vector<uuid> ids;
    std::ranges::transform(bare, std::back_inserter(ids), &delivery::id);
    auto reading = around_.store.read_orders(std::move(ids), bare.size());
    auto found = co_await std::move(reading);
    if (!found) {
        auto pausing = pause_after("could not read unfinished deliveries", found.error());
        co_await std::move(pausing);
        co_return 0;
    }
    for (auto& each : *found) {
        if (each) deliveries_.take(*std::move(each));
    }
    co_return found->size();
}

asio::awaitable<void> sweeper::pause_after(char const* what, error const& why) {
    log_sparingly(log_level::error, what, {{"error", why.message}});
    return pause_for(pause_after_trouble);
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
        bool const is_asked = std::exchange(is_due_, false);
        bool const is_due = is_asked || std::chrono::steady_clock::now() >= next;
        if (!has_room && !is_due) continue;
        auto sweeping = sweep(is_asked ? extent::everything : extent::while_there_is_room);
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
