#include "tests/support/store_contract.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

// What a store whose rows outlive it promises beside: it continues after reopening, and bounds what it holds.

namespace headgate::store {
namespace {

using namespace testing_support;

using durable_store = event_store_contract;
INSTANTIATE_TEST_SUITE_P(every, durable_store, every_durable_store(), name_of_store);

TEST_P(durable_store, gives_growing_sequences_and_ids_after_reopening_with_a_clock_that_went_back) {
    auto const before = append(*store_, make_event("github", "1"), {}).value();
    clock_.advance(std::chrono::hours{-48});
    open();
    auto const after = append(*store_, make_event("github", "2"), {}).value();
    EXPECT_LT(before.sequence, after.sequence);
    EXPECT_LT(before.id, after.id);
}

TEST_P(durable_store, knows_the_keys_again_after_reopening) {
    auto const first = append(*store_, make_event("github", "1"), {key_of("a")}).value();
    open();
    auto const again = append(*store_, make_event("github", "1"), {key_of("a")}).value();
    EXPECT_TRUE(again.duplicate);
    EXPECT_EQ(again.id, first.id);
}

TEST_P(durable_store, leases_again_after_reopening_what_was_not_routed_and_only_that) {
    for (int i = 0; i < 6; ++i) append(*store_, make_event("github", std::to_string(i)), {}).value();
    auto const all = lease(6);
    route(all[0], {});
    route(all[3], {});
    open();
    EXPECT_EQ(store_->health().routed_through, all[0].sequence);
    EXPECT_EQ(store_->health().backlog, 4U);
    std::string order;
    for (auto const& each : lease(10)) order += each.received.body;
    EXPECT_EQ(order, "1245");
}

TEST_P(durable_store, leases_up_to_a_number_of_bytes_after_reopening_too) {
    for (char const name : {'a', 'b', 'c'})
        append(*store_, make_event("github", std::string(10'000, name)), {}).value();
    open();
    for (char const name : {'a', 'b', 'c'}) {
        auto const leased = run(store_->lease_events({10, 15'000})).value();
        ASSERT_EQ(leased.size(), 1U);
        EXPECT_EQ(leased.front().received.body.front(), name);
    }
}

TEST_P(durable_store, leases_from_the_database_what_the_feed_has_no_room_for) {
    settings_.feed_events_max = 3;
    open();
    for (int i = 0; i < 10; ++i) append(*store_, make_event("github", std::to_string(i)), {}).value();
    std::string order;
    while (order.size() < 10) {
        for (auto const& each : lease(4)) order += each.received.body;
    }
    EXPECT_EQ(order, "0123456789");
    append(*store_, make_event("github", "x"), {}).value();
    EXPECT_EQ(lease(4).front().received.body, "x");
}

TEST_P(durable_store, continues_after_reopening_with_what_is_not_finished) {
    auto const of = appended("github", "1");
    auto const all = route(
        of, {make_delivery(of, "a"), make_delivery(of, "b"), make_delivery(of, "c"), make_delivery(of, "d")});
    change({.delivery = all[0].id, .to = delivery_state::dead, .reason = "too old"});
    change({.delivery = all[2].id, .to = delivery_state::held, .held_because = hold_cause::missing});
    open();
    auto const unfinished = [&](delivery_state state) {
        std::string rules;
        for (auto const& each : run(store_->unfinished({.state = state}, {})).value().items) {
            rules += each.rule;
            EXPECT_EQ(each.order.workflow_id, "orders-1");
            EXPECT_TRUE(each.order.inputs.empty());
        }
        return rules;
    };
    EXPECT_EQ(unfinished(delivery_state::waiting), "bd");
    EXPECT_EQ(unfinished(delivery_state::held), "c");
    EXPECT_EQ(unfinished(delivery_state::starting), "");
    EXPECT_EQ(store_->health().deliveries.at(delivery_state::waiting), 2U);
    EXPECT_EQ(store_->health().deliveries.at(delivery_state::dead), 1U);
}

TEST_P(durable_store, goes_by_another_retention_without_being_opened_again) {
    auto const old = append(*store_, make_event("github", "old"), {}).value();
    run(store_->record_routing({{old.sequence, event_state::unmatched, "", {}, {}}})).value();
    store_.reset();
    clock_.advance(std::chrono::hours{48});
    open();
    append(*store_, make_event("github", "kept by the first"), {}).value();
    EXPECT_TRUE(run(store_->read_event(old.id)));
    auto next = settings_.retention;
    next.events = std::chrono::hours{24};
    store_->use(next);
    append(*store_, make_event("github", "written after that"), {}).value();
    EXPECT_EQ(run(store_->read_event(old.id)).error().code, errc::not_found);
}

TEST_P(durable_store, refuses_an_event_past_the_backlog_and_accepts_again_when_routed) {
    settings_.backlog_max = 2;
    open();
    append(*store_, make_event("github", "1"), {}).value();
    append(*store_, make_event("github", "2"), {}).value();
    auto const third = append(*store_, make_event("github", "3"), {});
    EXPECT_EQ(third.error().code, errc::resource_exhausted);
    EXPECT_THAT(third.error().remedy, testing::HasSubstr("backlog_max"));
    route(lease(1).front(), {});
    EXPECT_TRUE(append(*store_, make_event("github", "3"), {}));
}

TEST_P(durable_store, refuses_an_event_that_does_not_fit_the_queue) {
    settings_.queue_bytes_max = 10'000;
    open();
    EXPECT_TRUE(append(*store_, make_event("github", std::string(5'000, 'x')), {}));
    auto const refused = append(*store_, make_event("github", std::string(10'001, 'x')), {});
    EXPECT_EQ(refused.error().code, errc::resource_exhausted);
}

TEST_P(durable_store, finishes_what_was_queued_when_it_closes_and_refuses_what_comes_later) {
    appends all{*store_};
    for (int i = 0; i < 20; ++i) all.add(make_event("github", std::to_string(i)), {});
    all.submit();
    store_->close();
    for (auto const& each : all.wait()) EXPECT_TRUE(each);
    EXPECT_EQ(append(*store_, make_event("github", "late"), {}).error().code, errc::unavailable);
    EXPECT_EQ(run(store_->list_events({}, {})).error().code, errc::unavailable);
    EXPECT_EQ(run(store_->lease_events(1)).error().code, errc::unavailable);
    EXPECT_FALSE(store_->health().accepting);
    open();
    EXPECT_EQ(run(store_->list_events({}, {})).value().items.size(), 20U);
}

}  // namespace
}  // namespace headgate::store
