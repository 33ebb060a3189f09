#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <expected>

namespace headgate::gateway {

// So many a second, and so many at once: a token bucket, kept as one instant (the generic cell rate algorithm
// of ITU-T I.371). That instant, the `debt`, is when all that was taken will have been earned; one that has
// passed owes nothing, so forgetting it changes nothing.
class pace {
public:
    using instant = std::chrono::steady_clock::time_point;
    using wait = std::chrono::steady_clock::duration;

    // Both at least 1.
    pace(std::size_t per_second, std::size_t burst)
        : each_{std::max(wait{1}, wait{std::chrono::seconds{1}} / static_cast<wait::rep>(per_second))},
          ahead_max_{each_ * static_cast<wait::rep>(burst - 1)} {}

    // The debt after one more was taken at `now`; or how long until one may be.
    [[nodiscard]] std::expected<instant, wait> take(instant debt, instant now) const noexcept {
        auto const from = std::max(debt, now);
        if (from - now > ahead_max_) return std::unexpected{from - now - ahead_max_};
        return from + each_;
    }

private:
    wait each_;
    wait ahead_max_;
};

}  // namespace headgate::gateway
