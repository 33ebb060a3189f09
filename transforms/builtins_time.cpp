#include "transforms/builtins.hpp"
#include "transforms/runtime.hpp"

#include <fmt/format.h>

#include <array>
#include <chrono>
#include <cmath>
#include <ctime>
#include <string>

// Times as jq has them: seconds since 1970 in UTC, or "broken down" arrays
// [year, month from 0, day, hours, minutes, seconds, weekday, day of the year].

namespace headgate::transforms {
namespace {

using json::value;

constexpr double seconds_max = 1e13;  // Beyond the year 300,000 calendars overflow.

bool now(runtime& run, value const* /*in*/, value& out) {
    out = value::real(static_cast<double>(run.now().time_since_epoch().count()) / 1000);
    return true;
}

bool break_down(runtime& run, value const& seconds, value& out) {
    if (!seconds.is_number()) return run.fail("gmtime() requires a number");
    auto const exact = seconds.as_double();
    if (!(std::fabs(exact) < seconds_max)) return run.fail("the time is out of range");
    auto const whole = std::floor(exact);
    auto const as_time = static_cast<std::time_t>(whole);
    std::tm parts{};
    if (!gmtime_r(&as_time, &parts)) return run.fail("the time is out of range");
    std::array const items{value::integer(parts.tm_year + 1900), value::integer(parts.tm_mon),
                           value::integer(parts.tm_mday),        value::integer(parts.tm_hour),
                           value::integer(parts.tm_min),         value::real(parts.tm_sec + (exact - whole)),
                           value::integer(parts.tm_wday),        value::integer(parts.tm_yday)};
    out = run.list(items);
    return run.ok();
}

bool gmtime_of(runtime& run, value const* in, value& out) {
    return break_down(run, *in, out);
}

bool put_together(runtime& run, value const& any, std::string_view name, std::tm& out) {
    if (!any.is_array() || any.items().size() < 6) {
        return run.fail(fmt::format("{} requires array of 6 numbers", name));
    }
    std::array<int, 8> parts{};
    for (std::size_t i = 0; i < any.items().size() && i < parts.size(); ++i) {
        auto const& item = any.items()[i];
        bool const fits = item.is_number() && std::fabs(item.as_double()) < 1e8;
        if (!fits) return run.fail(fmt::format("{} requires parsed datetime inputs", name));
        parts[i] = static_cast<int>(item.as_double());
    }
    out = {};
    out.tm_year = parts[0] - 1900;
    out.tm_mon = parts[1];
    out.tm_mday = parts[2];
    out.tm_hour = parts[3];
    out.tm_min = parts[4];
    out.tm_sec = parts[5];
    out.tm_wday = parts[6];
    out.tm_yday = parts[7];
    return true;
}

bool mktime_of(runtime& run, value const* in, value& out) {
    std::tm parts{};
    if (!put_together(run, *in, "mktime", parts)) return false;
    out = value::integer(timegm(&parts));
    return true;
}

bool strftime_of(runtime& run, value const* in, value& out) {
    auto broken = in[0];
    if (broken.is_number() && !break_down(run, in[0], broken)) return false;
    if (!broken.is_array()) return run.fail("strftime/1 requires parsed datetime inputs");
    if (!in[1].is_string()) return run.fail("strftime/1 requires a string format");
    std::tm parts{};
    if (!put_together(run, broken, "strftime/1", parts)) return false;
    parts.tm_zone = "UTC";
    bool const is_sane = parts.tm_wday >= 0 && parts.tm_wday < 7 && parts.tm_mon >= 0 && parts.tm_mon < 12;
    if (!is_sane) return run.fail("strftime/1 requires parsed datetime inputs");
    std::array<char, 4096> text{};
    std::string const layout{in[1].as_string()};
    if (layout.empty()) {
        out = value::string_view_of("");
        return true;
    }
    auto const size = std::strftime(text.data(), text.size(), layout.c_str(), &parts);
    if (size == 0) return run.fail("strftime/1: the text would be longer than 4095 bytes");
    out = run.text({text.data(), size});
    return run.ok();
}

bool strptime_of(runtime& run, value const* in, value& out) {
    if (!in[0].is_string()) return run.fail("strptime/1 requires string inputs and arguments");
    if (!in[1].is_string()) return run.fail("strptime/1 requires string inputs and arguments");
    std::string const text{in[0].as_string()};
    std::string const layout{in[1].as_string()};
    std::tm parts{};
    parts.tm_wday = 8;
    auto const* const end = strptime(text.c_str(), layout.c_str(), &parts);
    if (!end || *end != '\0') return run.fail("date does not match format");
    auto const seconds = timegm(&parts);  // Completes day of the week and of the year.
    return break_down(run, value::integer(seconds), out);
}

constexpr auto table = std::to_array<native_entry>({
    {"now", 0, now},
    {"gmtime", 0, gmtime_of},
    {"mktime", 0, mktime_of},
    {"strftime", 1, strftime_of},
    {"strptime", 1, strptime_of},
});

}  // namespace

std::span<native_entry const> time_natives() {
    return table;
}

}  // namespace headgate::transforms
