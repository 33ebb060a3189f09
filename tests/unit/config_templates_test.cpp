#include "config/schema.hpp"
#include "tests/support/configured_rules.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace headgate::config {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;

class templates : public testing_support::configured_rules {
protected:
    dispatch::rule_settings sole_rule(std::string_view text) {
        auto const outcome = loaded(text);
        EXPECT_THAT(lines(outcome.found), IsEmpty());
        if (!outcome.made) return {};
        EXPECT_EQ(outcome.made->dispatch.rules.size(), 1U);
        return outcome.made->dispatch.rules.at(0);
    }
};

TEST_F(templates, say_what_a_rule_does_not_say_itself) {
    auto const rule = sole_rule(
        "templates:\n"
        "  sync:\n"
        "    when: .body.ok\n"
        "    start: {target: t, workflow: W, task_queue: q, input: [.a, .b], memo: {who: .source, why: "
        ".type}}\n"
        "rules:\n"
        "  - {name: a, source: github, use: sync, start: {id: .body.n, input: .body, memo: {why: .id}}}\n");
    EXPECT_EQ(rule.when, ".body.ok");
    EXPECT_EQ(rule.target, "t");
    EXPECT_EQ(rule.workflow, "W");
    EXPECT_EQ(rule.id, ".body.n");
    EXPECT_THAT(rule.inputs, ElementsAre(".body")) << "a list is replaced whole";
    EXPECT_THAT(rule.memo, ElementsAre(Pair("why", ".id"), Pair("who", ".source"))) << "a mapping key by key";
}

// So the template's programs can read what each rule gives; a var of the template that the rule has too is
// the rule's.
TEST_F(templates, have_their_vars_after_those_of_the_rule) {
    auto const rule = sole_rule(
        "templates:\n"
        "  sync:\n"
        "    vars: {prefix: '\"sync\"', id: '\"\\($prefix)-\\($key)\"'}\n"
        "    start: {target: t, workflow: W, task_queue: q, id: $id}\n"
        "rules:\n"
        "  - {name: a, source: github, use: sync, vars: {key: .body.n, prefix: '\"mine\"'}}\n");
    EXPECT_THAT(rule.vars, ElementsAre(Pair("key", ".body.n"), Pair("prefix", "\"mine\""),
                                       Pair("id", R"x("\($prefix)-\($key)")x")));
    EXPECT_EQ(rule.id, "$id");
}

TEST_F(templates, can_be_of_signals) {
    auto const rule = sole_rule(
        "templates: {tell: {signal: {target: t, name: done}}}\n"
        "rules: [{name: a, source: github, use: tell, signal: {id: .body.n}}]\n");
    EXPECT_EQ(rule.kind, order_kind::signal);
    EXPECT_EQ(rule.signal.name, "done");
}

struct row {
    std::string_view name;
    std::string_view text;
    std::vector<std::string> said;
};

std::vector<row> const rows{
    {"unknown",
     "templates: {sync: {start: {target: t, workflow: W, task_queue: q}}}\n"
     "rules:\n"
     "  - {name: a, source: github, use: sink}\n"
     "  - {name: b, source: github, use: sync}\n",
     {"rules[0].use (line 9): \"sink\" is not a template — one of: sync"}},
    {"none_at_all",
     "rules: [{name: a, source: github, use: sync}]\n",
     {"rules[0].use (line 7): \"sync\" is not a template — add it to `templates`"}},
    {"no_name",
     "rules: [{name: a, source: github, use: [sync]}]\n",
     {"rules[0].use (line 7): is a list, not one value — write `use: value`"}},
    // Said once, not for each rule.
    {"misspelt",
     "templates:\n"
     "  sync: {start: {target: t, workflw: W, task_queue: q}}\n"
     "rules:\n"
     "  - {name: a, source: github, use: sync}\n"
     "  - {name: b, source: github, use: sync}\n",
     {"templates.sync.start.workflw (line 8): is not a setting — did you mean workflow? one of: target, "
      "workflow, "
      "task_queue, id, input, signal, memo, search_attributes, reuse, execution_timeout, run_timeout, "
      "task_timeout"}},
    {"nested",
     "templates: {a: {use: b}, b: {start: {target: t, workflow: W, task_queue: q}}}\n"
     "rules: [{name: r, source: github, use: b}]\n",
     {"templates.a.use (line 7): stands in a template — a template uses no other: write it out here"}},
    {"what_is_a_rules_own",
     "templates: {sync: {name: a, start: {target: t, workflow: W, task_queue: q}}}\n"
     "rules: [{name: r, source: github, use: sync}]\n",
     {"templates.sync.name (line 7): is not a setting — one of: vars, when, each, start, signal"}},
    {"no_mapping",
     "templates: [a]\n",
     {"templates (line 7): is a list, not a mapping — write keys with values below it, `key: value`"}},
    {"name",
     "templates: {\"a b\": {when: .x}}\n",
     {"templates.a b (line 7): \"a b\" cannot be a name — use 1 to 63 letters, digits, '-' and '_', with a "
      "letter or "
      "digit first"}},
    // What neither says is missing where the rule is.
    {"missing",
     "templates:\n"
     "  sync: {start: {target: t, workflow: W}}\n"
     "rules:\n"
     "  - name: a\n"
     "    source: github\n"
     "    use: sync\n",
     {"rules[0].start.task_queue (line 12): is missing — add it, for example `task_queue: data-platform`"}},
    {"missing_id_of_a_signal",
     "templates:\n"
     "  sync: {start: {target: t, workflow: W, task_queue: q, signal: {name: s}}}\n"
     "rules:\n"
     "  - {name: a, source: github, use: sync, start: {id: .body.n}}\n"
     "  - {name: b, source: github, use: sync}\n",
     {"rules[1].start.id (line 11): is missing — a signal goes to the run that has the id: add it, for "
      "example `id: "
      "'\"orders-\\(.body.customer)\"'`"}},
    {"both",
     "templates: {sync: {start: {target: t, workflow: W, task_queue: q}}}\n"
     "rules: [{name: a, source: github, use: sync, signal: {target: t, id: .a, name: s}}]\n",
     {"rules[0].signal (line 8): stands beside start — keep one of the two; the signal of a run that may "
      "have to be "
      "started stands in `start`"}},
    {"target",
     "templates: {sync: {start: {target: x, workflow: W, task_queue: q}}}\n"
     "rules:\n"
     "  - {name: a, source: github, use: sync}\n"
     "  - {name: b, source: github, use: sync}\n",
     {"templates.sync.start.target (line 7): \"x\" is not a target — did you mean t? one of: t"}},
    {"target_of_some",
     "templates: {sync: {start: {target: x, workflow: W, task_queue: q}}}\n"
     "rules:\n"
     "  - {name: a, source: github, use: sync}\n"
     "  - {name: b, source: github, use: sync, start: {target: t}}\n",
     {"templates.sync.start.target (line 7): in rules[0]: \"x\" is not a target — did you mean t? "
      "one of: t"}},
    {"unused",
     "templates: {sync: {when: .x}}\n",
     {"warning: templates.sync (line 7): is not used — write `use: sync` in a rule, or remove it"}},
    // It makes sense in a rule that gives an id.
    {"reuse_in_some",
     "templates: {sync: {start: {target: t, workflow: W, task_queue: q, reuse: allow_duplicate}}}\n"
     "rules:\n"
     "  - {name: a, source: github, use: sync, start: {id: .body.n}}\n"
     "  - {name: b, source: github, use: sync}\n",
     {}},
};

TEST_F(templates, with_a_mistake_are_told_once_and_where_it_is_to_be_put_right) {
    for (auto const& one : rows) EXPECT_EQ(said_about(one.text), one.said) << one.name;
}

// As the problems that other rooms find later, which know the rules only.
TEST_F(templates, are_named_for_what_is_found_in_the_rules_that_use_them) {
    auto const outcome = loaded(
        "templates:\n"
        "  sync:\n"
        "    vars: {a: .a}\n"
        "    start: {target: t, workflow: W, task_queue: q}\n"
        "rules:\n"
        "  - {name: a, source: github, use: sync}\n"
        "  - {name: b, source: github, use: sync, when: .x}\n");
    auto const at = [&](std::string path, std::string what,
                        problem::weight weighs = problem::weight::mistake) {
        problem one{.path = std::move(path), .what = std::move(what), .weighs = weighs};
        outcome.places.locate(one);
        return one;
    };
    auto const odd = problem::weight::warning;
    problems later{at("rules[0].start.input", "fails"),       at("rules[1].start.input", "fails"),
                   at("rules[0].start.workflow", "is bad"),   at("rules[1].start.workflow", "is bad"),
                   at("rules[1].start.task_queue", "is odd"), at("rules[1].when", "is wrong"),
                   at("rules[1].vars.a", "is not used", odd)};
    EXPECT_THAT(lines(told_once(std::move(later), outcome.borrowed)),
                ElementsAre("rules[0].start.input (line 12): fails", "rules[1].start.input (line 13): fails",
                            "templates.sync.start.workflow (line 10): is bad",
                            "templates.sync.start.task_queue (line 10): in rules[1]: is odd",
                            "rules[1].when (line 13): is wrong"));
}

TEST_F(templates, of_several_files_are_joined) {
    std::ofstream{folder_.path() / "b.yaml"}
        << "templates: {other: {start: {target: t, workflow: V, task_queue: q}}}\n";
    static_cast<void>(
        loaded("templates: {sync: {start: {target: t, workflow: W, task_queue: q}}}\n"
               "rules: [{name: a, source: github, use: sync}, {name: b, source: github, use: other}]\n"));
    auto const outcome = load(folder_.path());
    EXPECT_THAT(lines(outcome.found), IsEmpty());
    ASSERT_TRUE(outcome.made);
    EXPECT_EQ(outcome.made->dispatch.rules.at(1).workflow, "V");
}

TEST(templates_schema, knows_them_and_lets_a_rule_leave_to_them_what_it_needs) {
    auto const schema = json_schema();
    EXPECT_THAT(schema, HasSubstr(R"("templates":)"));
    EXPECT_THAT(schema, HasSubstr(R"("use":)"));
}

}  // namespace
}  // namespace headgate::config
