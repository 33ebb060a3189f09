#include "tests/support/rules.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

// How a rule came to its verdict, program by program.

namespace headgate::dispatch {
namespace {

using namespace testing_support;
using ::testing::ElementsAre;

verdict verdict_of(rule_settings rule) {
    json::arena scratch;
    auto const all = book_of({std::move(rule)})->verdicts(release(), scratch);
    EXPECT_EQ(all.size(), 1U);
    return all.front();
}

// "when: .x => 7", or "when: .x fails: message".
std::vector<std::string> lines_of(verdict const& from) {
    std::vector<std::string> all;
    for (auto const& each : from.steps) {
        auto line = each.program + ": " + each.text;
        if (!each.value.empty()) line += " => " + each.value;
        if (each.failure) line += " fails: " + each.failure->message;
        all.push_back(line);
    }
    return all;
}

TEST(steps, are_the_programs_that_ran_in_their_order_each_var_once) {
    auto rule = bare_rule("orders");
    rule.vars = {
        {"unread", R"(error("x"))"}, {"tag", ".body.release.tag_name"}, {"id", R"("orders-" + $tag)"}};
    rule.when = R"($tag == "v1")";
    rule.id = "$id";
    rule.inputs = {"{tag: $tag}", ".body.none"};
    rule.memo = {{"why", ".source"}};
    rule.search_attributes = {{"Tag", "$tag", attribute_type::keyword}};
    EXPECT_THAT(lines_of(verdict_of(rule)),
                ElementsAre(R"(vars.tag: .body.release.tag_name => "v1")", R"(when: $tag == "v1" => true)",
                            R"(vars.id: "orders-" + $tag => "orders-v1")", R"(start.id: $id => "orders-v1")",
                            R"(start.input[0]: {tag: $tag} => {"tag":"v1"})",
                            "start.input[1]: .body.none => null", R"(start.memo.why: .source => "github")",
                            R"(start.search_attributes.Tag: $tag => "v1")"));
}

TEST(steps, of_a_rule_that_does_not_match_say_what_when_gave) {
    auto rule = bare_rule("orders");
    rule.vars = {{"tag", ".body.release.tag_name"}};
    rule.when = R"($tag == "v2")";
    auto const found = verdict_of(rule);
    EXPECT_FALSE(found.holds);
    EXPECT_THAT(lines_of(found),
                ElementsAre(R"(vars.tag: .body.release.tag_name => "v1")", R"(when: $tag == "v2" => false)"));
}

TEST(steps, end_with_the_program_that_failed) {
    auto rule = bare_rule("orders");
    rule.vars = {{"tag", R"(error("no tag"))"}};
    rule.when = "$tag";
    EXPECT_THAT(lines_of(verdict_of(rule)),
                ElementsAre(R"(vars.tag: error("no tag") fails: no tag at line 1, column 1)"));
    rule.vars.clear();
    rule.when = "1, 2";
    EXPECT_THAT(lines_of(verdict_of(rule)), ElementsAre("when: 1, 2 fails: gave 2 outputs, not one"));
}

TEST(steps, say_both_what_came_and_why_it_cannot_stand_there) {
    auto rule = bare_rule("orders");
    rule.when = ".body.n | not | not";
    rule.id = ".body.n";
    EXPECT_THAT(lines_of(verdict_of(rule)),
                ElementsAre("when: .body.n | not | not => true",
                            ::testing::StartsWith("start.id: .body.n => 12345678901234567890123 fails: ")));
    rule.id = R"("run~" + "7")";
    EXPECT_THAT(lines_of(verdict_of(rule)).back(),
                ::testing::StartsWith(R"(start.id: "run~" + "7" => "run~7" fails: )"));
    rule.id.clear();
    rule.search_attributes = {{"N", ".body.action", attribute_type::integer}};
    EXPECT_THAT(lines_of(verdict_of(rule)).back(),
                ::testing::StartsWith(R"(start.search_attributes.N: .body.action => "published" fails: )"));
}

TEST(steps, of_a_long_value_keep_the_beginning_and_its_size) {
    auto rule = bare_rule("orders");
    rule.when = R"("é" * 5000)";
    auto const found = verdict_of(rule);
    auto const& when = found.steps.front();
    EXPECT_TRUE(when.is_shortened());
    EXPECT_EQ(when.value_bytes, 10'002U);
    EXPECT_EQ(when.value.size(), step_value_bytes_max - 1) << "a character is not cut in two";
    rule.when = R"("x" * )" + std::to_string(step_value_bytes_max - 2);
    EXPECT_FALSE(verdict_of(rule).steps.front().is_shortened());
}

TEST(steps, have_values_as_they_are_written_elsewhere) {
    auto rule = bare_rule("orders");
    for (auto const* const literal :
         {"[]", "{}", R"({"a":[{},[],null],"b":{"c":"é\n\""}})", "1.10", R"([[1,[2]],"x"])", "false"}) {
        rule.when = literal;
        EXPECT_EQ(verdict_of(rule).steps.front().value, literal);
    }
}

}  // namespace
}  // namespace headgate::dispatch
