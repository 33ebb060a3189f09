#include "core/deadline.hpp"
#include "store/event_store.hpp"
#include "store/sqlite/sqlite_store.hpp"
#include "tests/support/scratch_folder.hpp"
#include "tests/support/stored_events.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <set>

// What every event store promises, whatever keeps the rows.

namespace headgate::store {
namespace {

using namespace testing_support;
using std::chrono::milliseconds;

// A place that outlives the stores opened on it, one after the other.
class storage {
public:
    virtual ~storage() = default;
    [[nodiscard]] virtual std::unique_ptr<event_store> open(settings chosen, wall_clock const& clock,
                                                            metrics& registry) = 0;
};

class sqlite_storage final : public storage {
public:
    [[nodiscard]] std::unique_ptr<event_store> open(settings chosen, wall_clock const& clock,
                                                    metrics& registry) override {
        chosen.sqlite.path = (folder_.path() / "headgate.db").string();
        auto opened = open_sqlite_store(chosen, clock, registry);
        HEADGATE_CHECK(opened.has_value(), opened ? "" : opened.error().message);
        return *std::move(opened);
    }

private:
    scratch_folder folder_;
};

struct implementation {
    char const* name;
    std::unique_ptr<storage> (*make)();
};

class event_store_contract : public testing::TestWithParam<implementation> {
protected:
    void SetUp() override { open(); }

    void open() {
        store_.reset();
        registry_ = std::make_unique<metrics>();
        store_ = storage_->open(settings_, clock_, *registry_);
    }

    std::vector<event> lease(std::size_t limit) { return run(store_->lease_events(limit)).value(); }
    std::vector<delivery> route(event const& of, std::vector<delivery> deliveries) {
        std::vector<routing> done{{of.sequence, event_state::routed, "", std::move(deliveries), {}}};
        return run(store_->record_routing(std::move(done))).value();
    }
    bool change(transition one) { return run(store_->record({std::move(one)})).value().front(); }
    event appended(std::string source, std::string body, std::vector<dedupe_key> keys = {}) {
        auto const stored =
            append(*store_, make_event(std::move(source), std::move(body)), std::move(keys)).value();
        return run(store_->read_event(stored.id)).value().kept;
    }

    std::unique_ptr<storage> storage_ = GetParam().make();
    manual_clock clock_;
    settings settings_;
    std::unique_ptr<metrics> registry_;
    std::unique_ptr<event_store> store_;
};

INSTANTIATE_TEST_SUITE_P(every, event_store_contract,
                         testing::Values(implementation{
                             "sqlite",
                             [] { return std::unique_ptr<storage>{std::make_unique<sqlite_storage>()}; }}),
                         [](auto const& which) { return which.param.name; });

TEST_P(event_store_contract, gives_back_what_was_appended) {
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

TEST_P(event_store_contract,
       gives_growing_sequences_and_ids_also_when_the_clock_goes_back_and_after_reopening) {
    auto const first = append(*store_, make_event("github", "1"), {}).value();
    clock_.advance(std::chrono::hours{-48});
    auto const second = append(*store_, make_event("github", "2"), {}).value();
    open();
    auto const third = append(*store_, make_event("github", "3"), {}).value();
    EXPECT_LT(first.sequence, second.sequence);
    EXPECT_LT(second.sequence, third.sequence);
    EXPECT_LT(first.id, second.id);
    EXPECT_LT(second.id, third.id);
}

TEST_P(event_store_contract, answers_a_known_key_with_the_first_event_and_counts_it) {
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

TEST_P(event_store_contract, knows_the_keys_again_after_reopening) {
    auto const first = append(*store_, make_event("github", "1"), {key_of("a")}).value();
    open();
    auto const again = append(*store_, make_event("github", "1"), {key_of("a")}).value();
    EXPECT_TRUE(again.duplicate);
    EXPECT_EQ(again.id, first.id);
}

TEST_P(event_store_contract, stores_one_of_many_appends_of_one_key_at_once) {
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

TEST_P(event_store_contract, leases_events_in_the_order_of_their_commit) {
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

TEST_P(event_store_contract, leases_from_the_database_what_the_feed_has_no_room_for) {
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

boost::asio::awaitable<void> lease_into(event_store& from,
                                        std::optional<result<std::vector<event>>>& answer) {
    auto leasing = from.lease_events(10);
    auto leased = co_await std::move(leasing);
    answer.emplace(std::move(leased));
}

TEST_P(event_store_contract, waits_for_an_event_to_lease) {
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

TEST_P(event_store_contract, gives_up_waiting_for_a_lease_when_cancelled_and_loses_nothing) {
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

TEST_P(event_store_contract, leases_again_after_reopening_what_was_not_routed_and_only_that) {
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

TEST_P(event_store_contract, says_how_far_routing_is) {
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

TEST_P(event_store_contract, gives_deliveries_growing_ids_in_their_order) {
    auto const of = appended("github", "1");
    auto const recorded =
        route(of, {make_delivery(of, "first"), make_delivery(of, "second"), make_delivery(of, "second", 1)});
    ASSERT_EQ(recorded.size(), 3U);
    EXPECT_LT(recorded[0].id, recorded[1].id);
    EXPECT_LT(recorded[1].id, recorded[2].id);
    auto const shown = run(store_->deliveries_of(of.id)).value();
    ASSERT_EQ(shown.size(), 3U);
    EXPECT_EQ(shown[2].kept.id, recorded[2].id);
    EXPECT_EQ(shown[2].kept.item, 1U);
    EXPECT_EQ(run(store_->read_event(of.id)).value().state, event_state::routed);
    EXPECT_EQ(store_->health().deliveries.at(delivery_state::waiting), 3U);
}

TEST_P(event_store_contract, keeps_all_that_will_be_sent) {
    auto const of = appended("github", "1");
    auto const wanted = make_delivery(of, "first");
    auto const recorded = route(of, {wanted});
    auto const kept = run(store_->read_delivery(recorded[0].id)).value().kept;
    EXPECT_EQ(kept.event_id, of.id);
    EXPECT_EQ(kept.rule_revision, wanted.rule_revision);
    EXPECT_EQ(kept.order.target, "platform");
    EXPECT_EQ(kept.order.workflow_id, "orders-1");
    EXPECT_EQ(kept.order.workflow, "SyncThenBuild");
    EXPECT_EQ(kept.order.task_queue, "data-platform");
    EXPECT_EQ(kept.order.input, wanted.order.input);
    EXPECT_EQ(kept.order.memo, wanted.order.memo);
    EXPECT_EQ(kept.order.search_attributes, wanted.order.search_attributes);
    EXPECT_EQ(kept.order.run_timeout, std::chrono::seconds{300});
    EXPECT_TRUE(kept.order.id_is_default);
    EXPECT_EQ(kept.created_at, clock_.now());
}

TEST_P(event_store_contract, keeps_one_delivery_for_an_event_rule_item_and_generation) {
    auto const of = appended("github", "1");
    auto const first = route(of, {make_delivery(of, "first")});
    ASSERT_TRUE(change({.delivery = first[0].id, .to = delivery_state::starting}));
    auto replay = make_delivery(of, "first");
    replay.generation = 1;
    auto const second = route(of, {make_delivery(of, "first"), replay});
    EXPECT_EQ(second[0].id, first[0].id);
    EXPECT_EQ(second[0].state, delivery_state::starting);
    EXPECT_NE(second[1].id, first[0].id);
    EXPECT_EQ(run(store_->deliveries_of(of.id)).value().size(), 2U);
}

TEST_P(event_store_contract, says_why_an_event_was_not_matched_and_lets_it_be_routed_later) {
    auto const of = appended("github", "1");
    run(store_->record_routing({{of.sequence, event_state::unmatched, "no rule for this source", {}, {}}}))
        .value();
    auto const kept = run(store_->read_event(of.id)).value();
    EXPECT_EQ(kept.state, event_state::unmatched);
    EXPECT_EQ(kept.reason, "no rule for this source");
    route(of, {make_delivery(of, "first")});
    EXPECT_EQ(run(store_->read_event(of.id)).value().state, event_state::routed);
    run(store_->record_routing({{of.sequence, event_state::unmatched, "", {}, {}}})).value();
    EXPECT_EQ(run(store_->read_event(of.id)).value().state, event_state::routed);
}

TEST_P(event_store_contract, refuses_to_route_an_event_that_is_not_there_and_records_nothing) {
    auto const of = appended("github", "1");
    auto const refused =
        run(store_->record_routing({{of.sequence, event_state::routed, "", {make_delivery(of, "first")}, {}},
                                    {999, event_state::routed, "", {}, {}}}));
    EXPECT_EQ(refused.error().code, errc::not_found);
    EXPECT_TRUE(run(store_->deliveries_of(of.id)).value().empty());
    EXPECT_EQ(run(store_->read_event(of.id)).value().state, event_state::accepted);
}

TEST_P(event_store_contract, keeps_the_text_of_a_rule) {
    auto const of = appended("github", "1");
    run(store_->record_routing(
            {{of.sequence, event_state::routed, "", {}, {{"0123456789abcdef", "when: true"}}}}))
        .value();
    EXPECT_EQ(run(store_->rule_text("0123456789abcdef")).value(), "when: true");
    EXPECT_EQ(run(store_->rule_text("fedcba9876543210")).error().code, errc::not_found);
}

TEST_P(event_store_contract, changes_a_delivery_only_from_the_state_it_is_in) {
    auto const of = appended("github", "1");
    auto const id = route(of, {make_delivery(of, "first")})[0].id;
    auto const due = clock_.now() + milliseconds{700};
    EXPECT_TRUE(change({.delivery = id,
                        .to = delivery_state::waiting,
                        .reason = "target away",
                        .tried = attempt{1, clock_.now(), "UNAVAILABLE", "refused"},
                        .due_at = due}));
    EXPECT_FALSE(change({.delivery = id, .from = delivery_state::started, .to = delivery_state::completed}));
    EXPECT_TRUE(change({.delivery = id, .from = delivery_state::waiting, .to = delivery_state::starting}));
    EXPECT_FALSE(change({.delivery = id, .from = delivery_state::waiting, .to = delivery_state::starting}));
    EXPECT_TRUE(change({.delivery = id,
                        .from = delivery_state::starting,
                        .to = delivery_state::started,
                        .run_id = "run-1",
                        .tried = attempt{2, clock_.now(), "started", ""},
                        .started_at = clock_.now()}));
    auto const shown = run(store_->read_delivery(id)).value();
    EXPECT_EQ(shown.kept.state, delivery_state::started);
    EXPECT_EQ(shown.kept.run_id, "run-1");
    EXPECT_EQ(shown.kept.attempts, 2U);
    EXPECT_EQ(shown.kept.due_at, due);
    EXPECT_EQ(shown.kept.started_at, clock_.now());
    EXPECT_EQ(shown.kept.ended_at, std::nullopt);
    ASSERT_EQ(shown.attempts.size(), 2U);
    EXPECT_EQ(shown.attempts[0].outcome, "UNAVAILABLE");
    EXPECT_EQ(shown.attempts[0].detail, "refused");
    EXPECT_EQ(shown.attempts[1].number, 2U);
    EXPECT_EQ(store_->health().deliveries.at(delivery_state::started), 1U);
    EXPECT_EQ(store_->health().deliveries.at(delivery_state::waiting), 0U);
}

TEST_P(event_store_contract, takes_the_order_of_a_delivery_that_had_none) {
    auto const of = appended("github", "1");
    auto failed = make_delivery(of, "first");
    failed.order = {};
    failed.state = delivery_state::dead;
    auto const id = route(of, {failed})[0].id;
    auto const order = make_delivery(of, "first").order;
    EXPECT_TRUE(
        change({.delivery = id, .from = delivery_state::dead, .order = order, .rule_revision = "today"}));
    auto const kept = run(store_->read_delivery(id)).value().kept;
    EXPECT_EQ(kept.state, delivery_state::waiting);
    EXPECT_EQ(kept.order.target, "platform");
    EXPECT_EQ(kept.order.input, order.input);
    EXPECT_EQ(kept.rule_revision, "today");
}

TEST_P(event_store_contract, does_not_change_a_delivery_that_is_not_there) {
    EXPECT_FALSE(change({.delivery = {}, .to = delivery_state::starting}));
}

TEST_P(event_store_contract, continues_after_reopening_with_what_is_not_finished) {
    auto const of = appended("github", "1");
    auto const all = route(
        of, {make_delivery(of, "a"), make_delivery(of, "b"), make_delivery(of, "c"), make_delivery(of, "d")});
    change({.delivery = all[0].id, .to = delivery_state::dead, .reason = "too old"});
    change({.delivery = all[2].id, .to = delivery_state::held, .held_because = hold_cause::missing});
    open();
    auto const unfinished = [&](std::vector<delivery_state> states, std::optional<uuid> after,
                                std::size_t limit) {
        std::string rules;
        for (auto const& each : run(store_->unfinished(std::move(states), after, limit)).value()) {
            rules += each.rule;
            EXPECT_EQ(each.order.workflow, "SyncThenBuild");
        }
        return rules;
    };
    EXPECT_EQ(unfinished({delivery_state::waiting, delivery_state::held}, {}, 10), "bcd");
    EXPECT_EQ(unfinished({delivery_state::waiting, delivery_state::held}, {}, 2), "bc");
    EXPECT_EQ(unfinished({delivery_state::waiting, delivery_state::held}, all[1].id, 10), "cd");
    EXPECT_EQ(unfinished({delivery_state::held}, {}, 10), "c");
    EXPECT_EQ(store_->health().deliveries.at(delivery_state::waiting), 2U);
    EXPECT_EQ(store_->health().deliveries.at(delivery_state::dead), 1U);
}

TEST_P(event_store_contract, pages_events_from_new_to_old) {
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

TEST_P(event_store_contract, filters_events) {
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

TEST_P(event_store_contract, filters_and_pages_deliveries) {
    auto const of = appended("github", "1");
    auto elsewhere = make_delivery(of, "b");
    elsewhere.order.target = "other";
    auto const all = route(of, {make_delivery(of, "a"), elsewhere, make_delivery(of, "c")});
    change({.delivery = all[2].id, .to = delivery_state::completed});
    auto const rules = [&](delivery_filter filter) {
        std::string found;
        for (auto const& each : run(store_->list_deliveries(std::move(filter), {})).value().items)
            found += each.rule;
        return found;
    };
    EXPECT_EQ(rules({}), "cba");
    EXPECT_EQ(rules({.rule = "b"}), "b");
    EXPECT_EQ(rules({.target = "platform"}), "ca");
    EXPECT_EQ(rules({.state = delivery_state::waiting}), "ba");
    EXPECT_EQ(rules({.state = delivery_state::completed}), "c");
    EXPECT_EQ(rules({.source = "stripe"}), "");
    EXPECT_EQ(rules({.created_from = clock_.now() + milliseconds{1}}), "");
    auto const first = run(store_->list_deliveries({}, {"", 2})).value();
    auto const second = run(store_->list_deliveries({}, {first.next, 2})).value();
    EXPECT_EQ(second.items.at(0).rule, "a");
    EXPECT_EQ(second.next, "");
}

TEST_P(event_store_contract, refuses_what_no_page_can_be) {
    EXPECT_EQ(run(store_->list_events({}, {"", 0})).error().code, errc::invalid_argument);
    EXPECT_EQ(run(store_->list_events({}, {"", 1001})).error().code, errc::invalid_argument);
    EXPECT_EQ(run(store_->list_events({}, {"x", 10})).error().code, errc::invalid_argument);
    EXPECT_EQ(run(store_->list_deliveries({}, {"-1", 10})).error().code, errc::invalid_argument);
}

TEST_P(event_store_contract, finds_nothing_under_an_unknown_id) {
    append(*store_, make_event("github", "1"), {}).value();
    uuid unknown;
    for (auto const first_byte : {0x00, 0x01, 0xff}) {
        unknown.bytes[0] = static_cast<std::uint8_t>(first_byte);
        EXPECT_EQ(run(store_->read_event(unknown)).error().code, errc::not_found);
        EXPECT_EQ(run(store_->read_delivery(unknown)).error().code, errc::not_found);
        EXPECT_EQ(run(store_->deliveries_of(unknown)).error().code, errc::not_found);
    }
}

TEST_P(event_store_contract, refuses_an_event_past_the_backlog_and_accepts_again_when_routed) {
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

TEST_P(event_store_contract, refuses_an_event_that_does_not_fit_the_queue) {
    settings_.queue_bytes_max = 10'000;
    open();
    EXPECT_TRUE(append(*store_, make_event("github", std::string(5'000, 'x')), {}));
    auto const refused = append(*store_, make_event("github", std::string(10'001, 'x')), {});
    EXPECT_EQ(refused.error().code, errc::resource_exhausted);
}

TEST_P(event_store_contract, finishes_what_was_queued_when_it_closes_and_refuses_what_comes_later) {
    appends all{*store_};
    for (int i = 0; i < 20; ++i) all.add(make_event("github", std::to_string(i)), {});
    all.submit();
    store_->close();
    for (auto const& each : all.wait()) EXPECT_TRUE(each);
    EXPECT_EQ(append(*store_, make_event("github", "late"), {}).error().code, errc::unavailable);
    EXPECT_FALSE(store_->health().accepting);
    open();
    EXPECT_EQ(run(store_->list_events({}, {})).value().items.size(), 20U);
}

}  // namespace
}  // namespace headgate::store
