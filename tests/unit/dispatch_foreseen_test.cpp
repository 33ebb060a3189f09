#include "tests/support/rules.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <ostream>
#include <string>
#include <string_view>
#include <utility>

namespace headgate::dispatch {
namespace {

using namespace testing_support;

problems problems_of(rule_settings rule) {
    settings from;
    from.rules = {std::move(rule)};
    from.sources = {{.name = "github", .body = {}, .path_parameters = {"team"}}};
    problems found;
    auto const book = rulebook::compile(from, found);
    EXPECT_EQ(book != nullptr, std::ranges::none_of(found, [](problem const& one) {
                  return one.weighs == problem::weight::mistake;
              }));
    return found;
}

struct row {
    std::string_view name;
    std::function<void(rule_settings&)> change;
    std::string_view path;
    std::string_view what;  // Its first line.
    std::string_view remedy;
    problem::weight weighs = problem::weight::mistake;
};
void PrintTo(row const& one, std::ostream* out) {
    *out << one.name;
}

class foreseen_of_rules : public testing::TestWithParam<row> {};

TEST_P(foreseen_of_rules, is_said_when_they_are_loaded) {
    auto rule = bare_rule("orders");
    GetParam().change(rule);
    auto const found = problems_of(std::move(rule));
    ASSERT_EQ(found.size(), 1U);
    auto const& one = found.front();
    EXPECT_EQ(one.path, GetParam().path);
    EXPECT_EQ(one.what.substr(0, one.what.find('\n')), GetParam().what);
    EXPECT_EQ(one.remedy, GetParam().remedy);
    EXPECT_EQ(one.weighs, GetParam().weighs);
}

constexpr auto warning = problem::weight::warning;
constexpr std::string_view when_null =
    R"r(say what is to happen without it: (… // error("no tag")), for example)r";

row const rows[] = {
    {"misspelt", [](auto& rule) { rule.when = ".boddy.action == \"x\""; }, "rules[0].when",
     "there is no \"boddy\" here at line 1, column 1", "did you mean \"body\"?"},
    {"misspelt_parameter", [](auto& rule) { rule.inputs = {".params.teem"}; }, "rules[0].start.input",
     "there is no \"teem\" here at line 1, column 8", "did you mean \"team\"?"},
    {"wrong_kind", [](auto& rule) { rule.memo = {{"n", ".source + 1"}}; }, "rules[0].start.memo.n",
     "string + number cannot be computed at line 1, column 9", ""},
    {"wrong_kind_of_a_var",
     [](auto& rule) {
         rule.vars = {{"n", ".body | length"}};
         rule.when = "$n | startswith(\"x\")";
     },
     "rules[0].when", "number cannot be given to startswith at line 1, column 6", "it takes string"},
    {"when_without_output", [](auto& rule) { rule.when = "empty"; }, "rules[0].when", "never has an output",
     "give it one", warning},
    {"when_is_a_text", [](auto& rule) { rule.when = "\"push\""; }, "rules[0].when",
     "is never false: it gives string", "write a comparison", warning},
    {"id_is_a_number", [](auto& rule) { rule.id = ".body | length"; }, "rules[0].start.id",
     "gives number, and an id is a string", R"r(put it into one: "orders-\(…)")r"},
    {"id_is_nothing", [](auto& rule) { rule.id = "error(\"no\")"; }, "rules[0].start.id",
     "never has an output", "give it one", warning},
    {"id_may_be_blank", [](auto& rule) { rule.id = ".body.tag // \"\""; }, "rules[0].start.id",
     "may give an empty string", R"r(end it with // error("no id"): then the delivery says why)r"},
    {"id_may_say_null", [](auto& rule) { rule.id = R"r("orders-\(.body.tag)")r"; }, "rules[0].start.id",
     "may be made of null, and then has nothing or the word null there (line 1, column 16)", when_null,
     warning},
    {"id_may_say_null_by_a_var",
     [](auto& rule) {
         rule.vars = {{"id", R"("orders-" + .body.tag)"}};
         rule.id = "$id";
     },
     "rules[0].start.id",
     "may be made of null, and then has nothing or the word null there (vars.id, line 1, column 11)",
     when_null, warning},
    {"attribute_of_another_type",
     [](auto& rule) { rule.search_attributes = {{"N", ".source", attribute_type::integer}}; },
     "rules[0].start.search_attributes.N", "gives string, which is not of type int",
     "make it a whole number of 64 bits, for example with floor, or null for a run without the attribute"},
};
INSTANTIATE_TEST_SUITE_P(rows, foreseen_of_rules, testing::ValuesIn(rows),
                         [](auto const& one) { return std::string{one.param.name}; });

TEST(foreseen_of_rules, leaves_alone_what_may_work) {
    auto rule = bare_rule("orders");
    rule.vars = {{"tag", ".body.release.tag_name // error(\"no tag\")"}};
    rule.when = ".headers[\"x-github-event\"]";
    rule.id = R"r("orders-\(.params.team)-\($tag)")r";
    rule.inputs = {".body.n + 1"};
    rule.search_attributes = {{"N", ".body.n", attribute_type::integer},
                              {"T", ".type", attribute_type::keyword}};
    EXPECT_TRUE(problems_of(std::move(rule)).empty());
}

}  // namespace
}  // namespace headgate::dispatch
