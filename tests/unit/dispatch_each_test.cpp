#include "dispatch/item_budget.hpp"
#include "tests/support/rules.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory_resource>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

namespace headgate::dispatch {
namespace {

using namespace testing_support;
using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

constexpr auto three_records = R"({"action":"put","records":[{"key":"a"},{"key":"b"},{"key":"c"}]})";

rule_settings rule_each(std::string each) {
    auto rule = bare_rule("records");
    rule.each = std::move(each);
    rule.inputs = {"$item"};
    return rule;
}

event records(std::string body = three_records) {
    auto made = event_with(std::move(body));
    made.sequence = 5;
    made.id = *parse_uuid("0192f3c0-7b1e-7cc3-9a4f-0123456789ab");
    return made;
}

store::routing routed_by(settings const& from, event const& any = records()) {
    json::arena scratch;
    return route(any, *compiled(from), scratch, now);
}

settings settings_of(rule_settings rule) {
    settings from;
    from.rules = {std::move(rule)};
    from.sources = {{.name = "github", .body = {}}};
    return from;
}

std::vector<std::string> inputs_of(store::routing const& done) {
    std::vector<std::string> all;
    for (auto const& each : done.deliveries) all.push_back(each.order.inputs.at(0));
    return all;
}

std::vector<std::string> said_of(rule_settings rule) {
    problems found;
    auto const book = rulebook::compile(settings_of(std::move(rule)), found);
    std::vector<std::string> said;
    for (auto const& one : found) {
        said.push_back(one.path + " " + one.what);
        EXPECT_FALSE(one.remedy.empty()) << one.what;
        EXPECT_EQ(book == nullptr, one.weighs == problem::weight::mistake) << one.what;
    }
    return said;
}

TEST(each, makes_one_delivery_of_every_item_with_an_id_of_its_own) {
    auto rule = rule_each(".body.records[]");
    rule.inputs = {"{key: $item.key, index: $index, action: .body.action}"};
    rule.memo = {{"key", "$item.key"}};
    rule.search_attributes = {{"Key", "$item.key"}};
    auto const done = routed({rule}, records());
    EXPECT_EQ(done.state, event_state::routed);
    ASSERT_EQ(done.deliveries.size(), 3U);
    EXPECT_THAT(inputs_of(done), ElementsAre(R"({"key":"a","index":0,"action":"put"})",
                                             R"({"key":"b","index":1,"action":"put"})",
                                             R"({"key":"c","index":2,"action":"put"})"));
    for (std::uint32_t i = 0; i < 3; ++i) {
        auto const& one = done.deliveries[i];
        EXPECT_EQ(one.item, i);
        EXPECT_EQ(one.order.workflow_id, "0192f3c0-7b1e-7cc3-9a4f-0123456789ab.records." + std::to_string(i));
        EXPECT_TRUE(one.order.id_is_default);
    }
    EXPECT_EQ(done.deliveries[1].order.memo.at(0).second, R"("b")");
    EXPECT_EQ(done.deliveries[2].order.search_attributes.at(0).json, R"("c")");
}

TEST(each, gives_ids_that_are_made_of_the_item) {
    auto rule = rule_each(".body.records[]");
    rule.id = R"jq("records-\($item.key)")jq";
    auto const done = routed({rule}, records());
    ASSERT_EQ(done.deliveries.size(), 3U);
    EXPECT_EQ(done.deliveries[2].order.workflow_id, "records-c");
    EXPECT_FALSE(done.deliveries[2].order.id_is_default);
}

TEST(each, is_asked_only_where_when_holds) {
    auto rule = rule_each(R"(error("x"))");
    rule.when = ".body.action == \"delete\"";
    auto const done = routed({rule}, records());
    EXPECT_EQ(done.state, event_state::unmatched);
    EXPECT_EQ(done.reason, "");
}

TEST(each, without_an_item_leaves_the_event_unmatched_and_says_so) {
    auto const none = routed({rule_each("empty")}, records());
    EXPECT_EQ(none.state, event_state::unmatched);
    EXPECT_EQ(none.reason, "`each` of rule 'records' gives no item");
    auto other = rule_each(".body.absent[]?");
    other.name = "absent";
    EXPECT_EQ(routed({rule_each("empty"), other}, records()).reason,
              "`each` of rule 'records' gives no item, nor does that of 1 more");
    auto const with_another = routed({rule_each("empty"), bare_rule("whole")}, records());
    EXPECT_EQ(with_another.state, event_state::routed);
    EXPECT_EQ(with_another.reason, "");
}

TEST(each, an_item_that_fails_is_dead_and_the_others_go_on) {
    auto rule = rule_each(".body.records[]");
    rule.inputs = {R"(if $item.key == "b" then error("no b") else $item.key end)"};
    auto const done = routed({rule}, records());
    ASSERT_EQ(done.deliveries.size(), 3U);
    EXPECT_EQ(done.deliveries[0].state, delivery_state::waiting);
    EXPECT_EQ(done.deliveries[1].state, delivery_state::dead);
    EXPECT_EQ(done.deliveries[1].item, 1U);
    EXPECT_THAT(done.deliveries[1].reason, StartsWith("match: input: no b"));
    EXPECT_EQ(done.deliveries[2].order.inputs.at(0), R"("c")");
}

struct whole_failure {
    char const* name;
    char const* each;
    void (*lower)(settings&);
    char const* reason;
};

void PrintTo(whole_failure const& row, std::ostream* out) {
    *out << row.name;
}

class each_that_fails : public testing::TestWithParam<whole_failure> {};

TEST_P(each_that_fails, leaves_one_dead_delivery_that_says_why) {
    auto from = settings_of(rule_each(GetParam().each));
    GetParam().lower(from);
    auto const done = routed_by(from);
    EXPECT_EQ(done.state, event_state::routed);
    ASSERT_EQ(done.deliveries.size(), 1U);
    EXPECT_EQ(done.deliveries[0].item, 0U);
    EXPECT_EQ(done.deliveries[0].state, delivery_state::dead);
    EXPECT_THAT(done.deliveries[0].reason, StartsWith(GetParam().reason));
    EXPECT_TRUE(done.deliveries[0].order.workflow_id.empty());
}

constexpr auto as_it_is = [](settings&) {};

INSTANTIATE_TEST_SUITE_P(
    rows, each_that_fails,
    testing::Values(
        whole_failure{"raises", R"(error("no records"))", as_it_is, "match: each: no records"},
        whole_failure{"raises_after_an_item", R"(1, error("no records"))", as_it_is,
                      "match: each: no records"},
        whole_failure{"one_item_too_many", ".body.records[]", [](settings& from) { from.each_items_max = 2; },
                      "match: each: gave more than 2 items — raise dispatch.each_items_max, or choose fewer"},
        whole_failure{"endless", "repeat(1)", as_it_is,
                      "match: each: gave more than 1000 items — raise dispatch.each_items_max"},
        whole_failure{"endless_without_an_item", "range(infinite) | empty", as_it_is, "match: each: "},
        whole_failure{"too_large_together", ".body.records[]",
                      [](settings& from) { from.each_bytes_max = 1; },
                      "match: each: its items make more than 1 bytes together — raise "
                      "dispatch.each_bytes_max"}),
    [](auto const& row) { return std::string{row.param.name}; });

TEST(each, takes_as_many_items_as_its_limit_says) {
    auto from = settings_of(rule_each(".body.records[]"));
    from.each_items_max = 3;
    from.rule_outputs_max = 1;  // Of programs that are to give one value.
    EXPECT_EQ(routed_by(from).deliveries.size(), 3U);
}

class hand_wound_clock final : public work_clock {
public:
    [[nodiscard]] std::chrono::nanoseconds worked() const override { return now; }
    std::chrono::nanoseconds now{0};
};

TEST(item_budget, ends_one_past_what_all_items_may_take_together) {
    hand_wound_clock clock;
    item_budget budget{{.items_max = 9, .bytes_max = 100, .time_max = 2ms}, clock};
    EXPECT_FALSE(budget.spend(60));
    clock.now = 2ms;
    EXPECT_FALSE(budget.spend(40));
    clock.now += 1ns;
    auto const slow = budget.spend(0);
    ASSERT_TRUE(slow);
    EXPECT_EQ(slow->message, "its items take more than 2 ms together");
    EXPECT_THAT(slow->remedy, HasSubstr("dispatch.each_time_max"));
    clock.now = 0ms;
    auto const large = budget.spend(1);
    ASSERT_TRUE(large);
    EXPECT_EQ(large->message, "its items make more than 100 bytes together");
    EXPECT_THAT(large->remedy, HasSubstr("dispatch.each_bytes_max"));
}

TEST(item_budget, of_time_zero_is_none) {
    hand_wound_clock clock;
    item_budget budget{{.items_max = 9, .bytes_max = 100, .time_max = 0ms}, clock};
    clock.now = 24h;
    EXPECT_FALSE(budget.spend(1));
}

// How much was out at once, at most.
class peak_of_memory final : public std::pmr::memory_resource {
public:
    peak_of_memory() : before_{std::pmr::set_default_resource(this)} {}
    ~peak_of_memory() override { std::pmr::set_default_resource(before_); }
    std::size_t most = 0;

private:
    void* do_allocate(std::size_t size, std::size_t alignment) override {
        most = std::max(most, out_ += size);
        return std::pmr::new_delete_resource()->allocate(size, alignment);
    }
    void do_deallocate(void* block, std::size_t size, std::size_t alignment) override {
        out_ -= size;
        std::pmr::new_delete_resource()->deallocate(block, size, alignment);
    }
    [[nodiscard]] bool do_is_equal(memory_resource const& other) const noexcept override {
        return this == &other;
    }

    std::pmr::memory_resource* before_;
    std::size_t out_ = 0;
};

TEST(each, many_items_need_no_more_memory_than_one) {
    auto const peak_with = [](std::string const& each) {
        auto rule = rule_each(each);
        rule.inputs = {R"(("x" * 100000 | length) + $index)"};
        peak_of_memory memory;
        auto const done = routed({rule}, records());
        EXPECT_EQ(done.deliveries.back().order.inputs.at(0),
                  std::to_string(100'000 + done.deliveries.size() - 1));
        return memory.most;
    };
    EXPECT_LT(peak_with("range(50)"), 2 * peak_with("0"));
}

TEST(each, vars_that_read_the_item_are_of_each_item_and_others_of_the_event) {
    auto rule = rule_each(".body.records[]");
    rule.vars = {
        {"action", ".body.action"}, {"key", "$item.key"}, {"both", R"jq("\($action)-\($key)-\($index)")jq"}};
    rule.inputs = {"$both", "$both"};
    rule.when = R"($action == "put")";
    auto const done = routed({rule}, records());
    ASSERT_EQ(done.deliveries.size(), 3U);
    for (std::size_t i = 0; i < 3; ++i) {
        std::string const expected = R"("put-)" + std::string{"abc"[i]} + "-" + std::to_string(i) + '"';
        EXPECT_THAT(done.deliveries[i].order.inputs, ElementsAre(expected, expected));
    }
}

TEST(each, a_var_of_an_item_that_fails_is_that_items_trouble) {
    auto rule = rule_each(".body.records[]");
    rule.vars = {{"key", R"(if $index == 0 then error("no") else $item.key end)"}};
    rule.inputs = {"$key"};
    auto const done = routed({rule}, records());
    ASSERT_EQ(done.deliveries.size(), 3U);
    EXPECT_THAT(done.deliveries[0].reason, StartsWith("match: vars.key: no"));
    EXPECT_EQ(done.deliveries[1].order.inputs.at(0), R"("b")");
}

TEST(each, may_read_vars_of_the_event) {
    auto rule = rule_each("$all[]");
    rule.vars = {{"all", ".body.records"}};
    EXPECT_EQ(routed({rule}, records()).deliveries.size(), 3U);
}

struct misuse {
    char const* name;
    std::function<void(rule_settings&)> write;
    std::vector<std::string> said;
};

void PrintTo(misuse const& row, std::ostream* out) {
    *out << row.name;
}

class items_misused : public testing::TestWithParam<misuse> {};

TEST_P(items_misused, are_found_when_the_rule_is_loaded) {
    auto rule = rule_each(".body.records[]");
    GetParam().write(rule);
    EXPECT_EQ(said_of(rule), GetParam().said);
}

INSTANTIATE_TEST_SUITE_P(
    rows, items_misused,
    testing::Values(misuse{"item_without_each",
                           [](auto& rule) { rule.each.clear(); },
                           {"rules[0].start.input reads $item, and the rule has no `each`"}},
                    misuse{"index_without_each_in_a_var",
                           [](auto& rule) {
                               rule.each.clear();
                               rule.vars = {{"place", "$index"}};
                               rule.inputs = {"$place"};
                           },
                           {"rules[0].vars.place reads $index, and the rule has no `each`"}},
                    misuse{"item_in_when",
                           [](auto& rule) { rule.when = "$item.key == 1"; },
                           {"rules[0].when reads $item, and is asked once for the whole event"}},
                    misuse{"index_in_each",
                           [](auto& rule) { rule.each = ".body.records[$index]"; },
                           {"rules[0].each reads $index, and is asked once for the whole event"}},
                    misuse{"item_in_when_through_two_vars",
                           [](auto& rule) {
                               rule.vars = {{"key", "$item.key"}, {"long", "$key + $key"}};
                               rule.when = R"($long == "aa")";
                           },
                           {"rules[0].when reads $long, and is asked once for the whole event"}},
                    misuse{"one_id_for_all_items",
                           [](auto& rule) { rule.id = ".body.action"; },
                           {"rules[0].start.id is the same for every item of `each`"}},
                    misuse{"one_id_for_all_items_through_a_var",
                           [](auto& rule) {
                               rule.vars = {{"action", ".body.action"}};
                               rule.id = "$action";
                           },
                           {"rules[0].start.id is the same for every item of `each`"}},
                    misuse{"a_literal_id",
                           [](auto& rule) { rule.id = R"("records")"; },
                           {"rules[0].start.id is the same for every item of `each`"}},
                    misuse{"items_that_nobody_reads",
                           [](auto& rule) { rule.inputs = {"."}; },
                           {"rules[0].each gives items, and nothing in `start` reads $item or $index"}}),
    [](auto const& row) { return std::string{row.param.name}; });

TEST(each, an_id_that_reads_the_item_through_a_var_is_right) {
    auto rule = rule_each(".body.records[]");
    rule.vars = {{"key", "$item.key"}, {"id", R"r("records-" + ($key // error("no key")))r"}};
    rule.id = "$id";
    EXPECT_THAT(said_of(rule), testing::IsEmpty());
    EXPECT_EQ(routed({rule}, records()).deliveries.at(1).order.workflow_id, "records-b");
}

// A program's own $item is its own.
TEST(each, a_name_that_a_program_gives_itself_means_no_item) {
    auto rule = bare_rule("records");
    rule.when = ".body.records[0] as $item | $item.key == \"a\"";
    rule.inputs = {"[.body.records[] as $item | $item.key]"};
    EXPECT_THAT(said_of(rule), testing::IsEmpty());
    EXPECT_THAT(inputs_of(routed({rule}, records())), ElementsAre(R"(["a","b","c"])"));
}

TEST(each, is_a_part_of_the_revision_only_where_it_is_said) {
    auto const book = book_of({bare_rule("records")});
    auto const* const plain = book->find("records");
    EXPECT_THAT(plain->normal_form, testing::Not(HasSubstr("each")));
    auto const with_items = book_of({rule_each(".body.records[]")});
    EXPECT_NE(plain->revision, with_items->find("records")->revision);
}

TEST(each, verdicts_show_every_item) {
    auto rule = rule_each(".body.records[]");
    rule.memo = {{"odd", R"(if $index == 1 then error("odd") else 1 end)"}};
    auto const book = book_of({rule, rule_each("empty"), rule_each(R"(error("x"))")});
    json::arena scratch;
    auto const all = book->verdicts(records(), scratch);
    ASSERT_EQ(all.size(), 3U);
    ASSERT_EQ(all[0].matches.size(), 3U);
    EXPECT_EQ(all[0].matches[2].item, 2U);
    EXPECT_TRUE(all[0].matches[2].order);
    EXPECT_EQ(all[0].matches[1].failed_in, "start.memo.odd");
    EXPECT_TRUE(all[1].holds);
    EXPECT_TRUE(all[1].matches.empty());
    EXPECT_EQ(all[2].matches.at(0).failed_in, "each");
    EXPECT_FALSE(all[2].matches.at(0).item);
}

TEST(each, one_item_can_be_evaluated_alone) {
    auto const book = book_of({rule_each(".body.records[]")});
    json::arena scratch;
    auto const second = book->evaluate_one(*book->find("records"), records(), scratch, 1U);
    ASSERT_EQ(second.matches.size(), 1U);
    EXPECT_EQ(second.matches[0].order->workflow_id, "0192f3c0-7b1e-7cc3-9a4f-0123456789ab.records.1");
    auto const absent = book->evaluate_one(*book->find("records"), records(), scratch, 3U);
    EXPECT_TRUE(absent.holds);
    EXPECT_TRUE(absent.matches.empty());
}

}  // namespace
}  // namespace headgate::dispatch
