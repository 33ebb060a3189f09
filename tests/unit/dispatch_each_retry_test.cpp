#include "tests/support/dispatcher_at_work.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

// What becomes of items whose rule failed, once it is mended.

namespace headgate::dispatch {
namespace {

using testing::ElementsAre;
using testing::Pair;
using testing::StartsWith;
using testing_support::dispatcher_at_work;
using testing_support::rule_named;

constexpr auto three_records = R"({"records":["a","b","c"]})";

rule_settings rule_each(std::string each, std::string input = "$item") {
    auto rule = rule_named("records");
    rule.each = std::move(each);
    rule.inputs = {std::move(input)};
    return rule;
}

class items_retried : public testing::Test {
protected:
    void begin_with(rule_settings rule, delivery_state last, std::size_t how_many = 1) {
        work_.settings.rules = {std::move(rule)};
        work_.run_until(work_.all_are(last, how_many), {three_records});
    }

    // As an operator asks, under the rule as it is by then.
    void retry(delivery const& dead, rule_settings todays) {
        work_.settings.rules = {std::move(todays)};
        work_.store.change(
            {.delivery = dead.id, .from = delivery_state::dead, .to = delivery_state::waiting});
    }

    [[nodiscard]] delivery item(std::uint32_t place) const {
        for (auto const& [id, each] : work_.store.deliveries()) {
            if (each.kept.item == place) return each.kept;
        }
        ADD_FAILURE() << "no item " << place;
        return {};
    }

    [[nodiscard]] std::map<std::uint32_t, std::string> inputs() const {
        std::map<std::uint32_t, std::string> all;
        for (auto const& [id, each] : work_.store.deliveries()) {
            if (!each.kept.order.inputs.empty()) all.emplace(each.kept.item, each.kept.order.inputs.at(0));
        }
        return all;
    }

    dispatcher_at_work work_{std::vector<rule_settings>{}};
};

TEST_F(items_retried, after_each_failed_are_all_that_it_gives_today) {
    begin_with(rule_each(R"(error("x"))"), delivery_state::dead);
    auto const failed = work_.only();
    EXPECT_THAT(failed.reason, StartsWith("match: each: x"));
    retry(failed, rule_each(".body.records[]"));
    work_.run_until(work_.all_are(delivery_state::completed, 3));
    EXPECT_THAT(inputs(), ElementsAre(Pair(0, R"("a")"), Pair(1, R"("b")"), Pair(2, R"("c")")));
    EXPECT_EQ(item(0).id, failed.id);
    EXPECT_EQ(work_.target.starts.size(), 3U);
    EXPECT_TRUE(work_.store.keeps_rule_text(item(2).rule_revision));
}

TEST_F(items_retried, one_by_one_are_what_that_item_is_today_and_bring_no_others) {
    begin_with(rule_each(".body.records[]", R"(if $item == "b" then error("x") else $item end)"),
               delivery_state::completed, 2);
    EXPECT_EQ(item(1).state, delivery_state::dead);
    retry(item(1), rule_each(".body.records[], 4, 5"));
    work_.run_until(work_.all_are(delivery_state::completed, 3));
    EXPECT_THAT(inputs(), ElementsAre(Pair(0, R"("a")"), Pair(1, R"("b")"), Pair(2, R"("c")")));
}

TEST_F(items_retried, that_fail_again_are_dead_again_beside_those_that_do_not) {
    begin_with(rule_each(R"(error("x"))"), delivery_state::dead);
    retry(work_.only(), rule_each(".body.records[]", R"(if $index == 0 then error("y") else $item end)"));
    work_.run_until(work_.all_are(delivery_state::completed, 2));
    EXPECT_EQ(item(0).state, delivery_state::dead);
    EXPECT_THAT(item(0).reason, StartsWith("match: input: y"));
}

TEST_F(items_retried, whose_others_were_recorded_before_a_crash_make_no_more) {
    begin_with(rule_each(R"(error("x"))"), delivery_state::dead);
    auto recorded = work_.only();
    recorded.item = 1;
    recorded.state = delivery_state::completed;
    recorded.order.workflow_id = "records-1";
    work_.store.keep(recorded);
    retry(item(0), rule_each(".body.records[]"));
    work_.run_until(work_.all_are(delivery_state::completed, 2));
    EXPECT_EQ(work_.store.deliveries().size(), 2U);
    EXPECT_EQ(item(0).order.inputs.at(0), R"("a")");
}

TEST_F(items_retried, while_the_store_refuses_now_and_then_are_made_all_the_same) {
    begin_with(rule_each(R"(error("x"))"), delivery_state::dead);
    retry(work_.only(), rule_each(".body.records[]"));
    work_.store.refuses_every_other_write = true;
    work_.settings.sweep_every = std::chrono::milliseconds{1};
    work_.run_until(work_.all_are(delivery_state::completed, 3));
    EXPECT_EQ(work_.target.starts.size(), 3U);
}

TEST_F(items_retried, whose_others_can_never_be_recorded_are_dead_again) {
    begin_with(rule_each(R"(error("x"))"), delivery_state::dead);
    retry(work_.only(), rule_each(".body.records[]"));
    work_.store.never_delivered = {1};
    work_.run_until([this] { return work_.only().reason == "match: can never be recorded"; });
    EXPECT_EQ(work_.only().state, delivery_state::dead);
    EXPECT_TRUE(work_.target.starts.empty());
}

struct gone {
    char const* name;
    rule_settings today;
    char const* reason;
};

void PrintTo(gone const& row, std::ostream* out) {
    *out << row.name;
}

class an_item_that_is_gone : public items_retried, public testing::WithParamInterface<gone> {};

TEST_P(an_item_that_is_gone, is_dead_again_and_says_so) {
    begin_with(rule_each(".body.records[]", R"(if $index == 2 then error("x") else $item end)"),
               delivery_state::completed, 2);
    retry(item(2), GetParam().today);
    work_.run_until([this] { return item(2).reason == GetParam().reason; });
    EXPECT_EQ(item(2).state, delivery_state::dead);
    EXPECT_EQ(work_.target.starts.size(), 2U);
}

INSTANTIATE_TEST_SUITE_P(
    rows, an_item_that_is_gone,
    testing::Values(gone{"fewer_items", rule_each(".body.records[:2][]"),
                         "match: today's `each` gives no item 2"},
                    gone{"no_each_any_more", rule_named("records"),
                         "match: today's rule has no `each`, and this is one item of several"}),
    [](auto const& row) { return std::string{row.param.name}; });

TEST_F(items_retried, of_a_rule_that_gives_none_today_are_dead_again) {
    begin_with(rule_each(R"(error("x"))"), delivery_state::dead);
    retry(work_.only(), rule_each("empty"));
    work_.run_until([this] { return work_.only().reason == "match: today's `each` gives no item"; });
    EXPECT_EQ(work_.only().state, delivery_state::dead);
}

}  // namespace
}  // namespace headgate::dispatch
