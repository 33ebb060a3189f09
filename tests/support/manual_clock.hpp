#pragma once

#include "core/clock.hpp"

#include <atomic>
#include <chrono>

namespace headgate::testing_support {

// A wall clock that stands still until told. Any thread may look; one tells it.
class manual_clock final : public wall_clock {
public:
    explicit manual_clock(wall_time start = wall_time{std::chrono::seconds{1'700'000'000}}) : now_{start} {}

    [[nodiscard]] wall_time now() const override { return now_.load(); }
    void advance(std::chrono::milliseconds by) { now_.store(now_.load() + by); }

private:
    std::atomic<wall_time> now_;
};

}  // namespace headgate::testing_support
