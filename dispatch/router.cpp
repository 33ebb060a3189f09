#include "dispatch/router.hpp"

#include "core/log.hpp"
#include "dispatch/recorder.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <string>
#include <utility>

namespace headgate::dispatch {
namespace {

constexpr auto quietly = asio::as_tuple(asio::use_awaitable);
constexpr std::chrono::milliseconds pause_after_trouble{500};
constexpr std::chrono::milliseconds yield_longest{20};
constexpr std::chrono::seconds pause_longest{10};  // After one batch.

counter& events_counter(metrics& counts, char const* result) {
    return counts.make_counter("headgate_events_routed_total", "Events matched against the rules.",
                               {{"result", result}});
}

std::size_t bytes_of(store::routing const& made) {
    std::size_t bytes = 0;
    for (auto const& each : made.deliveries) bytes += headgate::bytes_of(each);
    return bytes;
}

// An event that stayed `accepted` would be in the way of retention for ever.
store::routing quarantine(sequence_number sequence, error const& why) {
    log(log_level::error, "an event is quarantined: what routing made of it cannot be recorded",
        {{"sequence", std::to_string(sequence)}, {"error", why.message}});
    return {.sequence = sequence,
            .state = event_state::quarantined,
            .reason = "what routing made of it cannot be recorded: " + why.message,
            .deliveries = {},
            .rule_texts = {}};
}

// Those that made something of it which could be started. One that only failed decides anew whether those
// behind it are looked at.
rule_names rules_that_have_it(std::vector<store::delivery_record> const& known) {
    rule_names names;
    for (auto const& [kept, attempts, revivals] : known) {
        if (!kept.order.workflow_id.empty()) names.insert(kept.rule);
    }
    return names;
}

}  // namespace

router::router(surroundings const& around, settings const& settings,
               std::shared_ptr<rulebook const> const& rules, intake& deliveries)
    : around_{around},
      settings_{settings},
      rules_{rules},
      deliveries_{deliveries},
      routed_{events_counter(around.counts, "routed")},
      unmatched_{events_counter(around.counts, "unmatched")},
      quarantined_{events_counter(around.counts, "quarantined")},
      passed_over_{events_counter(around.counts, "passed_over")},
      dead_{ended_counter(around.counts, delivery_state::dead)},
      pause_{around.executor} {}

asio::awaitable<void> router::run() {
    co_await asio::this_coro::throw_if_cancelled(false);
    while (!stopping_) {
        auto leasing = around_.store.lease_events(settings_.route_batch_max);
        auto events = co_await std::move(leasing);
        if (stopping_) co_return;
        if (!events) {
            auto pausing = pause_for(pause_after_trouble);
            co_await std::move(pausing);
            continue;
        }
        worked_ = {};
        auto routing = route_all(*std::move(events));
        co_await std::move(routing);
        auto yielding = yield_after(worked_);
        co_await std::move(yielding);
    }
}

// In parts, because a small event can make much.
asio::awaitable<void> router::route_all(std::vector<event> events) {
    std::vector<store::routing> part;
    std::size_t bytes = 0;
    for (auto const& each : events) {
        auto const began = std::chrono::steady_clock::now();
        auto made = route(each, *rules_, scratch_, around_.clock.now());
        scratch_.release();
        worked_ += std::chrono::steady_clock::now() - began;
        auto const more = bytes_of(made);
        if (!part.empty() && bytes + more > settings_.route_bytes_max) {
            auto recording = record(std::exchange(part, {}));
            co_await std::move(recording);
            if (stopping_) co_return;
            bytes = 0;
        }
        bytes += more;
        part.push_back(std::move(made));
    }
    auto recording = record(std::move(part));
    co_await std::move(recording);
}

// Until the store has taken it: no event is passed over that the store could ever take.
asio::awaitable<void> router::record(std::vector<store::routing> done) {
    while (!stopping_) {
        auto const began = std::chrono::steady_clock::now();
        auto recording = around_.store.record_routing(done);
        auto made = co_await std::move(recording);
        if (made) {
            worked_ += std::chrono::steady_clock::now() - began;
            recorded(done, *std::move(made));
            co_return;
        }
        auto const why = made.error();
        log_sparingly(log_level::error, "the store refused what routing made", {{"error", why.message}});
        if (!is_retryable(why.code)) {
            if (done.size() > 1) {
                auto separately = record_one_by_one(std::move(done));
                co_await std::move(separately);
                co_return;
            }
            if (done.front().state == event_state::quarantined) {
                log(log_level::error, "an event that can never be routed was passed over",
                    {{"sequence", std::to_string(done.front().sequence)}, {"error", why.message}});
                passed_over_.add();
                co_return;
            }
            done.front() = quarantine(done.front().sequence, why);
            continue;
        }
        auto pausing = pause_for(pause_after_trouble);
        co_await std::move(pausing);
    }
}

// So that one that can never be recorded stops no other.
asio::awaitable<void> router::record_one_by_one(std::vector<store::routing> done) {
    for (auto& each : done) {
        std::vector<store::routing> alone;
        alone.push_back(std::move(each));
        auto recording = record(std::move(alone));
        co_await std::move(recording);
    }
}

void router::recorded(std::vector<store::routing> const& done, std::vector<delivery> made) {
    for (auto const& each : done) counter_of(each.state).add();
    for (auto& each : made) {
        if (each.state == delivery_state::dead) dead_.add();
        deliveries_.take(std::move(each));
    }
}

asio::awaitable<result<void>> router::route_again(uuid id) {
    auto reading = around_.store.read_event(id);
    HEADGATE_CO_TRY(auto const found, co_await std::move(reading));
    if (found.state == event_state::accepted) {
        co_return refuse(errc::failed_precondition, "the event waits for its turn to be routed",
                         "look at it again");
    }
    auto reading_deliveries = around_.store.deliveries_of(id);
    HEADGATE_CO_TRY(auto const known, co_await std::move(reading_deliveries));
    if (stopping_) co_return refuse(errc::unavailable, "the gateway is ending", "ask the next one");
    auto made = route(found.kept, *rules_, scratch_, around_.clock.now(), rules_that_have_it(known));
    scratch_.release();
    std::erase_if(made.deliveries, [&known](delivery const& one) {
        return std::ranges::any_of(known, [&one](auto const& each) { return each.kept.rule == one.rule; });
    });
    std::vector<store::routing> const done{std::move(made)};
    auto recording = around_.store.record_routing(done);
    HEADGATE_CO_TRY(auto fresh, co_await std::move(recording));
    recorded(done, std::move(fresh));
    co_return result<void>{};
}

counter& router::counter_of(event_state state) {
    if (state == event_state::unmatched) return unmatched_;
    return state == event_state::quarantined ? quarantined_ : routed_;
}

// Accepting goes before routing, but routing keeps its floor.
asio::awaitable<void> router::yield_after(std::chrono::steady_clock::duration worked) {
    if (!around_.accepting_is_busy || !around_.accepting_is_busy()) co_return;
    auto const rests = 1 / std::max(settings_.share_min, 0.001) - 1;  // For each time that it works.
    auto const pause = std::min<std::chrono::duration<double>>(worked * rests, pause_longest);
    auto const until =
        std::chrono::steady_clock::now() + std::chrono::duration_cast<std::chrono::nanoseconds>(pause);
    while (!stopping_ && std::chrono::steady_clock::now() < until && around_.accepting_is_busy()) {
        auto const rest = until - std::chrono::steady_clock::now();
        auto pausing = pause_for(std::clamp(std::chrono::ceil<std::chrono::milliseconds>(rest),
                                            std::chrono::milliseconds{1}, yield_longest));
        co_await std::move(pausing);
    }
}

asio::awaitable<void> router::pause_for(std::chrono::milliseconds wait) {
    pause_.expires_after(wait);
    auto waiting = pause_.async_wait(quietly);
    co_await std::move(waiting);
}

void router::stop() {
    stopping_ = true;
    pause_.cancel();
}

}  // namespace headgate::dispatch
