#include "tests/support/every_frontend.hpp"
#include "tests/support/run.hpp"
#include "tests/support/temporal_target.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>
#include <utility>

// What a target promises of starts, asked of each thing that answers like Temporal.

namespace headgate::targets {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing_support::delivery_numbered;
using testing_support::frontend_kind;
using testing_support::make_target;
using testing_support::order_for;
using testing_support::run;
using testing_support::settings_for;
using testing_support::soon;

class starting_on_temporal : public testing_support::asking_every_frontend {};

INSTANTIATE_TEST_SUITE_P(every_frontend, starting_on_temporal,
                         testing::Values(frontend_kind::current, frontend_kind::floor, frontend_kind::fake),
                         [](auto const& each) { return name_of(each.param); });

TEST_P(starting_on_temporal, starts_a_run) {
    auto const answer = start(order_for(id("fresh")), delivery_numbered(1));
    EXPECT_EQ(answer.what, start_answer::kind::started) << answer.message;
    EXPECT_THAT(answer.run_id, Not(IsEmpty()));
}

TEST_P(starting_on_temporal, starting_again_with_the_same_request_id_finds_the_same_run) {
    auto const order = order_for(id("again"));
    auto const first = start(order, delivery_numbered(1));
    auto const second = start(order, delivery_numbered(1));
    EXPECT_EQ(second.what, start_answer::kind::started);
    EXPECT_EQ(second.run_id, first.run_id);
}

TEST_P(starting_on_temporal, a_closed_run_of_ours_is_found_again_not_started_again) {
    auto const order = order_for(id("again-closed"));
    auto const first = start(order, delivery_numbered(1));
    frontend_.terminate(order.workflow_id, "by operator");
    auto const second = start(order, delivery_numbered(1));
    EXPECT_EQ(second.what, start_answer::kind::started);
    EXPECT_EQ(second.run_id, first.run_id);
}

TEST_P(starting_on_temporal, joins_the_running_run_of_somebody_else) {
    auto const order = order_for(id("joined"));
    auto const theirs = start(order, delivery_numbered(1));
    auto const ours = start(order, delivery_numbered(2));
    EXPECT_EQ(ours.what, start_answer::kind::joined) << ours.message;
    EXPECT_EQ(ours.run_id, theirs.run_id);
    EXPECT_THAT(ours.message, HasSubstr("workflow id already used by run " + theirs.run_id));
}

TEST_P(starting_on_temporal, a_closed_run_of_somebody_else_keeps_its_id) {
    auto const order = order_for(id("taken"));
    auto const theirs = start(order, delivery_numbered(1));
    frontend_.terminate(order.workflow_id, "by operator");
    auto const ours = start(order, delivery_numbered(2));
    EXPECT_EQ(ours.what, start_answer::kind::id_taken) << ours.message;
    EXPECT_EQ(ours.run_id, theirs.run_id);
    EXPECT_THAT(ours.message, HasSubstr("(terminated, 20"));
    EXPECT_THAT(ours.remedy, Not(IsEmpty()));
}

TEST_P(starting_on_temporal, an_id_that_may_be_used_again_starts_another_run_once_the_first_is_closed) {
    for (auto const reuse : {id_reuse::after_failure, id_reuse::always}) {
        auto order = order_for(id("reused-" + std::string{name_of(reuse)}));
        order.reuse = reuse;
        auto const first = start(order, delivery_numbered(1));
        EXPECT_EQ(start(order, delivery_numbered(2)).what, start_answer::kind::joined);
        frontend_.terminate(order.workflow_id, "by operator");
        auto const second = start(order, delivery_numbered(2));
        EXPECT_EQ(second.what, start_answer::kind::started) << second.message;
        EXPECT_NE(second.run_id, first.run_id);
    }
}

// A start without an answer is sent once more: as long as its run is the last one of the id, closed or not,
// it is found.
TEST_P(starting_on_temporal, a_start_that_is_repeated_finds_its_run_whatever_may_be_used_again) {
    for (auto const reuse : {id_reuse::after_failure, id_reuse::always}) {
        auto order = order_for(id("repeated-" + std::string{name_of(reuse)}));
        order.reuse = reuse;
        auto const first = start(order, delivery_numbered(1));
        frontend_.terminate(order.workflow_id, "by operator");
        auto const again = start(order, delivery_numbered(1));
        EXPECT_EQ(again.what, start_answer::kind::started) << again.message;
        EXPECT_EQ(again.run_id, first.run_id);
    }
}

// What docs/reference/rules.md says an answer that was lost can mean, and why `never` is the default.
TEST_P(starting_on_temporal,
       a_start_that_is_repeated_after_another_ones_run_is_a_second_run_where_ids_are_reused) {
    for (auto const reuse : {id_reuse::never, id_reuse::always}) {
        auto order = order_for(id("overtaken-" + std::string{name_of(reuse)}));
        order.reuse = id_reuse::always;
        auto const first = start(order, delivery_numbered(1));
        frontend_.terminate(order.workflow_id, "by operator");
        start(order, delivery_numbered(2));
        frontend_.terminate(order.workflow_id, "by operator");
        order.reuse = reuse;
        auto const again = start(order, delivery_numbered(1));
        bool const is_second = reuse == id_reuse::always;
        EXPECT_EQ(again.what, is_second ? start_answer::kind::started : start_answer::kind::id_taken);
        EXPECT_NE(again.run_id, first.run_id);
    }
}

TEST_P(starting_on_temporal, an_unknown_namespace_is_missing) {
    auto settings = settings_for(frontend_.address());
    settings.name_space = "nobody-made-this";
    auto const elsewhere = make_target(settings, context_);
    auto const order = order_for(id("namespace"));
    auto const answer = run(elsewhere->start(order, delivery_numbered(1), soon()));
    EXPECT_EQ(answer.what, start_answer::kind::missing) << answer.message;
    EXPECT_EQ(answer.concerns, start_answer::scope::target);
    EXPECT_THAT(answer.remedy, HasSubstr("temporal operator namespace create --namespace nobody-made-this"));

    auto const probed = run(elsewhere->probe(soon()));
    ASSERT_FALSE(probed);
    EXPECT_EQ(probed.error().code, errc::not_found);

    // No run is gone when nobody looked: the namespace may come back.
    auto const looked = run(elsewhere->follow(order.workflow_id, {}, patience::look, soon()));
    ASSERT_FALSE(looked);
    EXPECT_EQ(looked.error().code, errc::not_found);
}

TEST_P(starting_on_temporal, an_unknown_search_attribute_is_missing) {
    auto order = order_for(id("attribute"));
    order.search_attributes = {{"NobodyRegisteredThis", R"("x")"}};
    auto const answer = start(order, delivery_numbered(1));
    EXPECT_EQ(answer.what, start_answer::kind::missing) << answer.message;
    EXPECT_EQ(answer.concerns, start_answer::scope::delivery);
    EXPECT_THAT(answer.message, HasSubstr("NobodyRegisteredThis"));
    EXPECT_THAT(answer.remedy, HasSubstr("search-attribute create"));
}

TEST_P(starting_on_temporal, registered_search_attributes_and_memo_and_timeouts_are_taken) {
    auto order = order_for(id("everything"));
    order.search_attributes = {{"HeadgateSource", R"("github")", attribute_type::keyword},
                               {"HeadgateSize", "17", attribute_type::integer}};
    order.inputs = {"1", "[2]", "null"};
    order.memo = {{"rule", R"("orders-on-release")"}, {"numbers", "[1,2,3]"}};
    order.execution_timeout = 1h;
    order.run_timeout = 30min;
    order.task_timeout = 10s;
    auto const answer = start(order, delivery_numbered(1));
    EXPECT_EQ(answer.what, start_answer::kind::started) << answer.message;
}

// The input's payload adds 32 bytes on the wire: what the target lets through at its limit, the server takes.
TEST_P(starting_on_temporal, the_largest_input_is_taken_and_one_byte_more_is_refused_unsent) {
    constexpr std::size_t around = 32;
    auto order = order_for(id("largest"));
    order.inputs = {'"' + std::string(2 * 1024 * 1024 - around - 2, 'x') + '"'};
    auto const largest = start(order, delivery_numbered(1));
    EXPECT_EQ(largest.what, start_answer::kind::started) << largest.message;

    order.workflow_id = id("too-large");
    order.inputs.front().insert(1, "x");
    auto const larger = start(order, delivery_numbered(2));
    EXPECT_EQ(larger.what, start_answer::kind::refused);
    EXPECT_EQ(larger.message, "input has 2097153 bytes as sent, the namespace takes 2097152");

    auto const looked = follow(order.workflow_id, {}, patience::look);
    ASSERT_TRUE(looked) << looked.error().message;
    EXPECT_EQ(looked->what, run_status::kind::gone);
}

TEST_P(starting_on_temporal, a_workflow_id_has_255_bytes_at_most) {
    auto order = order_for(std::string(255, 'i'));
    EXPECT_EQ(start(order, delivery_numbered(1)).what, start_answer::kind::started);
    order.workflow_id += 'i';
    EXPECT_EQ(start(order, delivery_numbered(2)).what, start_answer::kind::refused);
    order.workflow_id.clear();
    EXPECT_EQ(start(order, delivery_numbered(3)).what, start_answer::kind::refused);
}

TEST_P(starting_on_temporal, a_deadline_that_has_passed_starts_nothing) {
    auto const order = order_for(id("late"));
    auto const answer = run(target_->start(order, delivery_numbered(1), from_now(-1s)));
    EXPECT_THAT(answer.what, testing::AnyOf(start_answer::kind::not_now, start_answer::kind::unanswered));
    auto const looked = follow(order.workflow_id, {}, patience::look);
    ASSERT_TRUE(looked) << looked.error().message;
    EXPECT_EQ(looked->what, run_status::kind::gone);
}

TEST_P(starting_on_temporal, a_running_run_is_running) {
    auto const order = order_for(id("running"));
    auto const started = start(order, delivery_numbered(1));
    auto const looked = follow(order.workflow_id, started.run_id, patience::look);
    ASSERT_TRUE(looked) << looked.error().message;
    EXPECT_EQ(looked->what, run_status::kind::running);
    EXPECT_EQ(looked->run_id, started.run_id);
}

TEST_P(starting_on_temporal, waiting_for_the_end_of_a_run_ends_with_the_deadline) {
    auto const order = order_for(id("waiting"));
    auto const started = start(order, delivery_numbered(1));
    auto const looked =
        run(target_->follow(order.workflow_id, started.run_id, patience::wait_for_end, from_now(1500ms)));
    ASSERT_TRUE(looked) << looked.error().message;
    EXPECT_EQ(looked->what, run_status::kind::running);
}

TEST_P(starting_on_temporal, a_terminated_run_has_failed_and_says_why) {
    auto const order = order_for(id("terminated"));
    auto const started = start(order, delivery_numbered(1));
    frontend_.terminate(order.workflow_id, "wrong table");
    auto const looked = follow(order.workflow_id, started.run_id);
    ASSERT_TRUE(looked) << looked.error().message;
    EXPECT_EQ(looked->what, run_status::kind::failed);
    EXPECT_EQ(looked->detail, "terminated: wrong table");
    EXPECT_EQ(looked->run_id, started.run_id);
    EXPECT_TRUE(looked->ended_at.has_value());
}

TEST_P(starting_on_temporal, a_run_that_the_server_no_longer_has_is_gone) {
    auto const looked =
        follow(id("never-was"), "2d4c8f1e-3a5b-4c6d-8e7f-0123456789ab", patience::wait_for_end);
    ASSERT_TRUE(looked) << looked.error().message;
    EXPECT_EQ(looked->what, run_status::kind::gone);
}

TEST_P(starting_on_temporal, probing_learns_how_long_closed_runs_are_kept) {
    EXPECT_EQ(target_->keeps_runs_for(), std::nullopt);
    auto const probed = run(target_->probe(soon()));
    ASSERT_TRUE(probed) << probed.error().message;
    EXPECT_EQ(target_->keeps_runs_for(), std::chrono::hours{24});
}

// Run timeouts need no worker. The server counts in whole seconds.
TEST_P(starting_on_temporal, a_run_that_times_out_has_failed) {
    auto order = order_for(id("timed-out"));
    order.run_timeout = 1s;
    auto const started = start(order, delivery_numbered(1));
    frontend_.reach_run_timeout(order.workflow_id);
    auto const looked = follow(order.workflow_id, started.run_id);
    ASSERT_TRUE(looked) << looked.error().message;
    EXPECT_EQ(looked->what, run_status::kind::failed);
    EXPECT_EQ(looked->detail, "timed out");
}

}  // namespace
}  // namespace headgate::targets
