#include "tests/support/store_contract.hpp"

#include <gtest/gtest.h>

// What every event store promises of routing and deliveries, whatever keeps the rows.

namespace headgate::store {
namespace {

using namespace testing_support;
using std::chrono::milliseconds;

using deliveries_of_a_store = event_store_contract;
INSTANTIATE_TEST_SUITE_P(every, deliveries_of_a_store, every_store(), name_of_store);

TEST_P(deliveries_of_a_store, gives_deliveries_growing_ids_in_their_order) {
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

TEST_P(deliveries_of_a_store, keeps_all_that_will_be_sent) {
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
    EXPECT_EQ(kept.order.inputs, wanted.order.inputs);
    EXPECT_EQ(kept.order.memo, wanted.order.memo);
    EXPECT_EQ(kept.order.search_attributes, wanted.order.search_attributes);
    EXPECT_EQ(kept.order.run_timeout, std::chrono::seconds{300});
    EXPECT_TRUE(kept.order.id_is_default);
    EXPECT_EQ(kept.created_at, clock_.now());
}

TEST_P(deliveries_of_a_store, keeps_what_is_signalled_and_why_nobody_is_sure_of_it) {
    auto const of = appended("github", "1");
    auto wanted = make_delivery(of, "first");
    wanted.order.kind = order_kind::signal;
    wanted.order.signal = {.name = "new_release", .inputs = {"7"}, .event_id = to_string(of.id)};
    auto const id = route(of, {wanted})[0].id;
    EXPECT_TRUE(change({.delivery = id, .to = delivery_state::held, .held_because = hold_cause::unsure}));
    auto const kept = run(store_->read_delivery(id)).value().kept;
    EXPECT_EQ(kept.order.kind, order_kind::signal);
    EXPECT_EQ(kept.order.signal, wanted.order.signal);
    EXPECT_EQ(kept.held_because, hold_cause::unsure);
}

TEST_P(deliveries_of_a_store, keeps_one_delivery_for_an_event_rule_item_and_generation) {
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

TEST_P(deliveries_of_a_store, says_why_an_event_was_not_matched_and_lets_it_be_routed_later) {
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

TEST_P(deliveries_of_a_store, refuses_to_route_an_event_that_is_not_there_and_records_nothing) {
    auto const of = appended("github", "1");
    auto const refused =
        run(store_->record_routing({{of.sequence, event_state::routed, "", {make_delivery(of, "first")}, {}},
                                    {999, event_state::routed, "", {}, {}}}));
    EXPECT_EQ(refused.error().code, errc::not_found);
    EXPECT_TRUE(run(store_->deliveries_of(of.id)).value().empty());
    EXPECT_EQ(run(store_->read_event(of.id)).value().state, event_state::accepted);
}

TEST_P(deliveries_of_a_store, keeps_the_text_of_a_rule) {
    auto const of = appended("github", "1");
    run(store_->record_routing(
            {{of.sequence, event_state::routed, "", {}, {{"0123456789abcdef", "when: true"}}}}))
        .value();
    EXPECT_EQ(run(store_->rule_text("0123456789abcdef")).value(), "when: true");
    EXPECT_EQ(run(store_->rule_text("fedcba9876543210")).error().code, errc::not_found);
}

TEST_P(deliveries_of_a_store, changes_a_delivery_only_from_the_state_it_is_in) {
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

TEST_P(deliveries_of_a_store, takes_the_order_of_a_delivery_that_had_none) {
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
    EXPECT_EQ(kept.order.inputs, order.inputs);
    EXPECT_EQ(kept.rule_revision, "today");
}

TEST_P(deliveries_of_a_store, keeps_the_text_of_the_rule_that_rendered_an_order_later) {
    auto const of = appended("github", "1");
    auto const id = route(of, {make_delivery(of, "first")})[0].id;
    EXPECT_TRUE(change({.delivery = id,
                        .from = delivery_state::waiting,
                        .to = delivery_state::dead,
                        .rule_revision = "fedcba9876543210",
                        .rule_text = "when: false"}));
    EXPECT_EQ(run(store_->rule_text("fedcba9876543210")).value(), "when: false");
    EXPECT_EQ(run(store_->read_delivery(id)).value().kept.rule_revision, "fedcba9876543210");
}

TEST_P(deliveries_of_a_store, keeps_the_first_attempt_and_as_many_of_the_last_as_asked_and_counts_all) {
    auto const of = appended("github", "1");
    auto const id = route(of, {make_delivery(of, "first")})[0].id;
    for (std::uint32_t number = 1; number <= 7; ++number) {
        EXPECT_TRUE(change({.delivery = id,
                            .from = delivery_state::waiting,
                            .tried = attempt{number, clock_.now(), "UNAVAILABLE", ""},
                            .attempts_kept_max = 2}));
    }
    auto const shown = run(store_->read_delivery(id)).value();
    EXPECT_EQ(shown.kept.attempts, 7U);
    std::vector<std::uint32_t> kept;
    for (auto const& each : shown.attempts) kept.push_back(each.number);
    EXPECT_EQ(kept, (std::vector<std::uint32_t>{1, 6, 7}));
}

TEST_P(deliveries_of_a_store, keeps_what_a_delivery_was_when_it_leaves_held_or_dead_and_who_asked_for_that) {
    auto const of = appended("github", "1");
    auto const id = route(of, {make_delivery(of, "first")})[0].id;
    auto const ended_at = clock_.now();
    change({.delivery = id, .to = delivery_state::dead, .reason = "no such workflow", .ended_at = ended_at});
    clock_.advance(std::chrono::minutes{5});
    change({.delivery = id, .from = delivery_state::dead, .to = delivery_state::waiting, .asked_by = "ada"});
    change({.delivery = id, .to = delivery_state::held, .reason = "no such namespace"});
    change({.delivery = id, .from = delivery_state::held, .to = delivery_state::waiting});
    auto const kept = run(store_->read_delivery(id)).value().revivals;
    ASSERT_EQ(kept.size(), 2U);
    EXPECT_EQ(kept[0].at, clock_.now());
    EXPECT_EQ(kept[0].asked_by, "ada");
    EXPECT_EQ(kept[0].from, delivery_state::dead);
    EXPECT_EQ(kept[0].reason, "no such workflow");
    EXPECT_EQ(kept[0].ended_at, ended_at);
    EXPECT_EQ(kept[1].asked_by, "");
    EXPECT_EQ(kept[1].from, delivery_state::held);
    EXPECT_EQ(kept[1].reason, "no such namespace");
    EXPECT_EQ(kept[1].ended_at, std::nullopt);
}

TEST_P(deliveries_of_a_store, keeps_the_last_revivals_of_a_delivery_and_no_more_than_its_limit) {
    auto const of = appended("github", "1");
    auto const id = route(of, {make_delivery(of, "first")})[0].id;
    for (std::size_t i = 0; i <= revivals_kept_max; ++i) {
        change({.delivery = id, .to = delivery_state::held, .reason = std::to_string(i)});
        change({.delivery = id, .from = delivery_state::held, .to = delivery_state::waiting});
    }
    auto const kept = run(store_->read_delivery(id)).value().revivals;
    ASSERT_EQ(kept.size(), revivals_kept_max);
    EXPECT_EQ(kept.front().reason, "1");
    EXPECT_EQ(kept.back().reason, std::to_string(revivals_kept_max));
}

TEST_P(deliveries_of_a_store, begins_anew_when_a_delivery_leaves_held_or_dead) {
    auto const of = appended("github", "1");
    auto const made_at = clock_.now();
    auto const all =
        route(of, {make_delivery(of, "dead"), make_delivery(of, "held"), make_delivery(of, "open")});
    auto const begun = [&](std::size_t which) {
        return run(store_->read_delivery(all[which].id)).value().kept;
    };
    clock_.advance(std::chrono::hours{80});
    for (auto const& each : all)
        change({.delivery = each.id, .to = delivery_state::starting, .started_at = clock_.now()});
    EXPECT_EQ(begun(0).began_at, made_at);
    change({.delivery = all[0].id, .from = delivery_state::starting, .to = delivery_state::dead});
    change({.delivery = all[1].id, .from = delivery_state::starting, .to = delivery_state::held});
    change({.delivery = all[2].id, .from = delivery_state::starting, .to = delivery_state::held});
    clock_.advance(std::chrono::hours{1});
    EXPECT_TRUE(change({.delivery = all[0].id, .from = delivery_state::dead, .to = delivery_state::waiting}));
    EXPECT_TRUE(change({.delivery = all[1].id, .from = delivery_state::held, .to = delivery_state::waiting}));
    EXPECT_TRUE(
        change({.delivery = all[2].id, .from = delivery_state::held, .to = delivery_state::starting}));
    for (std::size_t which = 0; which < all.size(); ++which) {
        EXPECT_EQ(begun(which).began_at, clock_.now()) << which;
        EXPECT_EQ(begun(which).created_at, made_at) << which;
    }
    EXPECT_EQ(begun(0).started_at, std::nullopt);
    EXPECT_EQ(begun(1).started_at, std::nullopt);
    EXPECT_EQ(begun(2).started_at, clock_.now());  // Its start may have happened: it has a first try.
}

TEST_P(deliveries_of_a_store, reads_what_is_sent_up_to_a_number_of_bytes_and_one_at_least) {
    auto const of = appended("github", "1");
    auto const with_input = [&](char const* rule, std::size_t bytes) {
        auto made = make_delivery(of, rule);
        made.order.inputs = {'"' + std::string(bytes, 'x') + '"'};
        return made;
    };
    auto const all = route(of, {with_input("a", 40'000), with_input("b", 40'000), with_input("c", 90'000)});
    auto const rules = [&](std::size_t from, batch_limit limit) {
        std::vector<uuid> ids;
        for (auto i = from; i < all.size(); ++i) ids.push_back(all[i].id);
        std::string found;
        for (auto const& each : run(store_->read_orders(std::move(ids), limit)).value()) found += each->rule;
        return found;
    };
    EXPECT_EQ(rules(0, {10, 1}), "a");
    EXPECT_EQ(rules(0, {10, 90'000}), "ab");
    EXPECT_EQ(rules(2, {10, 1}), "c");
    EXPECT_EQ(rules(0, {10, 1'000'000}), "abc");
    EXPECT_EQ(rules(0, {2, 1'000'000}), "ab");
}

TEST_P(deliveries_of_a_store, reads_all_that_will_be_sent_and_nothing_of_what_is_gone) {
    auto const of = appended("github", "1");
    auto const all = route(of, {make_delivery(of, "a")});
    auto const found = run(store_->read_orders({uuid{}, all[0].id}, 10)).value();
    ASSERT_EQ(found.size(), 2U);
    EXPECT_FALSE(found[0]);
    ASSERT_TRUE(found[1]);
    EXPECT_EQ(found[1]->id, all[0].id);
    EXPECT_EQ(found[1]->order.workflow, "SyncThenBuild");
    EXPECT_EQ(found[1]->order.inputs, make_delivery(of, "a").order.inputs);
}

TEST_P(deliveries_of_a_store, pages_through_unfinished_ones_and_leaves_out_whole_targets) {
    auto const of = appended("github", "1");
    auto const to = [&](char const* rule, char const* target) {
        auto made = make_delivery(of, rule);
        made.order.target = target;
        return made;
    };
    route(of, {to("a", "x"), to("b", "y"), to("c", "x"), to("d", "z"), to("e", "x")});
    auto const rules = [&](std::set<std::string, std::less<>> targets_left_out) {
        std::string found;
        page_request which{.cursor = {}, .limit = 2};
        for (int pages = 0; pages < 5; ++pages) {
            auto const part = run(store_->unfinished({.targets_left_out = targets_left_out}, which)).value();
            for (auto const& each : part.items) found += each.rule;
            if (part.next.empty()) return found;
            which.cursor = part.next;
        }
        return found + " and no end";
    };
    EXPECT_EQ(rules({}), "abcde");
    EXPECT_EQ(rules({"x"}), "bd");
    EXPECT_EQ(rules({"x", "y", "z"}), "");
}

TEST_P(deliveries_of_a_store, lists_without_what_is_sent) {
    auto const of = appended("github", "1");
    route(of, {make_delivery(of, "first")});
    auto const shown = run(store_->list_deliveries({}, {})).value().items.at(0);
    EXPECT_EQ(shown.order.target, "platform");
    EXPECT_EQ(shown.order.workflow_id, "orders-1");
    EXPECT_EQ(shown.rule_revision, "0123456789abcdef");
    EXPECT_TRUE(shown.order.inputs.empty());
}

TEST_P(deliveries_of_a_store, does_not_change_a_delivery_that_is_not_there) {
    EXPECT_FALSE(change({.delivery = {}, .to = delivery_state::starting}));
}

TEST_P(deliveries_of_a_store, filters_and_pages_deliveries) {
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

}  // namespace
}  // namespace headgate::store
