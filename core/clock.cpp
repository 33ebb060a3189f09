#include "core/clock.hpp"

#include "core/check.hpp"

#include <fmt/format.h>

#include <ctime>

namespace headgate {
namespace {

class machine_clock final : public wall_clock {
public:
    [[nodiscard]] wall_time now() const override {
        return std::chrono::time_point_cast<std::chrono::milliseconds>(std::chrono::system_clock::now());
    }
};

class processor_clock final : public work_clock {
public:
    [[nodiscard]] std::chrono::nanoseconds worked() const override {
        timespec time{};
        HEADGATE_CHECK(clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time) == 0,
                       "threads have a clock of their own");
        return std::chrono::seconds{time.tv_sec} + std::chrono::nanoseconds{time.tv_nsec};
    }
};

// Reads exactly `digits` decimal digits from the front of `text`; -1 when they are not there.
int take_number(std::string_view& text, std::size_t digits) {
    if (text.size() < digits) return -1;
    int number = 0;
    for (auto const c : text.substr(0, digits)) {
        if (c < '0' || c > '9') return -1;
        number = number * 10 + (c - '0');
    }
    text.remove_prefix(digits);
    return number;
}

bool take(std::string_view& text, std::string_view one_of) {
    if (text.empty() || one_of.find(text.front()) == std::string_view::npos) return false;
    text.remove_prefix(1);
    return true;
}

// The fraction after the point, in milliseconds; -1 when there is no digit or there are more than nine.
int take_milliseconds(std::string_view& text) {
    int milliseconds = 0;
    int digits = 0;
    while (!text.empty() && text.front() >= '0' && text.front() <= '9') {
        if (++digits <= 3) milliseconds = milliseconds * 10 + (text.front() - '0');
        text.remove_prefix(1);
    }
    for (int i = digits; i < 3; ++i) milliseconds *= 10;
    return digits == 0 || digits > 9 ? -1 : milliseconds;
}

}  // namespace

wall_clock const& system_clock() {
    static machine_clock const clock;
    return clock;
}

work_clock const& thread_clock() {
    static processor_clock const clock;
    return clock;
}

std::string to_rfc3339(wall_time time) {
    using namespace std::chrono;
    auto const day = floor<days>(time);
    year_month_day const date{day};
    hh_mm_ss const clock{time - day};
    return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", static_cast<int>(date.year()),
                       static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                       clock.hours().count(), clock.minutes().count(), clock.seconds().count(),
                       clock.subseconds().count());
}

result<wall_time> parse_rfc3339(std::string_view text) {
    using namespace std::chrono;
    auto const wrong = [whole = std::string{text.substr(0, 64)}] {
        return refuse(errc::invalid_argument, "'" + whole + "' is not an RFC 3339 time",
                      "write for example 2026-11-21T03:24:05Z");
    };
    auto const y = take_number(text, 4);
    if (!take(text, "-")) return wrong();
    auto const m = take_number(text, 2);
    if (!take(text, "-")) return wrong();
    auto const d = take_number(text, 2);
    if (!take(text, "Tt ")) return wrong();
    auto const hour = take_number(text, 2);
    if (!take(text, ":")) return wrong();
    auto const minute = take_number(text, 2);
    if (!take(text, ":")) return wrong();
    auto const second = take_number(text, 2);
    auto const fraction = take(text, ".") ? take_milliseconds(text) : 0;

    year_month_day const date{year{y}, month{static_cast<unsigned>(m)}, day{static_cast<unsigned>(d)}};
    bool const in_range = y >= 0 && m >= 0 && d >= 0 && date.ok() && hour >= 0 && hour < 24 && minute >= 0 &&
                          minute < 60 && second >= 0 && second <= 60 && fraction >= 0;
    if (!in_range) return wrong();

    minutes offset{0};
    if (!take(text, "Zz")) {
        bool const west = !text.empty() && text.front() == '-';
        if (!take(text, "+-")) return wrong();
        auto const offset_hours = take_number(text, 2);
        if (!take(text, ":")) return wrong();
        auto const offset_minutes = take_number(text, 2);
        if (offset_hours < 0 || offset_hours > 23 || offset_minutes < 0 || offset_minutes > 59)
            return wrong();
        offset = hours{offset_hours} + minutes{offset_minutes};
        if (west) offset = -offset;
    }
    if (!text.empty()) return wrong();
    return wall_time{sys_days{date}.time_since_epoch() + hours{hour} + minutes{minute} + seconds{second} +
                     milliseconds{fraction} - offset};
}

}  // namespace headgate
