#include "tests/support/every_frontend.hpp"
#include "tests/support/temporal_target.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>

// What a target promises of signals: asked of each thing that answers like Temporal, and then of the fake
// alone what real servers do too rarely to wait for.

namespace headgate::targets {
namespace {

using namespace std::chrono_literals;
using kind = start_answer::kind;
using fake = testing_support::fake_workflow_service;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;
using testing::UnorderedElementsAre;
using testing_support::delivery_numbered;
using testing_support::frontend_kind;
using testing_support::make_target;
using testing_support::order_for;
using testing_support::run;
using testing_support::settings_for;
using testing_support::signal_for;
using testing_support::signal_with_start_for;
using testing_support::soon;

class signalling_on_temporal : public testing_support::asking_every_frontend {};

INSTANTIATE_TEST_SUITE_P(every_frontend, signalling_on_temporal,
                         testing::Values(frontend_kind::current, frontend_kind::floor, frontend_kind::fake),
                         [](auto const& each) { return name_of(each.param); });

TEST_P(signalling_on_temporal, a_running_run_takes_a_signal_once_however_often_it_is_sent) {
    auto const theirs = start(order_for(id("running")), delivery_numbered(1));
    auto const order = signal_for(id("running"));
    for (int sent = 0; sent < 3; ++sent) {
        auto const answer = start(order, delivery_numbered(2));
        EXPECT_EQ(answer.what, kind::signalled) << answer.message;
        EXPECT_EQ(answer.run_id, theirs.run_id);
    }
    EXPECT_EQ(frontend_.signals_taken(order.workflow_id), 1U);
    EXPECT_EQ(start(order, delivery_numbered(3)).what, kind::signalled);
    EXPECT_EQ(frontend_.signals_taken(order.workflow_id), 2U);
}

TEST_P(signalling_on_temporal, where_no_run_is_running_nobody_takes_a_signal) {
    auto const order = signal_for(id("nobody"));
    auto const never = start(order, delivery_numbered(1));
    EXPECT_EQ(never.what, kind::no_run) << never.message;
    EXPECT_THAT(never.message, HasSubstr("no run of " + order.workflow_id + " is running"));

    start(order_for(order.workflow_id), delivery_numbered(2));
    frontend_.terminate(order.workflow_id, "by operator");
    EXPECT_EQ(start(order, delivery_numbered(1)).what, kind::no_run);
}

// What docs/reference/rules.md says can follow an answer that was lost.
TEST_P(signalling_on_temporal, a_signal_that_is_repeated_is_taken_again_by_the_run_that_comes_after) {
    auto const order = signal_for(id("overtaken"));
    start(order_for(order.workflow_id), delivery_numbered(1));
    ASSERT_EQ(start(order, delivery_numbered(2)).what, kind::signalled);
    frontend_.terminate(order.workflow_id, "by operator");
    auto next = order_for(order.workflow_id);
    next.reuse = id_reuse::always;
    auto const second = start(next, delivery_numbered(3));
    auto const again = start(order, delivery_numbered(2));
    EXPECT_EQ(again.what, kind::signalled);
    EXPECT_EQ(again.run_id, second.run_id);
}

TEST_P(signalling_on_temporal, a_signal_that_is_repeated_once_its_run_is_closed_is_known_again) {
    auto const order = signal_for(id("closed-since"));
    start(order_for(order.workflow_id), delivery_numbered(1));
    ASSERT_EQ(start(order, delivery_numbered(2)).what, kind::signalled);
    frontend_.terminate(order.workflow_id, "by operator");
    EXPECT_EQ(start(order, delivery_numbered(2)).what, kind::signalled);
    EXPECT_EQ(start(order, delivery_numbered(3)).what, kind::no_run);
}

TEST_P(signalling_on_temporal, a_signal_with_start_starts_a_run_and_signals_it_from_then_on) {
    auto const order = signal_with_start_for(id("entity"));
    auto const first = start(order, delivery_numbered(1));
    EXPECT_EQ(first.what, kind::started) << first.message;
    EXPECT_EQ(frontend_.signals_taken(order.workflow_id), 1U);

    auto const second = start(order, delivery_numbered(2));
    EXPECT_EQ(second.what, kind::signalled) << second.message;
    EXPECT_EQ(second.run_id, first.run_id);
    EXPECT_EQ(frontend_.signals_taken(order.workflow_id), 2U);
}

TEST_P(signalling_on_temporal, a_signal_with_start_that_is_repeated_finds_what_it_did) {
    auto const order = signal_with_start_for(id("entity-again"));
    auto const first = start(order, delivery_numbered(1));
    ASSERT_EQ(start(order, delivery_numbered(2)).what, kind::signalled);

    auto const starter = start(order, delivery_numbered(1));
    EXPECT_EQ(starter.what, kind::started) << "it is its run";
    EXPECT_EQ(starter.run_id, first.run_id);
    EXPECT_EQ(start(order, delivery_numbered(2)).what, kind::signalled);
    EXPECT_EQ(frontend_.signals_taken(order.workflow_id), 2U);

    frontend_.terminate(order.workflow_id, "by operator");
    auto const closed = start(order, delivery_numbered(1));
    EXPECT_EQ(closed.what, kind::started) << closed.message;
    EXPECT_EQ(closed.run_id, first.run_id);
}

TEST_P(signalling_on_temporal, a_signal_with_start_of_a_closed_run_is_judged_by_what_may_be_used_again) {
    auto order = signal_with_start_for(id("entity-closed"));
    auto const first = start(order, delivery_numbered(1));
    frontend_.terminate(order.workflow_id, "by operator");
    auto const taken = start(order, delivery_numbered(2));
    EXPECT_EQ(taken.what, kind::id_taken) << taken.message;
    EXPECT_EQ(taken.run_id, first.run_id);

    order.reuse = id_reuse::always;
    auto const second = start(order, delivery_numbered(2));
    EXPECT_EQ(second.what, kind::started) << second.message;
    EXPECT_NE(second.run_id, first.run_id);
}

// The other half of what docs/reference/rules.md says of lost answers, and why `reuse` is `never` by default.
TEST_P(signalling_on_temporal, a_signal_with_start_that_is_repeated_once_its_run_is_closed_starts_another) {
    auto order = signal_with_start_for(id("entity-twice"));
    order.reuse = id_reuse::always;
    auto const first = start(order, delivery_numbered(1));
    frontend_.terminate(order.workflow_id, "by operator");
    auto const again = start(order, delivery_numbered(1));
    EXPECT_EQ(again.what, kind::started) << again.message;
    EXPECT_NE(again.run_id, first.run_id);
}

TEST_P(signalling_on_temporal, a_signal_to_a_namespace_that_is_not_there_is_missing_and_not_without_a_run) {
    auto settings = settings_for(frontend_.address());
    settings.name_space = "nobody-made-this";
    auto const elsewhere = make_target(settings, context_);
    for (auto const& order : {signal_for(id("namespace")), signal_with_start_for(id("namespace"))}) {
        auto const answer = run(elsewhere->start(order, delivery_numbered(1), soon()));
        EXPECT_EQ(answer.what, kind::missing) << answer.message;
        EXPECT_EQ(answer.concerns, start_answer::scope::target);
    }
}

// The payload adds 32 bytes on the wire, as that of a start does.
TEST_P(signalling_on_temporal, the_largest_input_is_taken_and_one_byte_more_is_refused_unsent) {
    constexpr std::size_t around = 32;
    auto order = signal_with_start_for(id("largest"));
    order.signal.inputs = {'"' + std::string(2 * 1024 * 1024 - around - 2, 'x') + '"'};
    auto const largest = start(order, delivery_numbered(1));
    EXPECT_EQ(largest.what, kind::started) << largest.message;

    auto larger = signal_for(order.workflow_id);
    larger.signal.inputs = order.signal.inputs;
    larger.signal.inputs.front().insert(1, "x");
    auto const refused = start(larger, delivery_numbered(2));
    EXPECT_EQ(refused.what, kind::refused);
    EXPECT_EQ(refused.message, "the signal's input has 2097153 bytes as sent, the namespace takes 2097152");
    EXPECT_EQ(frontend_.signals_taken(order.workflow_id), 1U);
}

class trouble_with_signals : public testing_support::asking_a_fake {};

TEST_F(trouble_with_signals, what_was_rendered_is_sent_with_the_ids_of_event_and_delivery) {
    auto order = signal_with_start_for("entity");
    order.memo = {{"rule", R"("orders")"}};
    order.search_attributes = {{"HeadgateSource", R"("github")"}};
    order.execution_timeout = 1h;
    ASSERT_EQ(start(order, delivery_numbered(1)).what, kind::started);
    auto alone = signal_for("entity");
    alone.signal.inputs = {"1", "null"};
    ASSERT_EQ(start(alone, delivery_numbered(2)).what, kind::signalled);

    auto const starts = service_.starts();
    ASSERT_EQ(starts.size(), 1U);
    EXPECT_EQ(starts[0].workflow, "SyncThenBuild");
    EXPECT_EQ(starts[0].task_queue, "data-platform");
    EXPECT_THAT(starts[0].input, ElementsAre(R"({"connection":"orders","exact":1.10})"));
    EXPECT_EQ(starts[0].reuse_policy, 3) << "REJECT_DUPLICATE";
    EXPECT_EQ(starts[0].execution_timeout, 1h);
    EXPECT_THAT(starts[0].search_attributes, ElementsAre(Pair("HeadgateSource", R"("github")")));
    EXPECT_THAT(starts[0].memo,
                UnorderedElementsAre(Pair("rule", R"("orders")"),
                                     Pair("headgate.delivery", R"("11111111-1111-1111-1111-111111111101")")));

    auto const signals = service_.signals("entity");
    ASSERT_EQ(signals.size(), 2U);
    EXPECT_EQ(signals[0].name, "new_release");
    EXPECT_THAT(signals[0].input, ElementsAre(R"({"tag":"v1"})"));
    EXPECT_EQ(signals[0].identity, "headgate@test");
    EXPECT_THAT(signals[0].header,
                UnorderedElementsAre(Pair("headgate.event", R"("0192f3c0-7b1e-7cc3-9a4f-0123456789ab")"),
                                     Pair("headgate.delivery", R"("11111111-1111-1111-1111-111111111101")")));
    EXPECT_THAT(signals[1].input, ElementsAre("1", "null"));
    EXPECT_EQ(signals[1].request_id, "11111111-1111-1111-1111-111111111102");
    EXPECT_EQ(signals[1].header.at("headgate.delivery"), R"("11111111-1111-1111-1111-111111111102")");
}

// A signal whose answer does not come was delivered all the same; the next one is dropped as a repetition.
TEST_F(trouble_with_signals, an_answer_that_is_lost_doubles_nothing) {
    start(order_for("orders"), delivery_numbered(1));
    for (auto const& [method, order] :
         {std::pair{"SignalWorkflowExecution", signal_for("orders")},
          std::pair{"SignalWithStartWorkflowExecution", signal_with_start_for("orders")}}) {
        service_.answer_next(method, {.code = 14, .message = "connection reset"}, fake::work::done);
        auto const before = service_.signals("orders").size();
        auto const id = delivery_numbered(static_cast<std::uint8_t>(2 + before));
        auto const lost = start(order, id);
        EXPECT_EQ(lost.what, kind::unanswered);
        EXPECT_EQ(lost.concerns, start_answer::scope::target);
        EXPECT_EQ(start(order, id).what, kind::signalled);
        EXPECT_EQ(service_.signals("orders").size(), before + 1);
    }
}

TEST_F(trouble_with_signals, a_run_with_as_many_signals_as_it_takes_may_take_more_when_it_has_continued) {
    fake narrow{{.signals_max = 1}};
    target_ = make(settings_for(narrow.address()));
    ASSERT_EQ(start(signal_with_start_for("full"), delivery_numbered(1)).what, kind::started);
    auto const full = start(signal_for("full"), delivery_numbered(2));
    EXPECT_EQ(full.what, kind::not_now) << full.message;
    EXPECT_EQ(full.concerns, start_answer::scope::delivery);
    EXPECT_THAT(full.remedy, HasSubstr("continue as new"));
    narrow.continue_as_new("full");
    EXPECT_EQ(start(signal_for("full"), delivery_numbered(2)).what, kind::signalled);
}

TEST_F(trouble_with_signals, whose_run_it_is_tells_its_memo_also_after_it_has_continued) {
    auto const order = signal_with_start_for("entity");
    start(order, delivery_numbered(1));
    auto const next = service_.continue_as_new("entity");
    auto const again = start(order, delivery_numbered(1));
    EXPECT_EQ(again.what, kind::started);
    EXPECT_EQ(again.run_id, next);
    EXPECT_EQ(start(order, delivery_numbered(2)).what, kind::signalled);
}

// It has the signal, whoever started it.
TEST_F(trouble_with_signals, a_run_of_which_nobody_can_say_whose_it_is_is_followed) {
    auto const order = signal_with_start_for("entity");
    auto const first = start(order, delivery_numbered(1));
    service_.answer_next("DescribeWorkflowExecution", {.code = 14, .message = "away"});
    auto const second = start(order, delivery_numbered(2));
    EXPECT_EQ(second.what, kind::started);
    EXPECT_EQ(second.run_id, first.run_id);

    service_.answer_next("DescribeWorkflowExecution", {.code = 14, .message = "away"});
    auto const alone = start(signal_for("entity"), delivery_numbered(3));
    EXPECT_EQ(alone.what, kind::signalled) << "which run it was is only a link";
    EXPECT_THAT(alone.run_id, IsEmpty());
}

// The refusal is older than the run that is described.
TEST_F(trouble_with_signals, an_id_that_was_taken_by_a_closed_run_and_is_a_running_ones_now_is_asked_again) {
    start(order_for("orders"), delivery_numbered(1));
    service_.answer_next("SignalWithStartWorkflowExecution",
                         {.code = 6, .message = "Workflow execution already finished."});
    auto const order = signal_with_start_for("orders");
    EXPECT_EQ(start(order, delivery_numbered(2)).what, kind::not_now);
    EXPECT_EQ(start(order, delivery_numbered(2)).what, kind::signalled);
}

}  // namespace
}  // namespace headgate::targets
