#include "dispatch/judge.hpp"
#include "tests/support/dispatcher_at_work.hpp"
#include "tests/support/rules.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

// Rules that signal: what they render, and what becomes of their deliveries.

namespace headgate::dispatch {
namespace {

using namespace std::chrono_literals;
using namespace testing_support;
using answer_kind = targets::start_answer::kind;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

rule_settings signalling(std::string name = "tell") {
    rule_settings rule;
    rule.name = std::move(name);
    rule.source = "github";
    rule.kind = order_kind::signal;
    rule.target = "platform";
    rule.id = R"("orders")";
    rule.signal.name = "new_release";
    return rule;
}

rule_settings signalling_with_start() {
    auto rule = bare_rule("orders");
    rule.kind = order_kind::signal_with_start;
    rule.id = R"("orders")";
    rule.signal = {.name = "new_release", .inputs = {".id", ".body.release.tag_name"}};
    return rule;
}

delivery delivered(rule_settings rule) {
    return routed({std::move(rule)}).deliveries.at(0);
}

TEST(signal, alone_is_rendered_with_its_run_its_arguments_and_the_events_id) {
    auto rule = signalling();
    rule.vars = {{"tag", ".body.release.tag_name"}};
    rule.id = R"x("orders-\($tag)")x";
    rule.signal.inputs = {"{tag: $tag}"};
    auto const order = delivered(rule).order;
    EXPECT_EQ(order.kind, order_kind::signal);
    EXPECT_EQ(order.target, "platform");
    EXPECT_EQ(order.workflow_id, "orders-v1");
    EXPECT_EQ(order.signal.name, "new_release");
    EXPECT_THAT(order.signal.inputs, ElementsAre(R"({"tag":"v1"})"));
    EXPECT_EQ(order.signal.event_id, "0192f3c0-7b1e-7cc3-9a4f-0123456789ab");
    EXPECT_THAT(order.inputs, IsEmpty());
    EXPECT_FALSE(order.id_is_default);
}

TEST(signal, with_start_is_rendered_with_both_inputs) {
    auto const order = delivered(signalling_with_start()).order;
    EXPECT_EQ(order.kind, order_kind::signal_with_start);
    EXPECT_EQ(order.workflow, "Sync");
    EXPECT_EQ(order.inputs.size(), 1U);
    EXPECT_THAT(order.signal.inputs, ElementsAre(R"("0192f3c0-7b1e-7cc3-9a4f-0123456789ab")", R"("v1")"));
}

// By default it has all that the rule sees: the event's id too, by which a workflow knows what it has seen.
TEST(signal, has_the_rules_input_where_nothing_else_is_said) {
    auto const order = delivered(signalling()).order;
    ASSERT_EQ(order.signal.inputs.size(), 1U);
    EXPECT_THAT(order.signal.inputs[0], StartsWith(R"({"id":"0192f3c0-7b1e-7cc3-9a4f-0123456789ab",)"));
}

struct broken {
    char const* name;
    order_kind kind;
    char const* id;
    char const* input;
    char const* failed_in;
};

void PrintTo(broken const& row, std::ostream* out) {
    *out << row.name;
}

class broken_signals : public testing::TestWithParam<broken> {};

TEST_P(broken_signals, say_where_in_the_configuration) {
    auto const& row = GetParam();
    auto rule = row.kind == order_kind::signal ? signalling() : signalling_with_start();
    rule.id = row.id;
    rule.signal.inputs = {row.input};
    auto const book = book_of({rule});
    json::arena scratch;
    auto const said = book->evaluate_one(*book->find(rule.name), release(), scratch);
    ASSERT_EQ(said.matches.size(), 1U);
    EXPECT_FALSE(said.matches.front().order);
    EXPECT_EQ(said.matches.front().failed_in, row.failed_in);
}

INSTANTIATE_TEST_SUITE_P(
    rows, broken_signals,
    testing::Values(broken{"id_of_signal", order_kind::signal, ".body.n", ".", "signal.id"},
                    broken{"input_of_signal", order_kind::signal, R"("orders")", "1, 2", "signal.input"},
                    broken{"id_of_start", order_kind::signal_with_start, ".body.n", ".", "start.id"},
                    broken{"input_of_start", order_kind::signal_with_start, R"("orders")", "1, 2",
                           "start.signal.input"}),
    [](auto const& each) { return std::string{each.param.name}; });

TEST(signal, programs_that_do_not_compile_are_found_where_they_stand) {
    settings from;
    from.rules = {signalling(), signalling_with_start()};
    from.rules[0].id = R"("")";
    from.rules[0].signal.inputs = {".["};
    from.rules[1].signal.inputs = {".", ".["};
    problems found;
    EXPECT_FALSE(rulebook::compile(from, found));
    std::vector<std::string> paths;
    for (auto const& each : found) paths.push_back(each.path);
    EXPECT_THAT(paths,
                ElementsAre("rules[0].signal.id", "rules[0].signal.input", "rules[1].start.signal.input[1]"));
}

TEST(signal, every_part_of_it_changes_the_revision) {
    std::vector<rule_settings> rules(4, signalling_with_start());
    rules[1].signal.name = "other";
    rules[2].signal.inputs = {"."};
    rules[3].kind = order_kind::start;
    rules.push_back(signalling("orders"));
    rules.push_back(signalling("orders"));
    rules.back().signal.inputs = {};
    std::vector<std::string> revisions;
    for (auto const& rule : rules) revisions.push_back(book_of({rule})->find("orders")->revision);
    std::ranges::sort(revisions);
    EXPECT_EQ(std::ranges::adjacent_find(revisions), revisions.end());
}

TEST(signal, of_which_a_rule_says_nothing_changes_no_revision) {
    EXPECT_EQ(book_of({bare_rule("orders")})->find("orders")->normal_form,
              R"({"name":"orders","tenant":"default","source":"github","when":"true","target":"platform",)"
              R"("workflow":"Sync","task_queue":"data","id":"","input":".","memo":{},"search_attributes":{},)"
              R"("execution_timeout_ms":0,"run_timeout_ms":0,"task_timeout_ms":0})");
}

struct row {
    char const* name;
    order_kind asked;
    answer_kind what;
    bool earlier_possible;
    std::chrono::hours age;
    delivery_state becomes;
    hold_cause because;
};

void PrintTo(row const& each, std::ostream* out) {
    *out << each.name;
}

class judgements_of_signals : public testing::TestWithParam<row> {};

TEST_P(judgements_of_signals, follow_the_answer) {
    auto const& is = GetParam();
    delivery one;
    one.state = delivery_state::starting;
    one.order.kind = is.asked;
    one.created_at = now - is.age;
    one.started_at = now - is.age;
    auto const made =
        judge(one, {.what = is.what, .run_id = "run", .code = errc::not_found, .message = "said so"}, {},
              {.now = now, .runs_kept_for = 24h, .earlier_start_possible = is.earlier_possible});
    EXPECT_EQ(made.change.to, is.becomes);
    EXPECT_EQ(made.change.held_because, is.because);
    EXPECT_EQ(made.change.ended_at.has_value(), is_final(is.becomes));
}

// docs/reference/rules.md, "signal": what each answer means.
INSTANTIATE_TEST_SUITE_P(
    rows, judgements_of_signals,
    testing::Values(row{"signalled", order_kind::signal, answer_kind::signalled, false, 1h,
                        delivery_state::completed, hold_cause::none},
                    row{"signalled_after_silence", order_kind::signal, answer_kind::signalled, true, 30h,
                        delivery_state::completed, hold_cause::none},
                    row{"started", order_kind::signal_with_start, answer_kind::started, false, 1h,
                        delivery_state::started, hold_cause::none},
                    row{"no_run", order_kind::signal, answer_kind::no_run, false, 1h, delivery_state::dead,
                        hold_cause::none},
                    row{"no_run_after_silence", order_kind::signal, answer_kind::no_run, true, 1h,
                        delivery_state::held, hold_cause::unsure},
                    row{"closed", order_kind::signal_with_start, answer_kind::id_taken, false, 1h,
                        delivery_state::dead, hold_cause::none},
                    row{"closed_after_silence", order_kind::signal_with_start, answer_kind::id_taken, true,
                        1h, delivery_state::held, hold_cause::unsure},
                    row{"closed_after_silence_of_a_start", order_kind::start, answer_kind::id_taken, true, 1h,
                        delivery_state::dead, hold_cause::none},
                    row{"silence", order_kind::signal, answer_kind::unanswered, false, 1h,
                        delivery_state::starting, hold_cause::none},
                    row{"long_silence_of_a_signal", order_kind::signal, answer_kind::unanswered, true, 25h,
                        delivery_state::held, hold_cause::unsure},
                    row{"long_silence_of_a_start", order_kind::signal_with_start, answer_kind::unanswered,
                        true, 25h, delivery_state::held, hold_cause::unanswered}),
    [](auto const& each) { return std::string{each.param.name}; });

TEST(signal, that_was_taken_ends_its_delivery_and_is_counted) {
    dispatcher_at_work work{{signalling()}};
    work.target.answers = {{.what = answer_kind::signalled, .run_id = "run-7"}};
    work.run_until(work.all_are(delivery_state::completed), {R"({"n":7})"});
    EXPECT_EQ(work.only().run_id, "run-7");
    EXPECT_EQ(work.only().reason, "signalled a run that was running");
    EXPECT_THAT(work.counts.render(),
                HasSubstr("\nheadgate_attempts_total{target=\"platform\",result=\"signalled\"} 1\n"));
}

// An entity's next signal does not wait for what an operator makes of the last one.
TEST(signal, that_is_held_is_in_nobodys_way) {
    dispatcher_at_work work{{signalling()}};
    work.target.answers = {{.what = answer_kind::unanswered, .code = errc::deadline_exceeded},
                           {.what = answer_kind::no_run, .code = errc::not_found},
                           {.what = answer_kind::signalled, .run_id = "run-8"}};
    work.run_until(
        [&] { return work.all_are(delivery_state::completed)() && work.all_are(delivery_state::held)(); },
        {R"({"n":1})", R"({"n":2})"});
}

}  // namespace
}  // namespace headgate::dispatch
