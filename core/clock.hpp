#pragma once

#include "core/result.hpp"

#include <chrono>
#include <string>
#include <string_view>

namespace headgate {

// Wall-clock time, to the millisecond: what senders sign, what rows carry. Never used to order or to wait.
using wall_time = std::chrono::sys_time<std::chrono::milliseconds>;

// Where wall-clock time comes from, so that tests can pass their own. Safe from any thread.
class wall_clock {
public:
    virtual ~wall_clock() = default;
    [[nodiscard]] virtual wall_time now() const = 0;

protected:
    wall_clock() = default;
    wall_clock(wall_clock const&) = default;
    wall_clock& operator=(wall_clock const&) = default;
};

// The machine's clock; lives as long as the process.
[[nodiscard]] wall_clock const& system_clock();

// How long the thread that asks has worked, from any beginning: what a budget of time is measured by.
class work_clock {
public:
    virtual ~work_clock() = default;
    [[nodiscard]] virtual std::chrono::nanoseconds worked() const = 0;

protected:
    work_clock() = default;
    work_clock(work_clock const&) = default;
    work_clock& operator=(work_clock const&) = default;
};

// The processor time of the calling thread, so that nobody pays for what else the machine is doing. Lives as
// long as the process.
[[nodiscard]] work_clock const& thread_clock();

// RFC 3339 in UTC with milliseconds: 2026-11-21T03:24:05.123Z
[[nodiscard]] std::string to_rfc3339(wall_time time);

// RFC 3339 with any offset and up to nine fractional digits (kept to the millisecond). Fails with
// invalid_argument.
[[nodiscard]] result<wall_time> parse_rfc3339(std::string_view text);

}  // namespace headgate
