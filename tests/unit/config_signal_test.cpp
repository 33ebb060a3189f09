#include "tests/support/configured_rules.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace headgate::config {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class signals : public testing_support::configured_rules {};

TEST_F(signals, to_a_run_that_is_running_are_read) {
    auto const outcome = loaded(
        "rules: [{name: a, source: github, signal: {target: t, id: .body.run, name: done, input: [.id, "
        ".body.n]}}]\n");
    EXPECT_THAT(lines(outcome.found), IsEmpty());
    ASSERT_TRUE(outcome.made);
    auto const& rule = outcome.made->dispatch.rules.at(0);
    EXPECT_EQ(rule.kind, order_kind::signal);
    EXPECT_EQ(rule.target, "t");
    EXPECT_EQ(rule.id, ".body.run");
    EXPECT_EQ(rule.signal.name, "done");
    EXPECT_THAT(rule.signal.inputs, ElementsAre(".id", ".body.n"));
}

TEST_F(signals, with_a_start_are_read_beside_what_is_started) {
    auto const outcome = loaded(
        "rules: [{name: a, source: github, start: {target: t, workflow: W, task_queue: q, id: .body.run, "
        "reuse: allow_duplicate, input: .body, signal: {name: more}}}]\n");
    EXPECT_THAT(lines(outcome.found), IsEmpty());
    ASSERT_TRUE(outcome.made);
    auto const& rule = outcome.made->dispatch.rules.at(0);
    EXPECT_EQ(rule.kind, order_kind::signal_with_start);
    EXPECT_EQ(rule.workflow, "W");
    EXPECT_EQ(rule.signal.name, "more");
    EXPECT_THAT(rule.inputs, ElementsAre(".body"));
    EXPECT_THAT(rule.signal.inputs, ElementsAre("."));
}

struct row {
    std::string_view name;
    std::string_view rule;  // Beside its name and source.
    std::string_view said;
};

constexpr row rows[]{
    {"neither", "when: true",
     "rules[0].start (line 7): is missing — add `start:`, or `signal:` for a run that is running"},
    {"both", "start: {target: t, workflow: W, task_queue: q}, signal: {target: t, id: .a, name: s}",
     "rules[0].signal (line 7): stands beside start — keep one of the two"},
    {"no_id", "signal: {target: t, name: s}", "rules[0].signal.id (line 7): is missing"},
    {"no_name", "signal: {target: t, id: .a}", "rules[0].signal.name (line 7): is missing"},
    {"no_target", "signal: {id: .a, name: s}", "rules[0].signal.target (line 7): is missing"},
    {"unknown_target", "signal: {target: x, id: .a, name: s}",
     "rules[0].signal.target (line 7): \"x\" is not a target"},
    {"no_id_of_start", "start: {target: t, workflow: W, task_queue: q, signal: {name: s}}",
     "rules[0].start.id (line 7): is missing — a signal goes to the run that has the id: add it"},
    {"what_a_start_has", "signal: {target: t, id: .a, name: s, workflow: W}",
     "rules[0].signal.workflow (line 7): is not a setting — one of: target, id, name, input"},
};

TEST_F(signals, with_a_mistake_are_refused_and_it_is_named) {
    for (auto const& one : rows) {
        auto const text = "rules: [{name: a, source: github, " + std::string{one.rule} + "}]\n";
        EXPECT_THAT(said_about(text), ElementsAre(HasSubstr(std::string{one.said}))) << one.name;
    }
    auto const long_name =
        "rules: [{name: a, source: github, signal: {target: t, id: .a, name: " + std::string(1001, 'n') +
        "}}]\n";
    EXPECT_THAT(said_about(long_name),
                ElementsAre(HasSubstr("rules[0].signal.name (line 7): has 1001 bytes")));
}

}  // namespace
}  // namespace headgate::config
