#include "gateway/address_limiter.hpp"
#include "gateway/pace.hpp"
#include "gateway/source_limiter.hpp"

#include <gtest/gtest.h>

#include <string>
#include <utility>

namespace headgate::gateway {
namespace {

using namespace std::chrono_literals;

constexpr pace::instant start{1h};

TEST(pace, lets_a_burst_through_and_then_its_rate) {
    pace const four_a_second{4, 3};
    auto debt = pace::instant{};
    for (int i = 0; i < 3; ++i) {
        auto const taken = four_a_second.take(debt, start);
        ASSERT_TRUE(taken) << i;
        debt = *taken;
    }
    auto const fourth = four_a_second.take(debt, start);
    ASSERT_FALSE(fourth);
    EXPECT_EQ(fourth.error(), 250ms);
    EXPECT_FALSE(four_a_second.take(debt, start + 249ms));
    EXPECT_TRUE(four_a_second.take(debt, start + 250ms));
}

TEST(pace, of_a_long_silence_is_one_burst_and_no_more) {
    pace const two_a_second{2, 2};
    auto debt = *two_a_second.take(pace::instant{}, start);
    debt = *two_a_second.take(debt, start + 1h);
    debt = *two_a_second.take(debt, start + 1h);
    EXPECT_FALSE(two_a_second.take(debt, start + 1h));
}

TEST(address_limiter, refuses_one_past_the_burst_and_says_how_long_to_wait) {
    address_limiter flood{{.requests_per_second = 1, .requests_burst = 2}};
    EXPECT_FALSE(flood.take("192.0.2.1", start));
    EXPECT_FALSE(flood.take("192.0.2.1", start));
    EXPECT_EQ(flood.take("192.0.2.1", start), 1s);
    EXPECT_EQ(flood.take("192.0.2.1", start + 999ms), 1s) << "rounded up: never 0";
    EXPECT_FALSE(flood.take("192.0.2.1", start + 1s));
}

TEST(address_limiter, counts_each_address_alone) {
    address_limiter flood{{.requests_per_second = 1, .requests_burst = 1}};
    EXPECT_FALSE(flood.take("192.0.2.1", start));
    EXPECT_FALSE(flood.take("192.0.2.2", start));
    EXPECT_TRUE(flood.take("192.0.2.1", start));
}

TEST(address_limiter, counts_a_network_of_64_bits_as_one_address) {
    address_limiter flood{{.requests_per_second = 1, .requests_burst = 1}};
    EXPECT_FALSE(flood.take("2001:db8:0:1::1", start));
    EXPECT_TRUE(flood.take("2001:db8:0:1:ffff::2", start));
    EXPECT_FALSE(flood.take("2001:db8:0:2::1", start));
    EXPECT_FALSE(flood.take("192.0.2.1", start));
    EXPECT_TRUE(flood.take("::ffff:192.0.2.1", start)) << "the same address in another coat";
}

TEST(address_limiter, keeps_the_one_that_owes_most_when_more_come_than_it_has_places) {
    address_limiter flood{{.requests_per_second = 1, .requests_burst = 4, .addresses_max = 8}};
    for (int i = 0; i < 4; ++i) EXPECT_FALSE(flood.take("192.0.2.1", start));
    for (int i = 0; i < 1000; ++i) {
        auto const other = "198.51." + std::to_string(i / 250) + "." + std::to_string(i % 250);
        EXPECT_FALSE(flood.take(other, start)) << other;
    }
    EXPECT_TRUE(flood.take("192.0.2.1", start));
}

TEST(source_limiter, looking_uses_up_nothing) {
    source_limiter limiter{{.requests_per_second = 1, .requests_burst = {}, .events_in_flight_max = {}}};
    for (int i = 0; i < 10; ++i) EXPECT_TRUE(limiter.look(start));
    EXPECT_TRUE(limiter.enter(start));
    EXPECT_EQ(limiter.look(start).error().code, errc::resource_exhausted);
    EXPECT_EQ(limiter.enter(start).error().code, errc::resource_exhausted);
    EXPECT_TRUE(limiter.enter(start + 1s));
}

TEST(source_limiter, gives_the_place_back_when_the_event_is_answered) {
    source_limiter limiter{{.requests_per_second = {}, .requests_burst = {}, .events_in_flight_max = 2}};
    auto first = limiter.enter(start);
    {
        auto const second = limiter.enter(start);
        ASSERT_TRUE(second);
        EXPECT_FALSE(limiter.look(start));
        EXPECT_FALSE(limiter.enter(start)) << "one past the limit";
        EXPECT_FALSE(limiter.enter(start));
    }
    EXPECT_TRUE(limiter.look(start)) << "a refusal holds no place";
    auto const moved = std::move(first);
    EXPECT_TRUE(limiter.enter(start));
}

}  // namespace
}  // namespace headgate::gateway
