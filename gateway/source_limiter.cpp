#include "gateway/source_limiter.hpp"

namespace headgate::gateway {
namespace {

std::unexpected<error> too_fast() {
    return refuse(errc::resource_exhausted, "the source sends more requests a second than its limit",
                  "raise limits.requests_per_second of the source, or let the sender send less");
}

std::unexpected<error> too_many() {
    return refuse(errc::resource_exhausted, "the source has more events in flight than its limit",
                  "raise limits.events_in_flight_max of the source, or see why the store is slow");
}

}  // namespace

source_limiter::source_limiter(source_limits const& bounds) : bounds_{bounds} {
    if (bounds.requests_per_second) {
        pace_.emplace(*bounds.requests_per_second,
                      bounds.requests_burst.value_or(*bounds.requests_per_second));
    }
}

result<void> source_limiter::look(pace::instant now) const {
    if (bounds_.events_in_flight_max &&
        in_flight_.load(std::memory_order_relaxed) >= *bounds_.events_in_flight_max)
        return too_many();
    if (pace_ && !pace_->take(debt_.load(std::memory_order_relaxed), now)) return too_fast();
    return {};
}

result<source_limiter::place> source_limiter::enter(pace::instant now) {
    auto const before = in_flight_.fetch_add(1, std::memory_order_relaxed);
    place mine{*this};
    if (bounds_.events_in_flight_max && before >= *bounds_.events_in_flight_max) return too_many();
    if (!pace_) return mine;
    auto debt = debt_.load(std::memory_order_relaxed);
    for (;;) {
        auto const taken = pace_->take(debt, now);
        if (!taken) return too_fast();
        if (debt_.compare_exchange_weak(debt, *taken, std::memory_order_relaxed)) return mine;
    }
}

}  // namespace headgate::gateway
