#include "core/nursery.hpp"
#include "tests/support/run.hpp"
#include "tests/support/spawn_and_forget.hpp"
#include "tests/support/temporal_target.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>

// What real servers do too rarely to wait for: answers that are lost, connections that break, runs that
// continue under another id. The fake does it when told.

namespace headgate::targets {
namespace {

using namespace std::chrono_literals;
using fake = testing_support::fake_workflow_service;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::Pair;
using testing::UnorderedElementsAre;
using testing_support::delivery_numbered;
using testing_support::order_for;
using testing_support::run;
using testing_support::settings_for;
using testing_support::soon;

class trouble_with_temporal : public testing_support::asking_a_fake {};

// The names of temporal.api.enums.v1.IndexedValueType, as the SDKs write them.
TEST_F(trouble_with_temporal, says_which_type_an_attribute_has) {
    constexpr std::array types{
        std::pair{attribute_type::text, "Text"},           std::pair{attribute_type::keyword, "Keyword"},
        std::pair{attribute_type::integer, "Int"},         std::pair{attribute_type::real, "Double"},
        std::pair{attribute_type::boolean, "Bool"},        std::pair{attribute_type::datetime, "Datetime"},
        std::pair{attribute_type::keywords, "KeywordList"}};
    for (auto const& [type, name] : types) {
        auto order = order_for(name);
        order.inputs.clear();
        order.search_attributes = {{"HeadgateSource", "1", type}};
        ASSERT_EQ(start(order, delivery_numbered(1)).what, start_answer::kind::started);
        auto const seen = service_.starts().back();
        EXPECT_THAT(seen.search_attribute_types, ElementsAre(Pair("HeadgateSource", name)));
        EXPECT_THAT(seen.input, IsEmpty());
    }
}

TEST_F(trouble_with_temporal, sends_what_was_rendered_and_nothing_else) {
    auto order = order_for("orders-17");
    order.memo = {{"rule", R"("orders-on-release")"}};
    order.search_attributes = {{"HeadgateSource", R"("github")"}};
    order.inputs = {R"({"connection":"orders","exact":1.10})", "null", "[2]"};
    order.execution_timeout = 3'600'500ms;
    order.run_timeout = 60s;
    order.task_timeout = 10s;
    ASSERT_EQ(start(order, delivery_numbered(1)).what, start_answer::kind::started);

    auto const all = service_.starts();
    ASSERT_EQ(all.size(), 1U);
    auto const& seen = all.front();
    EXPECT_EQ(seen.name_space, "default");
    EXPECT_EQ(seen.workflow_id, "orders-17");
    EXPECT_EQ(seen.workflow, "SyncThenBuild");
    EXPECT_EQ(seen.task_queue, "data-platform");
    EXPECT_THAT(seen.input, ElementsAre(R"({"connection":"orders","exact":1.10})", "null", "[2]"));
    EXPECT_EQ(seen.input_encoding, "json/plain");
    EXPECT_EQ(seen.request_id, "11111111-1111-1111-1111-111111111101");
    EXPECT_EQ(seen.identity, "headgate@test");
    EXPECT_EQ(seen.reuse_policy, 3) << "REJECT_DUPLICATE";
    EXPECT_THAT(seen.memo,
                UnorderedElementsAre(Pair("rule", R"("orders-on-release")"),
                                     Pair("headgate.delivery", R"("11111111-1111-1111-1111-111111111101")")));
    EXPECT_THAT(seen.search_attributes, ElementsAre(Pair("HeadgateSource", R"("github")")));
    EXPECT_THAT(seen.search_attribute_types, IsEmpty());
    EXPECT_EQ(seen.execution_timeout, 3'600'500ms);
    EXPECT_EQ(seen.run_timeout, 60s);
    EXPECT_EQ(seen.task_timeout, 10s);
    EXPECT_THAT(seen.metadata, testing::Contains(Pair("client-name", "headgate")));
    EXPECT_THAT(seen.metadata, testing::Contains(Pair("client-version", Not(IsEmpty()))));
    EXPECT_THAT(seen.metadata, testing::Contains(Pair("temporal-namespace", "default")));
    EXPECT_EQ(seen.metadata.count("authorization"), 0U);
}

TEST_F(trouble_with_temporal, a_rule_cannot_speak_for_another_delivery) {
    auto order = order_for("forged");
    order.memo = {{"headgate.delivery", R"("somebody else's")"}};
    ASSERT_EQ(start(order, delivery_numbered(1)).what, start_answer::kind::started);
    EXPECT_THAT(service_.starts().front().memo,
                ElementsAre(Pair("headgate.delivery", R"("11111111-1111-1111-1111-111111111101")")));
}

TEST_F(trouble_with_temporal, an_answer_that_does_not_come_leaves_the_start_open_and_the_next_one_finds_it) {
    service_.never_answer("StartWorkflowExecution");
    auto const order = order_for("silent");
    auto const lost = run(target_->start(order, delivery_numbered(1), from_now(200ms)));
    EXPECT_EQ(lost.what, start_answer::kind::unanswered);
    EXPECT_EQ(lost.code, errc::deadline_exceeded);
    EXPECT_EQ(follow("silent", {}, patience::look).what, run_status::kind::running);
}

TEST_F(trouble_with_temporal, the_attempt_is_limited_also_when_the_caller_would_wait_longer) {
    service_.never_answer("StartWorkflowExecution");
    auto settings = settings_for(service_.address());
    settings.attempt_within = 100ms;
    auto const hasty = make(settings);
    auto const order = order_for("silent");
    auto const lost = run(hasty->start(order, delivery_numbered(1), from_now(1h)));
    EXPECT_EQ(lost.code, errc::deadline_exceeded);
}

TEST_F(trouble_with_temporal, an_answer_that_was_lost_is_found_by_the_next_attempt) {
    service_.answer_next("StartWorkflowExecution", {.code = 14, .message = "transport is closing"},
                         fake::work::done);
    auto const order = order_for("lost");
    EXPECT_EQ(start(order, delivery_numbered(1)).what, start_answer::kind::unanswered);
    auto const again = start(order, delivery_numbered(1));
    EXPECT_EQ(again.what, start_answer::kind::started);
    EXPECT_EQ(service_.starts().size(), 2U);
    EXPECT_EQ(again.run_id, follow("lost", {}, patience::look).run_id);
}

TEST_F(trouble_with_temporal, a_server_that_is_gone_has_certainly_not_started_anything) {
    service_.stop();
    auto const order = order_for("gone");
    auto const answer = start(order, delivery_numbered(1));
    EXPECT_EQ(answer.what, start_answer::kind::not_now) << answer.message;
    EXPECT_EQ(answer.concerns, start_answer::scope::target);
    EXPECT_THAT(answer.message, HasSubstr("Connection refused"));

    auto const probed = run(target_->probe(soon()));
    ASSERT_FALSE(probed);
    EXPECT_EQ(probed.error().code, errc::unavailable);
    EXPECT_THAT(probed.error().message, HasSubstr(service_.address()));
}

TEST_F(trouble_with_temporal, a_name_that_does_not_resolve_is_not_now) {
    auto const nowhere = make(settings_for("nobody.invalid:7233"));
    auto const order = order_for("nowhere");
    auto const answer = run(nowhere->start(order, delivery_numbered(1), soon()));
    EXPECT_EQ(answer.what, start_answer::kind::not_now) << answer.message;
    EXPECT_EQ(answer.concerns, start_answer::scope::target);
}

TEST_F(trouble_with_temporal, a_connection_that_breaks_during_the_call_leaves_the_start_open) {
    service_.never_answer("StartWorkflowExecution");
    std::jthread const crash{[this] {
        if (service_.wait_for_calls("StartWorkflowExecution", 1)) service_.stop();
    }};
    auto const order = order_for("broken");
    auto const answer = start(order, delivery_numbered(1));
    EXPECT_EQ(answer.what, start_answer::kind::unanswered) << answer.message;
}

TEST_F(trouble_with_temporal, a_target_finds_a_server_again_that_was_away) {
    auto const order = order_for("back");
    service_.stop();
    EXPECT_EQ(start(order, delivery_numbered(1)).what, start_answer::kind::not_now);
    fake const back{{.port = service_.port()}};
    auto const give_up = std::chrono::steady_clock::now() + 10s;
    while (!run(target_->probe(soon()))) {
        ASSERT_LT(std::chrono::steady_clock::now(), give_up) << "never came back";
    }
    EXPECT_EQ(start(order, delivery_numbered(1)).what, start_answer::kind::started);
}

TEST_F(trouble_with_temporal, our_run_that_continued_as_new_is_still_ours) {
    auto const order = order_for("continued");
    auto const first = start(order, delivery_numbered(1));
    auto const second_run = service_.continue_as_new("continued");
    auto const again = start(order, delivery_numbered(1));
    EXPECT_EQ(again.what, start_answer::kind::started) << again.message;
    EXPECT_EQ(again.run_id, second_run);
    EXPECT_NE(again.run_id, first.run_id);
}

TEST_F(trouble_with_temporal, whose_run_it_is_stays_open_while_it_cannot_be_asked) {
    auto const order = order_for("whose");
    ASSERT_EQ(start(order, delivery_numbered(1)).what, start_answer::kind::started);
    service_.answer_next("DescribeWorkflowExecution", {.code = 14, .message = "shard is moving"});
    auto const unclear = start(order, delivery_numbered(2));
    EXPECT_EQ(unclear.what, start_answer::kind::not_now);
    EXPECT_GE(unclear.not_before, 1s);
    EXPECT_THAT(unclear.message, HasSubstr("shard is moving"));
    EXPECT_EQ(start(order, delivery_numbered(2)).what, start_answer::kind::joined);
}

TEST_F(trouble_with_temporal, details_of_an_error_reach_the_judgement) {
    service_.answer_next("StartWorkflowExecution", {.code = 8,
                                                    .message = "Too many restarts for workflow busy",
                                                    .detail_type = "ResourceExhaustedFailure",
                                                    .detail_bytes = std::string{"\x08\x05\x10\x01", 4}});
    auto const order = order_for("busy");
    auto const busy = start(order, delivery_numbered(1));
    EXPECT_EQ(busy.what, start_answer::kind::not_now);
    EXPECT_EQ(busy.concerns, start_answer::scope::delivery);
}

TEST_F(trouble_with_temporal, learns_the_size_limit_from_the_namespace) {
    fake const small{{.input_bytes_max = 1024}};
    auto const asked = make(settings_for(small.address()));
    auto order = order_for("sized");
    order.inputs = {'"' + std::string(1024, 'x') + '"'};
    auto const sent = run(asked->start(order, delivery_numbered(1), soon()));
    EXPECT_EQ(sent.what, start_answer::kind::refused);
    EXPECT_EQ(sent.message, "Blob data size exceeds limit.");
    EXPECT_EQ(small.calls_of("StartWorkflowExecution"), 1U);

    ASSERT_TRUE(run(asked->probe(soon())));
    auto const unsent = run(asked->start(order, delivery_numbered(1), soon()));
    EXPECT_EQ(unsent.what, start_answer::kind::refused);
    EXPECT_THAT(unsent.message, HasSubstr("the namespace takes 1024"));
    EXPECT_EQ(small.calls_of("StartWorkflowExecution"), 1U);
}

TEST_F(trouble_with_temporal, probing_does_without_system_info) {
    fake const old{{.tells_system_info = false}};
    auto const asked = make(settings_for(old.address()));
    auto const probed = run(asked->probe(soon()));
    EXPECT_TRUE(probed) << probed.error().message;
}

asio::awaitable<void> start_once(target& asked, start_order const& order,
                                 std::optional<start_answer>& answer) {
    auto starting = asked.start(order, delivery_numbered(1), from_now(1h));
    answer = co_await std::move(starting);
}

TEST_F(trouble_with_temporal, a_start_that_is_cancelled_comes_back_at_once_and_may_have_happened) {
    service_.never_answer("StartWorkflowExecution");
    auto const order = order_for("cancelled");
    std::optional<start_answer> answer;
    nursery calls{context_.get_executor()};
    calls.spawn("start", start_once(*target_, order, answer));
    std::jthread const operator_hand{[&, this] {
        if (!service_.wait_for_calls("StartWorkflowExecution", 1)) return;
        asio::post(context_, [&] { calls.cancel(); });
    }};
    context_.run();
    ASSERT_TRUE(answer.has_value());
    EXPECT_EQ(answer->what, start_answer::kind::unanswered);
    EXPECT_EQ(calls.size(), 0U);
}

TEST_F(trouble_with_temporal, a_call_that_is_never_resumed_leaves_nothing_behind) {
    service_.never_answer("StartWorkflowExecution");
    auto const order = order_for("dropped");
    std::optional<start_answer> answer;
    auto context = std::make_unique<asio::io_context>(1);
    auto made = make_temporal_target(settings_for(service_.address()), context->get_executor());
    ASSERT_TRUE(made);
    testing_support::spawn_and_forget(*context, start_once(**made, order, answer));
    ASSERT_GT(context->run_one(), 0U);  // Until the call is on its way.
    ASSERT_TRUE(service_.wait_for_calls("StartWorkflowExecution", 1));
    made->reset();
    context.reset();
    EXPECT_FALSE(answer.has_value());
}

TEST_F(trouble_with_temporal, hundreds_of_starts_at_once_are_all_answered) {
    constexpr std::size_t many = 300;
    std::vector<start_order> orders;
    for (std::size_t n = 0; n < many; ++n) orders.push_back(order_for("many." + std::to_string(n)));
    std::vector<std::optional<start_answer>> answers(many);
    nursery calls{context_.get_executor()};
    for (std::size_t n = 0; n < many; ++n) calls.spawn("start", start_once(*target_, orders[n], answers[n]));
    context_.run();
    for (auto const& each : answers) {
        ASSERT_TRUE(each.has_value());
        EXPECT_EQ(each->what, start_answer::kind::started) << each->message;
    }
    EXPECT_EQ(service_.starts().size(), many);
}

TEST_F(trouble_with_temporal, settings_that_cannot_work_are_refused_with_a_remedy) {
    auto const refused = [this](temporal_settings const& settings) {
        auto const made = make_temporal_target(settings, context_.get_executor());
        EXPECT_FALSE(made);
        if (!made) EXPECT_FALSE(made.error().remedy.empty());
        return made ? std::string{} : made.error().message;
    };
    EXPECT_EQ(refused(settings_for("temporal")), "\"temporal\" is no host:port");
    EXPECT_EQ(refused(settings_for(":7233")), "\":7233\" is no host:port");
    auto no_namespace = settings_for("temporal:7233");
    no_namespace.name_space = "two\nlines";
    EXPECT_THAT(refused(no_namespace), HasSubstr("namespace"));
    auto bad_key = settings_for("temporal:7233");
    bad_key.api_key = secret{"with\nnewline"};
    EXPECT_THAT(refused(bad_key), testing::AllOf(HasSubstr("API key"), Not(HasSubstr("newline"))));
    auto half = settings_for("temporal:7233");
    half.tls.emplace().certificate = "client.pem";
    EXPECT_EQ(refused(half), "a client certificate and its key come together");
    auto no_file = settings_for("temporal:7233");
    no_file.tls.emplace().server_ca = "/nowhere/ca.pem";
    EXPECT_EQ(refused(no_file),
              "cannot read the certificate authority /nowhere/ca.pem: No such file or directory");
    auto no_pem = settings_for("temporal:7233");
    no_pem.tls.emplace().server_ca = "/dev/null";
    EXPECT_THAT(refused(no_pem), HasSubstr("holds no \"-----BEGIN CERTIFICATE-----\""));
}

}  // namespace
}  // namespace headgate::targets
