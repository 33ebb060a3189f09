#include "tests/support/rules.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

namespace headgate::dispatch {
namespace {

using namespace testing_support;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

delivery delivered(rule_settings rule) {
    return routed({std::move(rule)}).deliveries.at(0);
}

delivery with_inputs(std::vector<std::string> programs) {
    auto rule = bare_rule("orders");
    rule.inputs = std::move(programs);
    return delivered(std::move(rule));
}

TEST(inputs, each_program_gives_one_argument) {
    EXPECT_THAT(with_inputs({".source", "null", "{a: 1}"}).order.inputs,
                ElementsAre(R"("github")", "null", R"({"a":1})"));
    EXPECT_THAT(with_inputs({".source"}).order.inputs, ElementsAre(R"("github")"));
    EXPECT_THAT(with_inputs({}).order.inputs, IsEmpty());
    EXPECT_EQ(with_inputs({}).state, delivery_state::waiting);
}

TEST(inputs, the_one_that_fails_is_named) {
    EXPECT_THAT(with_inputs({"1", "1, 2"}).reason, StartsWith("match: input[1]: gave 2 outputs, not one"));
    problems found;
    settings from;
    from.rules = {bare_rule("orders")};
    from.rules.front().inputs = {".", ".["};
    EXPECT_FALSE(rulebook::compile(from, found));
    EXPECT_EQ(found.at(0).path, "rules[0].start.input[1]");
}

rule_settings with_attribute(attribute_type type, std::string program) {
    auto rule = bare_rule("orders");
    rule.search_attributes = {{"A", std::move(program), type}};
    return rule;
}

struct typed {
    attribute_type type;
    char const* program;
    char const* json;  // Null: no value of the type.
};

void PrintTo(typed const& row, std::ostream* out) {
    *out << name_of(row.type) << ' ' << row.program;
}

class typed_attributes : public testing::TestWithParam<typed> {};

// Of what an array held nothing is known when it is loaded.
TEST_P(typed_attributes, are_sent_when_they_are_of_the_type_and_else_nothing_is_started) {
    auto const& [type, program, json] = GetParam();
    auto const made = delivered(with_attribute(type, "[" + std::string{program} + "] | .[0]"));
    if (json != nullptr) {
        EXPECT_THAT(made.order.search_attributes, ElementsAre(search_attribute{"A", json, type}));
        return;
    }
    EXPECT_EQ(made.state, delivery_state::dead);
    EXPECT_THAT(made.reason, StartsWith("match: search_attributes.A: gave "));
    EXPECT_THAT(made.reason, HasSubstr("not of type " + std::string{name_of(type)}));
}

INSTANTIATE_TEST_SUITE_P(
    rows, typed_attributes,
    testing::Values(
        typed{attribute_type::text, ".source", R"("github")"},
        typed{attribute_type::text, ".body.n", nullptr},
        typed{attribute_type::keyword, ".source", R"("github")"},
        typed{attribute_type::keyword, "[.source]", nullptr},
        typed{attribute_type::integer, "9223372036854775807", "9223372036854775807"},
        typed{attribute_type::integer, "9223372036854775808", nullptr},
        typed{attribute_type::integer, "17.0", nullptr}, typed{attribute_type::integer, "17.0 | floor", "17"},
        typed{attribute_type::integer, "true", nullptr}, typed{attribute_type::real, "1.5", "1.5"},
        typed{attribute_type::real, "17", "17"}, typed{attribute_type::real, "infinite", nullptr},
        typed{attribute_type::real, R"("1.5")", nullptr}, typed{attribute_type::boolean, "false", "false"},
        typed{attribute_type::boolean, R"("false")", nullptr},
        typed{attribute_type::datetime, R"("2026-11-22T03:00:00+01:00")", R"("2026-11-22T03:00:00+01:00")"},
        typed{attribute_type::datetime, R"("2026-11-22")", nullptr},
        typed{attribute_type::datetime, "1700000000", nullptr},
        typed{attribute_type::keywords, R"(["a","b"])", R"(["a","b"])"},
        typed{attribute_type::keywords, R"(["a",1])", nullptr},
        typed{attribute_type::keywords, R"("a")", nullptr}, typed{attribute_type::unsaid, "[1]", "[1]"}));

TEST(search_attributes, of_a_type_are_left_out_when_they_are_null) {
    EXPECT_THAT(delivered(with_attribute(attribute_type::keyword, ".body.absent")).order.search_attributes,
                IsEmpty());
    EXPECT_THAT(delivered(with_attribute(attribute_type::unsaid, ".body.absent")).order.search_attributes,
                ElementsAre(search_attribute{"A", "null"}));
}

TEST(search_attributes, a_literal_that_is_not_of_the_type_is_found_when_it_is_loaded) {
    settings from;
    from.rules = {with_attribute(attribute_type::integer, R"("17")")};
    problems found;
    EXPECT_FALSE(rulebook::compile(from, found));
    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(found[0].path, "rules[0].start.search_attributes.A");
    EXPECT_EQ(found[0].what, "gave string that is not of type int");
}

TEST(start_order, says_how_ids_may_be_used_again) {
    EXPECT_EQ(delivered(bare_rule("orders")).order.reuse, id_reuse::never);
    auto rule = bare_rule("orders");
    rule.reuse = id_reuse::after_failure;
    EXPECT_EQ(delivered(rule).order.reuse, id_reuse::after_failure);
}

// What a delivery was rendered by stays findable: no part of a rule is left out of its revision.
TEST(start_order, every_part_of_it_changes_the_revision) {
    std::vector<rule_settings> rules(6, bare_rule("orders"));
    rules[1].inputs = {".", "."};
    rules[2].inputs = {};
    rules[3].search_attributes = {{"A", "1"}};
    rules[4].search_attributes = {{"A", "1", attribute_type::integer}};
    rules[5].reuse = id_reuse::always;
    std::vector<std::string> revisions;
    for (auto const& rule : rules) revisions.push_back(book_of({rule})->find("orders")->revision);
    std::ranges::sort(revisions);
    EXPECT_EQ(std::ranges::adjacent_find(revisions), revisions.end());
}

}  // namespace
}  // namespace headgate::dispatch
