#pragma once

#include "auth/settings.hpp"
#include "core/clock.hpp"
#include "core/result.hpp"

#include <string_view>

// The time a sender signed.

namespace headgate::auth {

// Digits only, at most 11 for seconds and 14 for milliseconds: no sign, blank, point, exponent or hex.
[[nodiscard]] result<wall_time> read_time(std::string_view written, time_unit unit);

// Fails when the time is further away than the rule allows; both ends are allowed. Senders that write
// seconds are judged in whole seconds.
[[nodiscard]] result<void> within_window(wall_time signed_at, wall_time now, time_rule const& rule);

}  // namespace headgate::auth
