#pragma once

#include "core/clock.hpp"
#include "core/result.hpp"
#include "dispatch/settings.hpp"

#include <chrono>
#include <cstddef>
#include <optional>

// What all items that one rule makes of one event may take together. Each program has its own budget besides.

namespace headgate::dispatch {

struct item_limits {
    std::size_t items_max = 1'000;
    std::size_t bytes_max = 16 * 1024 * 1024;
    std::chrono::milliseconds time_max{500};  // Zero: no limit.
};

[[nodiscard]] item_limits item_limits_of(settings const& from);

class item_budget {
public:
    // Time counts from here. Keeps the clock.
    explicit item_budget(item_limits limits, work_clock const& clock = thread_clock())
        : limits_{limits}, clock_{clock}, began_{clock.worked()} {}

    // After an item that made so many bytes: what it was too much of, and the setting.
    [[nodiscard]] std::optional<error> spend(std::size_t bytes);

private:
    item_limits limits_;
    work_clock const& clock_;
    std::chrono::nanoseconds began_;
    std::size_t bytes_ = 0;
};

}  // namespace headgate::dispatch
