#include "tests/support/fake_target.hpp"
#include "tests/support/replaced_dispatcher.hpp"
#include "tests/support/rules.hpp"
#include "tests/support/run.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace headgate::dispatch {
namespace {

using namespace testing_support;
using testing::ElementsAre;

rule_settings final_rule(std::string name, std::string when = "true") {
    auto rule = bare_rule(std::move(name));
    rule.when = std::move(when);
    rule.is_final = true;
    return rule;
}

std::vector<std::string> rules_of(store::routing const& done) {
    std::vector<std::string> names;
    for (auto const& each : done.deliveries) names.push_back(each.rule);
    return names;
}

TEST(final_rules, that_match_are_followed_by_no_other) {
    EXPECT_THAT(rules_of(routed({bare_rule("a"), final_rule("b"), bare_rule("c"), final_rule("d")})),
                ElementsAre("a", "b"));
}

TEST(final_rules, that_do_not_match_change_nothing) {
    EXPECT_THAT(rules_of(routed({final_rule("a", "false"), bare_rule("b")})), ElementsAre("b"));
}

TEST(final_rules, that_fail_are_followed_by_no_other) {
    auto const unsure = routed({final_rule("a", R"(error("x"))"), bare_rule("b")});
    EXPECT_THAT(rules_of(unsure), ElementsAre("a"));
    EXPECT_EQ(unsure.deliveries[0].state, delivery_state::dead);
    auto broken = final_rule("a");
    broken.inputs = {"empty"};
    EXPECT_THAT(rules_of(routed({broken, bare_rule("b")})), ElementsAre("a"));
}

TEST(final_rules, of_other_sources_are_not_met) {
    auto elsewhere = final_rule("a");
    elsewhere.source = "gitlab";
    EXPECT_THAT(rules_of(routed({elsewhere, bare_rule("b")})), ElementsAre("b"));
}

TEST(final_rules, without_an_item_have_matched_all_the_same) {
    auto none = final_rule("a");
    none.each = "empty";
    none.inputs = {"$item"};
    auto const done = routed({none, bare_rule("b")});
    EXPECT_EQ(done.state, event_state::unmatched);
    EXPECT_EQ(done.reason, "`each` of rule 'a' gives no item");
}

TEST(final_rules, are_named_by_the_verdicts_of_those_behind_them) {
    auto const book = book_of({final_rule("a", "false"), final_rule("b"), bare_rule("c"), bare_rule("d")});
    json::arena scratch;
    auto const all = book->verdicts(release(), scratch);
    ASSERT_EQ(all.size(), 4U);
    EXPECT_EQ(all[0].behind, nullptr);
    EXPECT_TRUE(all[1].holds);
    for (std::size_t const place : {2U, 3U}) {
        ASSERT_NE(all[place].behind, nullptr);
        EXPECT_EQ(all[place].behind->settings.name, "b");
        EXPECT_FALSE(all[place].holds);
        EXPECT_TRUE(all[place].matches.empty());
    }
}

TEST(final_rules, are_final_in_the_revision_only_where_they_are) {
    auto const plain = book_of({bare_rule("a")})->find("a")->normal_form;
    EXPECT_THAT(plain, testing::Not(testing::HasSubstr("final")));
    EXPECT_THAT(book_of({final_rule("a")})->find("a")->normal_form, testing::HasSubstr(R"("final":true)"));
}

TEST(final_rules, that_have_an_event_keep_it_whatever_they_say_today) {
    json::arena scratch;
    auto const book = book_of({final_rule("a", "false"), bare_rule("b")});
    EXPECT_THAT(rules_of(route(release(), *book, scratch, now, {"a"})), testing::IsEmpty());
    EXPECT_THAT(rules_of(route(release(), *book, scratch, now, {"b"})), ElementsAre("b"));
}

class a_final_rule_routed_again : public replaced_dispatcher {
protected:
    asio::awaitable<void> play(rule_settings first, delivery_state until_it_is) {
        STEP(begin(settings_with({std::move(first)}),
                   one("platform", std::make_unique<fake_target>(target_))));
        auto appending = store_.append(event_with("{}"), {}, deadline::max());
        auto const stored = co_await std::move(appending);
        EXPECT_TRUE(stored);
        STEP(until_first_is(until_it_is));
        STEP(replace(settings_with({final_rule("first", "false"), rule_of("second")})));
        auto again = dispatcher_->route_again(store_.events().begin()->second.kept.id);
        auto const routed = co_await std::move(again);
        EXPECT_TRUE(routed);
        STEP(end());
    }

    fake_target::memory target_;
};

TEST_F(a_final_rule_routed_again, that_has_started_something_lets_no_other_have_the_event) {
    testing_support::run(play(final_rule("first"), delivery_state::completed));
    EXPECT_EQ(store_.deliveries().size(), 1U);
}

TEST_F(a_final_rule_routed_again, that_only_failed_and_does_not_match_today_lets_others_have_it) {
    testing_support::run(play(final_rule("first", R"(error("x"))"), delivery_state::dead));
    EXPECT_EQ(store_.deliveries().size(), 2U);
}

}  // namespace
}  // namespace headgate::dispatch
