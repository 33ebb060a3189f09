#include "dispatch/pace.hpp"

#include <gtest/gtest.h>

namespace headgate::dispatch {
namespace {

using namespace std::chrono_literals;

constexpr pace::instant begin{std::chrono::hours{1}};

TEST(pace, without_a_rate_everything_may_go) {
    pace one{0, begin};
    EXPECT_GT(one.allowed(begin), 1'000'000U);
    EXPECT_EQ(one.next(begin), begin);
}

TEST(pace, five_a_second_are_one_each_fifth_of_a_second) {
    pace one{5, begin};
    EXPECT_EQ(one.allowed(begin), 1U);
    one.spend(1);
    EXPECT_EQ(one.allowed(begin), 0U);
    EXPECT_EQ(one.next(begin), begin + 200ms);
    EXPECT_EQ(one.allowed(begin + 199ms), 0U);
    EXPECT_EQ(one.allowed(begin + 200ms), 1U);
}

TEST(pace, an_idle_hour_gives_a_tenth_of_a_seconds_worth_at_most) {
    pace one{100, begin};
    EXPECT_EQ(one.allowed(begin + 1h), 10U);
}

TEST(pace, a_rate_below_one_a_second_is_kept) {
    pace one{0.1, begin};
    one.spend(one.allowed(begin));
    EXPECT_EQ(one.allowed(begin + 9s), 0U);
    EXPECT_EQ(one.allowed(begin + 10s), 1U);
}

TEST(pace, a_pause_lets_nothing_go_and_a_shorter_one_does_not_end_it) {
    pace one{0, begin};
    one.pause_until(begin + 3s);
    one.pause_until(begin + 1s);
    EXPECT_EQ(one.allowed(begin + 2s), 0U);
    EXPECT_EQ(one.next(begin + 2s), begin + 3s);
    EXPECT_GT(one.allowed(begin + 3s), 0U);
}

}  // namespace
}  // namespace headgate::dispatch
