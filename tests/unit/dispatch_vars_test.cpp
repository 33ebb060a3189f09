#include "tests/support/rules.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstddef>
#include <memory_resource>
#include <string>
#include <utility>
#include <vector>

namespace headgate::dispatch {
namespace {

using namespace testing_support;

rule_settings rule_with_vars(std::vector<std::pair<std::string, std::string>> vars, std::string input) {
    auto rule = bare_rule("orders");
    rule.vars = std::move(vars);
    rule.inputs = {std::move(input)};
    return rule;
}

TEST(vars, are_seen_by_every_program_of_the_rule_and_by_the_vars_after_them) {
    auto rule =
        rule_with_vars({{"tag", ".body.release.tag_name"}, {"id", R"("orders-" + $tag)"}}, "[$tag, $id]");
    rule.when = R"($tag == "v1")";
    rule.id = "$id";
    rule.memo = {{"tag", "$tag"}};
    rule.search_attributes = {{"Tag", "$tag"}};
    auto const done = routed({rule});
    ASSERT_EQ(done.deliveries.size(), 1U);
    auto const& order = done.deliveries[0].order;
    EXPECT_EQ(order.workflow_id, "orders-v1");
    EXPECT_THAT(order.inputs, testing::ElementsAre(R"(["v1","orders-v1"])"));
    EXPECT_EQ(order.memo.at(0).second, R"("v1")");
    EXPECT_EQ(order.search_attributes.at(0).json, R"("v1")");
}

TEST(vars, that_fail_do_no_harm_to_who_does_not_name_them) {
    auto rule = rule_with_vars({{"tag", R"(error("x"))"}, {"after", "$tag"}, {"fine", "7"}}, "$after");
    rule.when = "$fine == 8";
    EXPECT_EQ(routed({rule}).state, event_state::unmatched);
    rule.when = "$fine == 7";
    auto const done = routed({rule});
    ASSERT_EQ(done.deliveries.size(), 1U);
    EXPECT_THAT(done.deliveries[0].reason, testing::StartsWith("match: vars.tag: x"));
}

TEST(vars, give_exactly_one_output) {
    json::arena scratch;
    auto const book = book_of({rule_with_vars({{"both", "1, 2"}}, "$both")});
    auto const failed = book->evaluate(release(), scratch).matches;
    ASSERT_EQ(failed.size(), 1U);
    EXPECT_EQ(failed[0].failed_in, "vars.both");
    EXPECT_EQ(failed[0].failure.message, "vars.both: gave 2 outputs, not one");
}

class counted_bytes final : public std::pmr::memory_resource {
public:
    std::size_t bytes = 0;

private:
    void* do_allocate(std::size_t size, std::size_t alignment) override {
        bytes += size;
        return std::pmr::new_delete_resource()->allocate(size, alignment);
    }
    void do_deallocate(void* block, std::size_t size, std::size_t alignment) override {
        std::pmr::new_delete_resource()->deallocate(block, size, alignment);
    }
    [[nodiscard]] bool do_is_equal(memory_resource const& other) const noexcept override {
        return this == &other;
    }
};

TEST(vars, are_evaluated_once) {
    auto const bytes_with = [](std::size_t uses) {
        auto rule = rule_with_vars({{"large", R"("x" * 100000)"}}, "($large | length)");
        for (std::size_t i = 1; i < uses; ++i)
            rule.memo.emplace_back("m" + std::to_string(i), "($large | length)");
        auto const book = book_of({rule});
        counted_bytes counted;
        json::arena scratch{&counted};
        EXPECT_THAT(route(release(), *book, scratch, now).deliveries.at(0).order.inputs,
                    testing::ElementsAre("100000"));
        return counted.bytes;
    };
    EXPECT_LT(bytes_with(8), 2 * bytes_with(1));
}

TEST(vars, mistakes_in_them_are_found_when_they_are_loaded) {
    settings from;
    from.sources = {{.name = "github", .body = {}}};
    from.rules = {rule_with_vars(
        {{"early", "$late"}, {"late", "1"}, {"item", "1"}, {"ENV", "1"}, {"a-b", "1"}}, "[$lat, $early]")};
    problems found;
    EXPECT_FALSE(rulebook::compile(from, found));
    std::vector<std::string> said;
    for (auto const& each : found)
        said.push_back(each.path + " " + each.what.substr(0, each.what.find('\n')));
    EXPECT_THAT(said,
                testing::ElementsAre("rules[0].vars.early $late is not defined at line 1, column 1",
                                     "rules[0].vars.item $item means something else",
                                     "rules[0].vars.ENV $ENV means something else",
                                     R"(rules[0].vars.a-b "a-b" cannot be the name of a var)",
                                     "rules[0].start.input $lat is not defined at line 1, column 2",
                                     "rules[0].vars.early is not used", "rules[0].vars.late is not used"));
}

TEST(vars, one_that_nobody_reads_is_only_warned_of) {
    settings from;
    from.sources = {{.name = "github", .body = {}}};
    from.rules = {rule_with_vars({{"tag", "1"}}, ".")};
    problems found;
    EXPECT_TRUE(rulebook::compile(from, found));
    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(found[0].path, "rules[0].vars.tag");
    EXPECT_EQ(found[0].weighs, problem::weight::warning);
}

}  // namespace
}  // namespace headgate::dispatch
