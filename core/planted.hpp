#pragma once

#include <chrono>
#include <cstdint>

// Bugs that the crash campaign must find (tests/crash/run --planted). They exist only in a binary that is
// built with HEADGATE_PLANTED_BUGS (preset `planted`), where the environment variable HEADGATE_PLANTED names
// one.

namespace headgate {

enum class planted_bug : std::uint8_t {
    acknowledge_before_commit,
    index_not_rebuilt,
    rule_evaluated_again,
    event_stored_twice,
};

#ifdef HEADGATE_PLANTED_BUGS
[[nodiscard]] bool planted(planted_bug bug) noexcept;
void dawdle(std::chrono::milliseconds how_long) noexcept;  // So that a kill falls between two steps.
#else
[[nodiscard]] constexpr bool planted(planted_bug) noexcept {
    return false;
}
inline void dawdle(std::chrono::milliseconds) noexcept {}
#endif

}  // namespace headgate
