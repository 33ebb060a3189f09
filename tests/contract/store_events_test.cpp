#include "tests/support/store_contract.hpp"

#include <gtest/gtest.h>

#include <set>

// What every event store promises of events, whatever keeps the rows.

namespace headgate::store {
namespace {

using namespace testing_support;
using std::chrono::milliseconds;

using events_of_a_store = event_store_contract;
INSTANTIATE_TEST_SUITE_P(every, events_of_a_store, every_store(), name_of_store);

TEST_P(events_of_a_store, gives_back_what_was_appended) {
    auto sent = make_event("github", std::string{"\0\xff{}", 4});
    sent.sender.signed_time = wall_time{milliseconds{1'700'000'000'123}};
    auto const stored = append(*store_, sent, {key_of("1")}).value();
    auto const kept = run(store_->read_event(stored.id)).value();
    EXPECT_EQ(kept.kept.sequence, stored.sequence);
    EXPECT_EQ(kept.kept.id, stored.id);
    EXPECT_EQ(kept.kept.tenant, "default");
    EXPECT_EQ(kept.kept.source, "github");
    EXPECT_EQ(kept.kept.received.body, sent.received.body);
    EXPECT_EQ(kept.kept.received.head.method, "POST");
    EXPECT_EQ(kept.kept.received.head.target, "/webhooks/github?a=1");
    EXPECT_EQ(kept.kept.received.head.peer, "192.0.2.7");
    EXPECT_EQ(kept.kept.received.head.fields, sent.received.head.fields);
    EXPECT_EQ(kept.kept.received.path_parameters, sent.received.path_parameters);
    EXPECT_EQ(kept.kept.received.received_at, sent.received.received_at);
    EXPECT_EQ(kept.kept.sender.verified_by, "mac");
    EXPECT_EQ(kept.kept.sender.key_id, "signing#0");
    EXPECT_EQ(kept.kept.sender.covers, coverage::full);
    EXPECT_EQ(kept.kept.sender.signed_time, sent.sender.signed_time);
    EXPECT_EQ(kept.kept.sender.delivery_id, "72d3162e");
    EXPECT_EQ(kept.kept.sender.event_type, "release.published");
    EXPECT_EQ(kept.state, event_state::accepted);
    EXPECT_EQ(kept.duplicates, 0U);
}

TEST_P(events_of_a_store, gives_growing_sequences_and_ids_also_when_the_clock_goes_back) {
    auto const first = append(*store_, make_event("github", "1"), {}).value();
    clock_.advance(std::chrono::hours{-48});
    auto const second = append(*store_, make_event("github", "2"), {}).value();
    EXPECT_LT(first.sequence, second.sequence);
    EXPECT_LT(first.id, second.id);
}

TEST_P(events_of_a_store, answers_a_known_key_with_the_first_event_and_counts_it) {
    auto const first = append(*store_, make_event("github", "1"), {key_of("a"), key_of("b")}).value();
    clock_.advance(milliseconds{1500});
    auto const again = append(*store_, make_event("github", "2"), {key_of("new"), key_of("b")}).value();
    EXPECT_FALSE(first.duplicate);
    EXPECT_TRUE(again.duplicate);
    EXPECT_EQ(again.id, first.id);
    EXPECT_EQ(again.sequence, first.sequence);
    auto const kept = run(store_->read_event(first.id)).value();
    EXPECT_EQ(kept.duplicates, 1U);
    EXPECT_EQ(kept.last_duplicate_at, clock_.now());
    EXPECT_EQ(run(store_->list_events({}, {})).value().items.size(), 1U);
    // Nothing of the duplicate was kept, so neither was its other key.
    EXPECT_FALSE(append(*store_, make_event("github", "3"), {key_of("new")}).value().duplicate);
}

TEST_P(events_of_a_store, stores_one_of_many_appends_of_one_key_at_once) {
    appends all{*store_};
    for (int i = 0; i < 50; ++i) all.add(make_event("github", "same"), {key_of("a")});
    std::set<uuid> ids;
    int fresh = 0;
    for (auto const& each : all.wait()) {
        ids.insert(each.value().id);
        fresh += each->duplicate ? 0 : 1;
    }
    EXPECT_EQ(fresh, 1);
    EXPECT_EQ(ids.size(), 1U);
}

TEST_P(events_of_a_store, leases_events_of_a_store_the_order_of_their_commit) {
    appends all{*store_};
    for (int i = 0; i < 100; ++i) all.add(make_event("github", std::to_string(i)), {});
    all.wait();
    sequence_number last = 0;
    std::size_t leased = 0;
    while (leased < 100) {
        auto const some = lease(7);
        ASSERT_LE(some.size(), 7U);
        for (auto const& each : some) EXPECT_GT(each.sequence, std::exchange(last, each.sequence));
        leased += some.size();
    }
    EXPECT_EQ(leased, 100U);
}

TEST_P(events_of_a_store, leases_up_to_a_number_of_bytes_and_one_at_least) {
    for (char const name : {'a', 'b', 'c'})
        append(*store_, make_event("github", std::string(10'000, name)), {}).value();
    auto const names = [&] {
        std::string found;
        for (auto const& each : run(store_->lease_events({10, 15'000})).value())
            found += each.received.body.front();
        return found;
    };
    EXPECT_EQ(names(), "a");
    EXPECT_EQ(names(), "b");
    EXPECT_EQ(names(), "c");
}

boost::asio::awaitable<void> lease_into(event_store& from,
                                        std::optional<result<std::vector<event>>>& answer) {
    auto leasing = from.lease_events(10);
    auto leased = co_await std::move(leasing);
    answer.emplace(std::move(leased));
}

TEST_P(events_of_a_store, waits_for_an_event_to_lease) {
    boost::asio::io_context context{1};
    std::optional<result<std::vector<event>>> answer;
    nursery waiting{context.get_executor()};
    waiting.spawn("lease", lease_into(*store_, answer));
    context.poll();
    EXPECT_FALSE(answer);
    append(*store_, make_event("github", "1"), {}).value();
    context.run();
    EXPECT_EQ(answer->value().front().received.body, "1");
}

TEST_P(events_of_a_store, gives_up_waiting_for_a_lease_when_cancelled_and_loses_nothing) {
    boost::asio::io_context context{1};
    std::optional<result<std::vector<event>>> answer;
    nursery waiting{context.get_executor()};
    waiting.spawn("lease", lease_into(*store_, answer));
    context.poll();
    waiting.cancel();
    context.run();
    EXPECT_EQ(answer->error().code, errc::cancelled);
    append(*store_, make_event("github", "1"), {}).value();
    EXPECT_EQ(lease(1).front().received.body, "1");
}

TEST_P(events_of_a_store, says_how_far_routing_is) {
    for (int i = 0; i < 3; ++i) append(*store_, make_event("github", std::to_string(i)), {}).value();
    auto const all = lease(3);
    route(all[1], {});
    EXPECT_EQ(store_->health().backlog, 2U);
    EXPECT_LT(store_->health().routed_through, all[0].sequence);
    route(all[0], {});
    EXPECT_EQ(store_->health().backlog, 1U);
    EXPECT_EQ(store_->health().routed_through, all[1].sequence);
    EXPECT_EQ(store_->health().last_sequence, all[2].sequence);
    EXPECT_TRUE(store_->health().accepting);
}

TEST_P(events_of_a_store, pages_events_from_new_to_old) {
    for (int i = 0; i < 5; ++i)
        append(*store_, make_event("github", std::string(static_cast<std::size_t>(i), 'x')), {}).value();
    std::string sizes;
    std::string cursor;
    int pages = 0;
    do {
        auto const got = run(store_->list_events({}, {cursor, 2})).value();
        for (auto const& each : got.items) sizes += std::to_string(each.body_bytes);
        cursor = got.next;
        ++pages;
    } while (!cursor.empty());
    EXPECT_EQ(sizes, "43210");
    EXPECT_EQ(pages, 3);
}

TEST_P(events_of_a_store, filters_events) {
    auto const first = appended("github", "1");
    clock_.advance(std::chrono::hours{3});
    auto late = make_event("stripe", "22");
    late.received.received_at = clock_.now();
    append(*store_, late, {}).value();
    route(first, {});
    auto const sources = [&](event_filter filter) {
        std::string found;
        for (auto const& each : run(store_->list_events(std::move(filter), {})).value().items)
            found += each.source + " ";
        return found;
    };
    EXPECT_EQ(sources({}), "stripe github ");
    EXPECT_EQ(sources({.source = "github"}), "github ");
    EXPECT_EQ(sources({.state = event_state::accepted}), "stripe ");
    EXPECT_EQ(sources({.state = event_state::routed}), "github ");
    EXPECT_EQ(sources({.received_from = clock_.now()}), "stripe ");
    EXPECT_EQ(sources({.received_before = clock_.now()}), "github ");
    EXPECT_EQ(sources({.received_from = first.received.received_at,
                       .received_before = clock_.now() + milliseconds{1}}),
              "stripe github ");
    auto const summary = run(store_->list_events({.source = "github"}, {})).value().items.at(0);
    EXPECT_EQ(summary.id, first.id);
    EXPECT_EQ(summary.type, "release.published");
    EXPECT_EQ(summary.method, "POST");
    EXPECT_EQ(summary.path, "/webhooks/github");
}

TEST_P(events_of_a_store, refuses_what_no_page_can_be) {
    EXPECT_EQ(run(store_->list_events({}, {"", 0})).error().code, errc::invalid_argument);
    EXPECT_EQ(run(store_->list_events({}, {"", 1001})).error().code, errc::invalid_argument);
    EXPECT_EQ(run(store_->list_events({}, {"x", 10})).error().code, errc::invalid_argument);
    EXPECT_EQ(run(store_->list_deliveries({}, {"-1", 10})).error().code, errc::invalid_argument);
}

TEST_P(events_of_a_store, finds_nothing_under_an_unknown_id) {
    append(*store_, make_event("github", "1"), {}).value();
    uuid unknown;
    for (auto const first_byte : {0x00, 0x01, 0xff}) {
        unknown.bytes[0] = static_cast<std::uint8_t>(first_byte);
        EXPECT_EQ(run(store_->read_event(unknown)).error().code, errc::not_found);
        EXPECT_EQ(run(store_->read_delivery(unknown)).error().code, errc::not_found);
        EXPECT_EQ(run(store_->deliveries_of(unknown)).error().code, errc::not_found);
    }
}

}  // namespace
}  // namespace headgate::store
