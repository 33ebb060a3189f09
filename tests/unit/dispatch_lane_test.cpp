#include "tests/support/dispatcher_at_work.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace headgate::dispatch {
namespace {

using namespace std::chrono_literals;
using testing_support::dispatcher_at_work;
using testing_support::rule_named;
using answer_kind = targets::start_answer::kind;
using scope = targets::start_answer::scope;

// Its workflow id is what the event says.
rule_settings keyed() {
    auto rule = rule_named("keyed");
    rule.id = ".body.id";
    return rule;
}

std::vector<std::string> bodies(std::size_t how_many, std::string const& id) {
    return std::vector<std::string>(how_many, R"({"id":")" + id + R"("})");
}

TEST(lane, events_that_share_a_busy_workflow_id_take_no_room_from_others) {
    dispatcher_at_work work{{keyed()}};
    work.settings.deliveries_in_memory_max = 4;
    work.settings.same_id_in_line_max = 2;
    work.settings.targets[0].temporal.attempt_within = 1h;
    work.drain_within = 0ms;
    work.target.silent = {"busy"};
    auto events = bodies(30, "busy");
    for (int i = 0; i < 5; ++i) events.push_back(R"({"id":"other-)" + std::to_string(i) + R"("})");
    work.run_until(work.all_are(delivery_state::completed, 5), events);
    EXPECT_EQ(work.target.starts.size(), 6U);
}

TEST(lane, what_found_no_room_is_started_later) {
    dispatcher_at_work work{{keyed()}};
    work.settings.deliveries_in_memory_max = 4;
    work.settings.same_id_in_line_max = 2;
    work.settings.sweep_every = 5ms;
    auto events = bodies(20, "one");
    for (int i = 0; i < 20; ++i) events.push_back(R"({"id":"other-)" + std::to_string(i) + R"("})");
    work.run_until(work.all_are(delivery_state::completed, 40), events);
    EXPECT_EQ(work.target.starts.size(), 40U);
}

TEST(lane, inputs_past_the_bytes_that_may_wait_in_memory_are_started_later) {
    auto large = rule_named("large");
    large.inputs = {R"("x" * 1000)"};
    dispatcher_at_work work{{large}};
    work.settings.deliveries_in_memory_bytes_max = 3'000;
    work.settings.sweep_every = 5ms;
    work.run_until(work.all_are(delivery_state::completed, 20), bodies(20, "any"));
}

// What waits in the store may be millions, with inputs of any size.
TEST(lane, of_what_waits_in_the_store_the_inputs_are_read_for_as_many_as_find_room) {
    dispatcher_at_work work{{rule_named("sync")}};
    work.settings.deliveries_in_memory_max = 4;
    work.settings.sweep_every = 5ms;
    work.target.there = false;
    delivery waiting;
    waiting.rule = "sync";
    waiting.order.target = "platform";
    waiting.order.inputs = {"7"};
    work.keep_many(waiting, 50);
    work.run_until([&] { return work.store.searches > 20; });
    EXPECT_EQ(work.store.orders_read, 50U);  // One page at once, and none once the room is full.
    work.target.there = true;
    work.run_until(work.all_are(delivery_state::completed, 50));
    EXPECT_EQ(work.target.starts.size(), 50U);
    EXPECT_THAT(work.target.starts[49].inputs, testing::ElementsAre("7"));
}

TEST(lane, one_that_fails_lets_the_others_of_its_workflow_id_go_first) {
    dispatcher_at_work work{{keyed()}};
    work.settings.retry_first = 1h;
    work.settings.retry_longest = 1h;
    work.target.answers = {{.what = answer_kind::not_now, .code = errc::failed_precondition}};
    work.run_until(work.all_are(delivery_state::completed, 4), bodies(5, "one"));
    EXPECT_TRUE(work.all_are(delivery_state::waiting)());
    EXPECT_EQ(work.target.starts.size(), 5U);
}

TEST(lane, a_store_that_cannot_be_read_for_a_while_loses_nobody_their_turn) {
    dispatcher_at_work work{{keyed()}};
    work.settings.sweep_every = 1h;
    work.store.reads_to_refuse = 2;
    work.run_until(work.all_are(delivery_state::completed, 3), bodies(3, "one"));
    EXPECT_EQ(work.target.starts.size(), 3U);
}

TEST(lane, after_an_outage_one_start_goes_on_trial_before_the_rest) {
    dispatcher_at_work work{{rule_named("sync")}};
    work.target.takes_work = false;
    std::size_t starts_before_it_was_well = 0;
    work.run_until(
        [&] {
            if (work.target.probes > 8 && !work.target.takes_work) {
                starts_before_it_was_well = work.target.starts.size();
                work.target.takes_work = true;
            }
            return work.all_are(delivery_state::completed, 20)();
        },
        bodies(20, "any"));
    // All at once when nothing was known, and then one for each probe that succeeded.
    EXPECT_GT(starts_before_it_was_well, 20U);
    EXPECT_LE(starts_before_it_was_well, 20U + 8U + 1U);
}

TEST(lane, learns_the_limits_of_a_target_again_while_it_is_well) {
    dispatcher_at_work work{{rule_named("sync")}};
    work.settings.learn_every = 1ms;
    work.run_until([&] { return work.target.probes > 3; });
}

TEST(lane, learns_the_limits_of_a_target_as_soon_as_its_namespace_is_there) {
    dispatcher_at_work work{{rule_named("sync")}};
    work.target.has_namespace = false;
    std::size_t asked_before = 0;
    int turns = 0;
    work.run_until([&] {
        if (work.target.probes >= 2 && asked_before == 0) {
            work.target.has_namespace = true;
            asked_before = work.target.probes;
        }
        return asked_before > 0 && ++turns >= 50;
    });
    EXPECT_EQ(work.target.probes, asked_before + 1);  // The next one is an hour away.
}

// Starts say whether a target takes work. A probe that only asks for limits may be refused for other reasons.
TEST(lane, a_target_that_takes_work_is_not_away_when_it_does_not_tell_its_limits) {
    dispatcher_at_work work{{rule_named("sync")}};
    work.settings.learn_every = 1ms;
    work.settings.retry_first = 10ms;
    work.settings.retry_longest = 10ms;
    for (int i = 0; i < 3; ++i)
        work.target.answers.push_back({.what = answer_kind::not_now, .code = errc::failed_precondition});
    work.run_until(
        [&] {
            work.target.there = work.target.probes == 0;
            return work.all_are(delivery_state::completed)();
        },
        bodies(1, "any"));
    EXPECT_GT(work.target.probes, 3U);
}

TEST(lane, what_is_missing_is_looked_for_behind_all_that_is_held_for_another_reason) {
    dispatcher_at_work work{{rule_named("sync")}};
    work.settings.probe_every = 50ms;  // One is let go after twelve of these.
    delivery held;
    held.rule = "sync";
    held.order.target = "platform";
    held.state = delivery_state::held;
    held.held_because = hold_cause::unanswered;
    work.keep_many(held, 6'000);
    held.held_because = hold_cause::missing;
    held.order.workflow_id = "last";
    work.store.keep(held);
    work.run_until(work.all_are(delivery_state::completed));
    EXPECT_EQ(work.target.starts.size(), 1U);
}

// A namespace that was made anew has another retention.
TEST(lane, learns_the_limits_of_a_target_again_once_something_missing_is_there) {
    dispatcher_at_work work{{rule_named("sync")}};
    delivery held;
    held.rule = "sync";
    held.order.target = "platform";
    held.order.workflow_id = "w";
    held.state = delivery_state::held;
    held.held_because = hold_cause::missing;
    work.store.keep(held);
    work.run_until([&] { return work.target.probes == 2; });
    EXPECT_TRUE(work.all_are(delivery_state::completed)() || work.all_are(delivery_state::started)());
}

TEST(lane, the_time_that_a_target_was_away_is_nobodys_age) {
    dispatcher_at_work work{{rule_named("sync")}};
    work.settings.give_up_after = 72h;
    work.target.takes_work = false;
    bool was_long_away = false;
    work.run_until(
        [&] {
            if (work.target.starts.size() >= 3 && !was_long_away) {
                work.clock.advance(100h);
                was_long_away = true;
            }
            if (work.target.starts.size() >= 8) work.target.takes_work = true;
            return work.all_are(delivery_state::completed)();
        },
        bodies(1, "any"));
    EXPECT_TRUE(was_long_away);
}

TEST(lane, a_delivery_that_fails_on_a_target_that_is_there_is_given_up_by_age) {
    dispatcher_at_work work{{rule_named("sync")}};
    work.settings.give_up_after = 72h;
    for (int i = 0; i < 5; ++i)
        work.target.answers.push_back({.what = answer_kind::not_now, .code = errc::failed_precondition});
    work.run_until(
        [&] {
            if (work.target.starts.size() == 2) work.clock.advance(100h);
            return work.all_are(delivery_state::dead)();
        },
        bodies(1, "any"));
    EXPECT_TRUE(work.only().reason.starts_with("gave up by age: ")) << work.only().reason;
}

TEST(lane, a_quota_is_no_outage) {
    dispatcher_at_work work{{rule_named("sync")}};
    work.target.answers = {{.what = answer_kind::not_now,
                            .code = errc::resource_exhausted,
                            .message = "namespace rate limit",
                            .concerns = scope::target}};
    work.run_until([&] { return !work.store.deliveries().empty() && work.only().attempts == 1; },
                   bodies(2, "any"));
    EXPECT_EQ(work.target.probes, 1U);
    EXPECT_TRUE(work.all_are(delivery_state::waiting, 1)());
}

TEST(lane, keeps_the_first_attempt_and_the_last_ones_and_counts_all) {
    dispatcher_at_work work{{rule_named("sync")}};
    work.settings.attempts_kept_max = 3;
    for (int i = 0; i < 9; ++i)
        work.target.answers.push_back({.what = answer_kind::not_now, .code = errc::failed_precondition});
    work.run_until(work.all_are(delivery_state::completed), bodies(1, "any"));
    EXPECT_EQ(work.only().attempts, 10U);
    std::vector<std::uint32_t> kept;
    for (auto const& each : work.store.deliveries().begin()->second.attempts) kept.push_back(each.number);
    EXPECT_EQ(kept, (std::vector<std::uint32_t>{1, 8, 9, 10}));
}

TEST(lane, a_start_without_an_answer_does_not_hold_up_the_end) {
    dispatcher_at_work work{{keyed()}};
    work.settings.targets[0].temporal.attempt_within = 1h;
    work.drain_within = 0ms;
    work.target.silent = {"busy"};
    work.run_until([&] { return work.target.starts.size() == 1; }, bodies(1, "busy"));
    EXPECT_TRUE(work.all_are(delivery_state::starting)());
}

}  // namespace
}  // namespace headgate::dispatch
