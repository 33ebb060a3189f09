#include "store/sqlite/feed.hpp"
#include "tests/support/stored_events.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace headgate::store::sqlite {
namespace {

using namespace testing_support;

std::vector<event> events(sequence_number from, sequence_number through) {
    std::vector<event> made;
    for (auto sequence = from; sequence <= through; ++sequence) {
        made.push_back(make_event("github", "x"));
        made.back().sequence = sequence;
    }
    return made;
}

std::vector<sequence_number> sequences(feed::step const& taken) {
    std::vector<sequence_number> all;
    for (auto const& each : taken.events) all.push_back(each.sequence);
    return all;
}

TEST(feed, gives_fresh_events_in_order) {
    feed fresh{10, 1 << 20};
    fresh.start(0, 0);
    EXPECT_TRUE(fresh.next(5).waits);
    fresh.push(events(1, 3));
    EXPECT_THAT(sequences(fresh.next(2)), testing::ElementsAre(1, 2));
    EXPECT_THAT(sequences(fresh.next(2)), testing::ElementsAre(3));
    EXPECT_TRUE(fresh.next(2).waits);
}

TEST(feed, sends_the_lease_to_the_database_for_what_came_before_it) {
    feed fresh{10, 1 << 20};
    fresh.start(4, 9);
    fresh.push(events(10, 11));
    auto const first = fresh.next(5);
    EXPECT_EQ(first.from, 5U);
    EXPECT_EQ(first.before, 10U);
    fresh.advance_to(10);
    EXPECT_THAT(sequences(fresh.next(5)), testing::ElementsAre(10, 11));
}

TEST(feed, sends_the_lease_to_the_database_for_what_did_not_fit) {
    feed fresh{3, 1 << 20};
    fresh.start(0, 0);
    fresh.push(events(1, 5));
    fresh.push(events(6, 6));
    EXPECT_THAT(sequences(fresh.next(9)), testing::ElementsAre(1, 2, 3));
    auto const rest = fresh.next(9);
    EXPECT_EQ(rest.from, 4U);
    EXPECT_EQ(rest.before, 7U);
    fresh.push(events(7, 8));
    fresh.advance_to(7);
    EXPECT_THAT(sequences(fresh.next(9)), testing::ElementsAre(7, 8));
}

TEST(feed, keeps_no_more_bytes_than_it_may) {
    feed fresh{100, 1};
    fresh.start(0, 0);
    fresh.push(events(1, 5));
    EXPECT_THAT(sequences(fresh.next(9)), testing::ElementsAre(1));
    EXPECT_EQ(fresh.next(9).from, 2U);
}

TEST(feed, goes_on_behind_numbers_that_never_became_events) {
    feed fresh{10, 1 << 20};
    fresh.start(0, 0);
    fresh.push(events(1, 1));
    fresh.push(events(5, 6));
    EXPECT_THAT(sequences(fresh.next(9)), testing::ElementsAre(1, 5, 6));
    EXPECT_TRUE(fresh.next(9).waits);
}

TEST(feed, sends_the_lease_to_the_database_for_what_turned_out_to_be_durable) {
    feed fresh{10, 1 << 20};
    fresh.start(0, 0);
    fresh.push(events(1, 2));
    fresh.announce(4);
    fresh.push(events(5, 5));
    EXPECT_THAT(sequences(fresh.next(9)), testing::ElementsAre(1, 2));
    auto const rest = fresh.next(9);
    EXPECT_EQ(rest.from, 3U);
    EXPECT_EQ(rest.before, 6U);
}

}  // namespace
}  // namespace headgate::store::sqlite
