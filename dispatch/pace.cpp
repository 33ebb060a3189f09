#include "dispatch/pace.hpp"

#include <algorithm>
#include <limits>

namespace headgate::dispatch {

std::size_t pace::allowed(instant now) {
    if (now < paused_until_) return 0;
    if (per_second_max_ <= 0) return std::numeric_limits<std::size_t>::max();
    auto const passed = std::chrono::duration<double>{now - counted_at_}.count();
    auto const burst = std::max(1.0, per_second_max_ / 10);
    tokens_ = std::min(burst, tokens_ + passed * per_second_max_);
    counted_at_ = now;
    return static_cast<std::size_t>(std::max(0.0, tokens_));
}

void pace::spend(std::size_t starts) {
    if (per_second_max_ > 0) tokens_ -= static_cast<double>(starts);
}

pace::instant pace::next(instant now) const {
    auto const earliest = std::max(now, paused_until_);
    if (per_second_max_ <= 0 || tokens_ >= 1) return earliest;
    std::chrono::duration<double> const wait{(1 - tokens_) / per_second_max_};
    // Rounded up, or whoever wakes then would find a little less than one start.
    auto const full = counted_at_ + std::chrono::ceil<std::chrono::microseconds>(wait);
    return std::max(earliest, full);
}

}  // namespace headgate::dispatch
