#include "tests/support/dispatcher_at_work.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace headgate::dispatch {
namespace {

using namespace std::chrono_literals;
using namespace std::string_literals;
using testing::HasSubstr;
using testing_support::dispatcher_at_work;
using testing_support::rule_named;
using answer_kind = targets::start_answer::kind;

TEST(dispatcher, starts_a_match_once_and_follows_it_to_its_end) {
    dispatcher_at_work work{{rule_named("sync")}};
    work.run_until(work.all_are(delivery_state::completed), {R"({"n":7})"});
    ASSERT_EQ(work.target.starts.size(), 1U);
    EXPECT_THAT(work.target.starts[0].inputs, testing::ElementsAre(R"({"n":7})"));
    EXPECT_EQ(work.target.starts[0].request_id, work.only().id);
    EXPECT_EQ(work.target.starts[0].workflow_id, to_string(work.only().event_id) + ".sync");
    EXPECT_EQ(work.only().run_id, "run-1");
}

TEST(dispatcher, an_event_that_nothing_matches_is_unmatched) {
    auto never = rule_named("never");
    never.when = ".body.n == 8";
    dispatcher_at_work work{{never}};
    work.run_until([&] { return work.store.events().begin()->second.state == event_state::unmatched; },
                   {R"({"n":7})"});
    EXPECT_TRUE(work.store.deliveries().empty());
}

TEST(dispatcher, a_rule_that_fails_leaves_a_dead_delivery_and_others_alone) {
    auto broken = rule_named("broken");
    broken.inputs = {R"(error("no such thing"))"};
    dispatcher_at_work work{{broken, rule_named("sound")}};
    work.run_until(work.all_are(delivery_state::completed), {R"({"n":7})"});
    EXPECT_TRUE(work.all_are(delivery_state::dead)());
    for (auto const& [id, each] : work.store.deliveries()) {
        if (each.kept.rule != "broken") continue;
        EXPECT_TRUE(each.kept.reason.starts_with("match: input: ")) << each.kept.reason;
    }
}

TEST(dispatcher, tries_again_with_the_same_ids) {
    dispatcher_at_work work{{rule_named("sync")}};
    work.target.answers = {
        {.what = answer_kind::unanswered, .code = errc::deadline_exceeded, .message = "slow"},
        {.what = answer_kind::not_now, .code = errc::unavailable, .message = "away"}};
    work.run_until(work.all_are(delivery_state::completed), {R"({"n":7})"});
    ASSERT_EQ(work.target.starts.size(), 3U);
    EXPECT_EQ(work.target.starts[0].request_id, work.target.starts[2].request_id);
    EXPECT_EQ(work.target.starts[0].workflow_id, work.target.starts[2].workflow_id);
    EXPECT_EQ(work.only().attempts, 3U);
}

// One attempt without an answer, one that started; and a delivery that was never attempted.
TEST(dispatcher, counts_attempts_by_what_they_led_to_and_deliveries_by_how_they_ended) {
    auto broken = rule_named("broken");
    broken.inputs = {R"(error("no such thing"))"};
    dispatcher_at_work work{{broken, rule_named("sync")}};
    work.target.answers = {
        {.what = answer_kind::unanswered, .code = errc::deadline_exceeded, .message = "slow"}};
    work.run_until(work.all_are(delivery_state::completed), {R"({"n":7})"});
    auto const shown = work.counts.render();
    auto const attempts = "\nheadgate_attempts_total{target=\"platform\",result="s;
    EXPECT_THAT(shown, HasSubstr(attempts + "\"retry\"} 1\n"));
    EXPECT_THAT(shown, HasSubstr(attempts + "\"started\"} 1\n"));
    EXPECT_THAT(shown, HasSubstr(attempts + "\"dead\"} 0\n"));
    EXPECT_THAT(shown, HasSubstr("\nheadgate_deliveries_ended_total{state=\"completed\"} 1\n"));
    EXPECT_THAT(shown, HasSubstr("\nheadgate_deliveries_ended_total{state=\"dead\"} 1\n"));
    EXPECT_THAT(shown, HasSubstr("\nheadgate_deliveries_ended_total{state=\"failed\"} 0\n"));
}

TEST(dispatcher, does_not_attempt_anything_while_the_target_is_away) {
    dispatcher_at_work work{{rule_named("sync")}};
    work.target.there = false;
    work.run_until([&] { return work.target.probes > 3; }, {R"({"n":1})", R"({"n":2})"});
    EXPECT_LE(work.target.starts.size(), 2U);
    EXPECT_EQ(work.store.deliveries().size(), 2U);
}

TEST(dispatcher, drains_what_piled_up_when_the_target_is_back) {
    dispatcher_at_work work{{rule_named("sync")}};
    work.target.there = false;
    work.run_until(
        [&] {
            if (work.target.probes > 3) work.target.there = true;
            return work.all_are(delivery_state::completed, 20)();
        },
        std::vector<std::string>(20, R"({"n":1})"));
}

TEST(dispatcher, continues_with_a_start_that_may_have_happened) {
    dispatcher_at_work work{{rule_named("sync")}};
    delivery old;
    old.source = "github";
    old.rule = "sync";
    old.order.target = "platform";
    old.order.workflow_id = "w";
    old.state = delivery_state::starting;
    auto const id = work.store.keep(old).id;
    work.run_until(work.all_are(delivery_state::completed));
    ASSERT_EQ(work.target.starts.size(), 1U);
    EXPECT_EQ(work.target.starts[0].request_id, id);
}

TEST(dispatcher, a_start_that_was_answered_while_a_sweep_read_it_is_not_asked_again) {
    dispatcher_at_work work{{rule_named("sync")}};
    delivery old;
    old.rule = "sync";
    old.order.target = "platform";
    old.order.workflow_id = "w";
    old.state = delivery_state::starting;
    auto const id = work.store.keep(old).id;
    work.store.after_reading_orders = [&work, id] {
        work.store.change({.delivery = id, .from = delivery_state::starting, .to = delivery_state::started});
    };
    work.run_until(work.all_are(delivery_state::completed));
    EXPECT_TRUE(work.target.starts.empty());
}

// Temporal no longer knows the run by then, and would start another.
TEST(dispatcher, a_start_that_the_target_may_have_forgotten_is_held_and_not_asked_again) {
    dispatcher_at_work work{{rule_named("sync")}};
    work.target.answers_probes = false;
    delivery old;
    old.rule = "sync";
    old.order.target = "platform";
    old.order.workflow_id = "w";
    old.state = delivery_state::starting;
    old.started_at = work.clock.now() - std::chrono::hours{25};
    work.store.keep(old);
    int turns = 0;
    work.run_until([&] {
        work.target.answers_probes = ++turns > 20;
        return work.all_are(delivery_state::held)();
    });
    EXPECT_TRUE(work.target.starts.empty());
    EXPECT_THAT(work.counts.render(),
                HasSubstr("\nheadgate_attempts_total{target=\"platform\",result=\"held\"} 0\n"));
    EXPECT_EQ(work.only().held_because, hold_cause::unanswered);
    EXPECT_EQ(work.only().reason,
              "a start without an answer for longer than the target keeps runs"
              " — look the workflow id up on the target, then release or leave it");
}

TEST(dispatcher, a_waiting_delivery_whose_rule_is_gone_is_held_and_one_whose_rule_is_back_goes_on) {
    dispatcher_at_work work{{rule_named("sync")}};
    delivery orphan;
    orphan.rule = "gone";
    orphan.order.target = "platform";
    orphan.order.workflow_id = "w1";
    work.store.keep(orphan);
    delivery back = orphan;
    back.rule = "sync";
    back.order.workflow_id = "w2";
    back.state = delivery_state::held;
    back.held_because = hold_cause::removed;
    work.store.keep(back);
    work.run_until(
        [&] { return work.all_are(delivery_state::held)() && work.all_are(delivery_state::completed)(); });
    EXPECT_EQ(work.only().held_because, hold_cause::removed);
    EXPECT_EQ(work.only().reason, "rule 'gone' is not in the configuration");
}

TEST(dispatcher, releases_all_that_was_held_for_something_missing_once_one_went_through) {
    dispatcher_at_work work{{rule_named("sync")}};
    for (int i = 0; i < 5; ++i) {
        delivery held;
        held.rule = "sync";
        held.order.target = "platform";
        held.order.workflow_id = "w" + std::to_string(i);
        held.state = delivery_state::held;
        held.held_because = hold_cause::missing;
        work.store.keep(held);
    }
    work.run_until(work.all_are(delivery_state::completed, 5));
}

TEST(dispatcher, what_is_held_for_something_missing_is_not_tried_once_its_rule_is_gone) {
    dispatcher_at_work work{{rule_named("sync")}};
    work.settings.sweep_every = std::chrono::milliseconds{5};
    delivery held;
    held.rule = "gone";
    held.order.target = "platform";
    held.order.workflow_id = "w";
    held.state = delivery_state::held;
    held.held_because = hold_cause::missing;
    work.store.keep(held);
    work.run_until([&] { return work.only().held_because == hold_cause::removed; });
    EXPECT_TRUE(work.target.starts.empty());
}

TEST(dispatcher, attempts_only_one_delivery_of_a_workflow_id_at_a_time) {
    auto same = rule_named("same");
    same.id = R"("one-id")";
    dispatcher_at_work work{{same}};
    work.target.answers = {{.what = answer_kind::unanswered, .code = errc::deadline_exceeded}};
    work.run_until(work.all_are(delivery_state::completed, 2), {R"({"n":1})", R"({"n":2})"});
    ASSERT_EQ(work.target.starts.size(), 3U);
    EXPECT_EQ(work.target.starts[0].request_id, work.target.starts[1].request_id);
}

TEST(dispatcher, goes_on_when_the_store_takes_changes_again) {
    dispatcher_at_work work{{rule_named("sync")}};
    work.store.refuses_every_other_write = true;
    work.run_until(work.all_are(delivery_state::completed), {R"({"n":7})"});
    EXPECT_GE(work.store.records_refused, 2U);
    EXPECT_EQ(work.target.starts.size(), 1U);
}

TEST(dispatcher, holds_what_waits_for_a_removed_rule_once_however_often_it_sweeps) {
    dispatcher_at_work work{{rule_named("sync")}};
    work.settings.sweep_every = 5ms;
    work.store.refuses_every_other_write = true;
    delivery orphan;
    orphan.rule = "gone";
    orphan.order.target = "platform";
    work.keep_many(orphan, 1'200);
    work.run_until(work.all_are(delivery_state::held, 1'200));
    EXPECT_EQ(work.store.changes_in_vain, 0U);
}

TEST(dispatcher, releases_what_waited_for_a_rule_that_is_back) {
    dispatcher_at_work work{{rule_named("sync")}};
    work.settings.sweep_every = 1h;
    delivery orphan;
    orphan.rule = "sync";
    orphan.order.target = "platform";
    orphan.state = delivery_state::held;
    orphan.held_because = hold_cause::removed;
    work.keep_many(orphan, 1'200);
    work.run_until(work.all_are(delivery_state::completed, 1'200));
    EXPECT_EQ(work.target.starts.size(), 1'200U);
    EXPECT_EQ(work.store.changes_in_vain, 0U);
}

TEST(dispatcher, stops_in_time_although_changes_wait_for_a_store_that_hangs) {
    dispatcher_at_work work{{rule_named("sync")}};
    work.drain_within = 10ms;
    work.target.when_asked = [&] { work.store.writes_hang = true; };
    work.run_until([&] { return work.store.writes_hanging > 0; }, {R"({"n":7})"});
    EXPECT_TRUE(work.all_are(delivery_state::starting)());
}

// Time that the store took to come back is not work that routing would have to make up for.
TEST(dispatcher, routes_on_after_trouble_with_the_store_while_accepting_is_busy) {
    dispatcher_at_work work{{rule_named("sync")}};
    work.accepting_is_busy = [] { return true; };
    work.settings.route_batch_max = 1;
    work.store.refuses_every_other_write = true;
    work.run_until([&] { return work.store.deliveries().size() == 2; }, {R"({"n":7})", R"({"n":8})"});
}

TEST(dispatcher, renders_a_delivery_that_had_no_order_by_todays_rule_and_keeps_that_rules_text) {
    dispatcher_at_work work{{rule_named("sync")}};
    work.run_until(work.all_are(delivery_state::completed), {R"({"n":7})"});
    // As an operator's retry leaves a delivery whose rule failed.
    delivery bare;
    bare.event_id = work.only().event_id;
    bare.rule = "sync";
    bare.rule_revision = "0000000000000000";
    bare.order.target = "platform";
    auto const id = work.store.keep(bare).id;
    work.run_until(work.all_are(delivery_state::completed, 2));
    auto const& kept = work.store.deliveries().at(id).kept;
    EXPECT_THAT(kept.order.inputs, testing::ElementsAre(R"({"n":7})"));
    EXPECT_NE(kept.rule_revision, "0000000000000000");
    EXPECT_TRUE(work.store.keeps_rule_text(kept.rule_revision));
}

TEST(dispatcher, a_rule_that_belongs_to_another_source_by_now_does_not_match_what_is_retried) {
    dispatcher_at_work work{{rule_named("sync")}};
    work.run_until(work.all_are(delivery_state::completed), {R"({"n":7})"});
    delivery bare;
    bare.event_id = work.only().event_id;
    bare.rule = "sync";
    bare.order.target = "platform";
    auto const id = work.store.keep(bare).id;
    work.settings.rules[0].source = "gitlab";
    work.settings.sources = {{.name = "github", .body = {}}, {.name = "gitlab", .body = {}}};
    work.run_until(work.all_are(delivery_state::dead));
    EXPECT_EQ(work.store.deliveries().at(id).kept.reason, "match: today's rule does not match the event");
    EXPECT_EQ(work.target.starts.size(), 1U);
}

// Else it would stay `accepted`, and retention would stop before it for ever.
TEST(dispatcher, an_event_whose_deliveries_can_never_be_recorded_is_quarantined_with_the_reason) {
    dispatcher_at_work work{{rule_named("sync")}};
    work.store.never_delivered = {2};
    work.run_until(work.all_are(delivery_state::completed, 2), std::vector<std::string>(3, R"({"n":1})"));
    EXPECT_EQ(work.store.events().at(2).state, event_state::quarantined);
    EXPECT_EQ(work.store.events().at(2).reason,
              "what routing made of it cannot be recorded: can never be recorded");
    EXPECT_EQ(work.store.deliveries().size(), 2U);
}

// A delivery takes its input and less than 1000 bytes beside it.
TEST(dispatcher, records_what_rules_made_of_events_in_parts_of_a_bounded_size) {
    auto large = rule_named("large");
    large.inputs = {R"("x" * (.body.n * 1000))"};
    dispatcher_at_work work{{large}};
    work.settings.route_bytes_max = 10'000;
    work.run_until(work.all_are(delivery_state::completed, 6),
                   {R"({"n":4})", R"({"n":4})", R"({"n":4})", R"({"n":20})", R"({"n":1})", R"({"n":1})"});
    EXPECT_EQ(work.store.routed_together, (std::vector<std::size_t>{2, 1, 1, 2}));
}

TEST(dispatcher, an_event_that_can_never_be_recorded_stops_no_other) {
    dispatcher_at_work work{{rule_named("sync")}};
    work.store.never_routed = {2};
    work.run_until(work.all_are(delivery_state::completed, 2), std::vector<std::string>(3, R"({"n":1})"));
    EXPECT_EQ(work.store.deliveries().size(), 2U);
}

}  // namespace
}  // namespace headgate::dispatch
