#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>

// How fast starts may go: the configured rate, and the pauses that the target asks for. No clock of its own.

namespace headgate::dispatch {

class pace {
public:
    using instant = std::chrono::steady_clock::time_point;

    // `per_second_max` of 0: no limit.
    pace(double per_second_max, instant now) : per_second_max_{per_second_max}, counted_at_{now} {}

    void limit_to(double per_second_max) noexcept { per_second_max_ = per_second_max; }

    // Whole starts that may go now; a burst is a tenth of a second's worth, at least one.
    [[nodiscard]] std::size_t allowed(instant now);
    void spend(std::size_t starts);

    // A quota is no outage: the lane pauses. A shorter pause does not end a longer one.
    void pause_until(instant end) { paused_until_ = std::max(paused_until_, end); }

    // When the next start may go; `now` when that is now.
    [[nodiscard]] instant next(instant now) const;

private:
    double per_second_max_;
    double tokens_ = 1;
    instant counted_at_;
    instant paused_until_{};
};

}  // namespace headgate::dispatch
