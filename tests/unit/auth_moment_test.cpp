#include "auth/moment.hpp"

#include <gtest/gtest.h>

#include <string>

namespace headgate::auth {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

wall_time at(std::int64_t milliseconds_since_1970) {
    return wall_time{milliseconds{milliseconds_since_1970}};
}

TEST(signed_time, is_read_from_digits) {
    EXPECT_EQ(read_time("1531420618", time_unit::seconds), at(1531420618'000));
    EXPECT_EQ(read_time("0", time_unit::seconds), at(0));
    EXPECT_EQ(read_time("99999999999", time_unit::seconds), at(99'999'999'999'000));
    EXPECT_EQ(read_time("1531420618123", time_unit::milliseconds), at(1531420618'123));
    EXPECT_EQ(read_time("99999999999999", time_unit::milliseconds), at(99'999'999'999'999));
}

TEST(signed_time, is_nothing_but_digits) {
    for (auto const* text : {"", "+1531420618", "-1", " 1531420618", "1531420618 ", "1531420618.0", "1.5e9",
                             "0x5b47a0ca", "1531420618\n", "١٥٣", "100000000000", "NaN", "15314206l8"}) {
        auto const read = read_time(text, time_unit::seconds);
        ASSERT_FALSE(read) << text;
        EXPECT_EQ(read.error().code, errc::unauthenticated);
    }
    EXPECT_FALSE(read_time("100000000000000", time_unit::milliseconds));
}

TEST(signed_time, may_be_rfc3339) {
    // date -u -d 2026-11-21T03:24:05Z +%s -> 1795231445
    EXPECT_EQ(read_time("2026-11-21T03:24:05.123Z", time_unit::rfc3339), at(1795231445'123));
    for (auto const* text : {"2026-11-21", "21 Nov 2026 03:24:05 GMT", "1795231445", ""}) {
        EXPECT_FALSE(read_time(text, time_unit::rfc3339)) << text;
    }
}

struct window_row {
    std::int64_t signed_ms;
    std::int64_t now_ms;
    bool inside;
};

TEST(window, includes_300_seconds_and_excludes_301) {
    time_rule const rule{
        .from = {}, .unit = time_unit::seconds, .past = seconds{300}, .future = seconds{300}};
    for (auto const& [signed_ms, now_ms, inside] : {
             window_row{1'000'000, 1'000'000, true},
             window_row{1'000'000, 1'300'000, true},
             window_row{1'000'000, 1'300'999, true},  // the same second
             window_row{1'000'000, 1'301'000, false},
             window_row{1'300'000, 1'000'000, true},
             window_row{1'301'000, 1'000'000, false},
             window_row{1'301'000, 1'000'999, false},
             window_row{99'999'999'999'000, 0, false},
             window_row{0, 99'999'999'999'000, false},
         }) {
        EXPECT_EQ(within_window(at(signed_ms), at(now_ms), rule).has_value(), inside)
            << signed_ms << ' ' << now_ms;
    }
}

TEST(window, of_milliseconds_is_judged_in_milliseconds) {
    time_rule const rule{
        .from = {}, .unit = time_unit::milliseconds, .past = seconds{60}, .future = seconds{0}};
    EXPECT_TRUE(within_window(at(1'000'000), at(1'060'000), rule));
    EXPECT_FALSE(within_window(at(1'000'000), at(1'060'001), rule));
    EXPECT_TRUE(within_window(at(1'000'000), at(1'000'000), rule));
    EXPECT_FALSE(within_window(at(1'000'001), at(1'000'000), rule));
}

TEST(window, says_how_far_the_clocks_are_apart) {
    time_rule const rule{
        .from = {}, .unit = time_unit::seconds, .past = seconds{300}, .future = seconds{300}};
    EXPECT_EQ(within_window(at(0), at(3'600'000), rule).error().message,
              "the signed time is 3600 s in the past, 300 s are allowed");
    EXPECT_EQ(within_window(at(3'600'000), at(0), rule).error().message,
              "the signed time is 3600 s in the future, 300 s are allowed");
}

}  // namespace
}  // namespace headgate::auth
