#include "auth/moment.hpp"

#include "auth/exam.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

namespace headgate::auth {

result<wall_time> read_time(std::string_view written, time_unit unit) {
    if (unit == time_unit::rfc3339) {
        auto const read = parse_rfc3339(written);
        if (!read) return fails("the time is not RFC 3339");
        return *read;
    }
    bool const in_seconds = unit == time_unit::seconds;
    std::size_t const digits_max = in_seconds ? 11 : 14;
    bool const digits = std::ranges::all_of(written, [](char c) { return c >= '0' && c <= '9'; });
    if (written.empty() || !digits) return fails("the time is not a number in digits");
    if (written.size() > digits_max) {
        return fails(fmt::format("the time has more than {} digits", digits_max),
                     in_seconds ? "does the sender write milliseconds?" : "");
    }
    std::int64_t number = 0;
    for (char const c : written) number = number * 10 + (c - '0');
    return wall_time{std::chrono::milliseconds{in_seconds ? number * 1000 : number}};
}

result<void> within_window(wall_time signed_at, wall_time now, time_rule const& rule) {
    auto const judged = rule.unit == time_unit::seconds
                            ? std::chrono::time_point_cast<std::chrono::milliseconds>(
                                  std::chrono::floor<std::chrono::seconds>(now))
                            : now;
    // Seconds read as milliseconds are in 1970.
    bool const is_other_unit =
        rule.unit == time_unit::milliseconds && signed_at < wall_time{std::chrono::days{365}};
    auto const seconds = [](auto span) { return std::chrono::ceil<std::chrono::seconds>(span).count(); };
    if (judged - signed_at > rule.past) {
        return fails(fmt::format("the signed time is {} s in the past, {} s are allowed",
                                 seconds(judged - signed_at), rule.past.count()),
                     is_other_unit ? "the sender writes seconds, and the unit is ms"
                                   : "is it a replay, a slow queue, or a wrong clock?");
    }
    if (signed_at - judged > rule.future) {
        return fails(fmt::format("the signed time is {} s in the future, {} s are allowed",
                                 seconds(signed_at - judged), rule.future.count()),
                     "compare the clocks of the sender and of this machine; is the unit right?");
    }
    return {};
}

}  // namespace headgate::auth
