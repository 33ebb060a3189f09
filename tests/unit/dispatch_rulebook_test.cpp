#include "core/encoding.hpp"
#include "dispatch/rulebook.hpp"
#include "tests/support/rules.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <string>

namespace headgate::dispatch {
namespace {

using namespace testing_support;
using namespace std::chrono_literals;

TEST(rulebook, renders_the_whole_order) {
    auto rule = bare_rule("orders");
    rule.when = R"(.headers["x-github-event"] == "release" and .body.action == "published")";
    rule.id = R"jq("orders-\(.body.release.tag_name)")jq";
    rule.inputs = {R"({connection: "orders", n: .body.n})"};
    rule.memo = {{"tag", ".body.release.tag_name"}};
    rule.search_attributes = {{"HeadgateSource", ".source"}};
    rule.execution_timeout = 1h;
    auto const done = routed({rule});
    ASSERT_EQ(done.deliveries.size(), 1U);
    auto const& order = done.deliveries[0].order;
    EXPECT_EQ(order.workflow_id, "orders-v1");
    EXPECT_FALSE(order.id_is_default);
    EXPECT_THAT(order.inputs, testing::ElementsAre(R"({"connection":"orders","n":12345678901234567890123})"));
    EXPECT_EQ(order.memo, (std::vector<std::pair<std::string, std::string>>{{"tag", R"("v1")"}}));
    EXPECT_EQ(order.search_attributes, (std::vector<search_attribute>{{"HeadgateSource", R"("github")"}}));
    EXPECT_EQ(order.execution_timeout, 1h);
    EXPECT_EQ(done.deliveries[0].state, delivery_state::waiting);
}

TEST(rulebook, rules_look_up_in_the_tables_of_the_configuration_whose_contents_are_no_part_of_a_revision) {
    auto const made_with = [](std::string_view connection) {
        auto tables = std::make_shared<transforms::lookup_tables>();
        std::array const row{json::member{"v1", json::value::string(connection, tables->kept)}};
        std::array const all{json::member{"connections", json::value::object(row, tables->kept)}};
        tables->by_name = json::value::object(all, tables->kept);
        settings from;
        from.rules = {bare_rule("orders")};
        from.rules[0].inputs = {R"(lookup("connections"; .body.release.tag_name))"};
        from.sources = {{.name = "github", .body = {}}};
        from.tables = std::move(tables);
        problems found;
        json::arena scratch;
        return route(release(), *rulebook::compile(from, found), scratch, now).deliveries.at(0);
    };
    auto const one = made_with("c-1");
    auto const other = made_with("c-2");
    EXPECT_THAT(one.order.inputs, testing::ElementsAre(R"("c-1")"));
    EXPECT_THAT(other.order.inputs, testing::ElementsAre(R"("c-2")"));
    EXPECT_EQ(one.rule_revision, other.rule_revision);
}

TEST(rulebook, an_id_that_nobody_gave_is_the_events_with_the_rules) {
    auto const done = routed({bare_rule("orders")});
    ASSERT_EQ(done.deliveries.size(), 1U);
    EXPECT_EQ(done.deliveries[0].order.workflow_id, "0192f3c0-7b1e-7cc3-9a4f-0123456789ab.orders");
    EXPECT_TRUE(done.deliveries[0].order.id_is_default);
}

TEST(rulebook, several_rules_may_match_in_their_order) {
    auto const done = routed({bare_rule("b"), bare_rule("a")});
    ASSERT_EQ(done.deliveries.size(), 2U);
    EXPECT_EQ(done.deliveries[0].rule, "b");
    EXPECT_EQ(done.deliveries[1].rule, "a");
}

TEST(rulebook, rules_of_other_sources_see_nothing) {
    auto other = bare_rule("other");
    other.source = "gitlab";
    EXPECT_EQ(routed({other}).state, event_state::unmatched);
}

TEST(rulebook, an_event_whose_source_is_gone_is_unmatched_with_that_reason) {
    auto gone = release();
    gone.source = "retired";
    auto const done = routed({bare_rule("orders")}, gone);
    EXPECT_EQ(done.state, event_state::unmatched);
    EXPECT_EQ(done.reason, "source 'retired' is not in the configuration");
}

TEST(rulebook, the_revision_is_made_of_everything_the_rule_does) {
    auto const one = book_of({bare_rule("orders")})->find("orders")->revision;
    auto changed = bare_rule("orders");
    changed.run_timeout = 1ms;
    EXPECT_EQ(one.size(), 16U);
    EXPECT_EQ(one, book_of({bare_rule("orders")})->find("orders")->revision);
    EXPECT_NE(one, book_of({changed})->find("orders")->revision);
}

struct failure {
    char const* name;
    void (*spoil)(rule_settings&);
    char const* reason;
};

void PrintTo(failure const& row, std::ostream* out) {
    *out << row.name;
}

class failing_rules : public testing::TestWithParam<failure> {};

TEST_P(failing_rules, leave_a_dead_delivery_that_says_why) {
    auto rule = bare_rule("orders");
    GetParam().spoil(rule);
    auto const done = routed({rule});
    EXPECT_EQ(done.state, event_state::routed);
    ASSERT_EQ(done.deliveries.size(), 1U);
    EXPECT_EQ(done.deliveries[0].state, delivery_state::dead);
    EXPECT_TRUE(done.deliveries[0].reason.starts_with(GetParam().reason)) << done.deliveries[0].reason;
    EXPECT_TRUE(done.deliveries[0].order.workflow_id.empty());
}

INSTANTIATE_TEST_SUITE_P(
    rows, failing_rules,
    testing::Values(
        failure{"when_gives_nothing", [](auto& r) { r.when = "empty"; }, "match: when: gave 0 outputs"},
        failure{"when_gives_two", [](auto& r) { r.when = "true, true"; }, "match: when: gave 2 outputs"},
        failure{"when_raises", [](auto& r) { r.when = R"(error("x"))"; }, "match: when: "},
        failure{"id_is_a_number", [](auto& r) { r.id = ".body.n"; }, "match: id: gave number, not a string"},
        failure{"id_is_empty", [](auto& r) { r.id = R"(.source | ltrimstr("github"))"; },
                "match: id: gave an empty string"},
        failure{"id_is_null", [](auto& r) { r.id = ".body.absent"; }, "match: id: gave null"},
        failure{"id_is_too_long", [](auto& r) { r.id = R"("x" * 241)"; }, "match: id: gave 241 bytes"},
        failure{"id_has_a_line_feed", [](auto& r) { r.id = R"("a\nb" + "")"; },
                "match: id: has a control character"},
        failure{"id_turns_the_order_of_text_around", [](auto& r) { r.id = R"("a\u202e" + "b")"; },
                "match: id: has a control character"},
        failure{"id_ends_like_a_replays",
                [](auto& r) { r.id = R"jq("orders-\(.body.release.tag_name)~12")jq"; },
                "match: id: ends in `~` and digits, as only the ids of replays do"},
        failure{"input_gives_none", [](auto& r) { r.inputs = {"empty"}; }, "match: input: gave 0 outputs"},
        failure{"input_gives_two", [](auto& r) { r.inputs = {"1, 2"}; }, "match: input: gave 2 outputs"},
        failure{"memo_raises", [](auto& r) { r.memo = {{"m", R"(error("x"))"}}; }, "match: memo.m: "},
        failure{"runs_for_ever", [](auto& r) { r.inputs = {"[repeat(1)]"}; }, "match: input: "}),
    [](auto const& row) { return std::string{row.param.name}; });

TEST(rulebook, an_id_of_240_bytes_is_taken) {
    auto rule = bare_rule("orders");
    rule.id = R"("x" * 240)";
    EXPECT_EQ(routed({rule}).deliveries[0].order.workflow_id.size(), 240U);
}

TEST(rulebook, an_id_with_a_tilde_elsewhere_is_taken) {
    for (std::string const id : {"orders~", "~", "orders~12b", "orders~12~x", "12"}) {
        auto rule = bare_rule("orders");
        rule.id = '"' + id + '"';
        EXPECT_EQ(routed({rule}).deliveries[0].order.workflow_id, id);
    }
}

TEST(rulebook, refuses_an_id_that_no_event_could_make_right) {
    for (std::string const id : {R"("")", R"("orders~1")", R"("a\nb")", R"( "x~20" )"}) {
        settings from;
        from.sources = {{.name = "github", .body = {}}};
        from.rules = {bare_rule("orders")};
        from.rules[0].id = id;
        problems found;
        EXPECT_FALSE(rulebook::compile(from, found)) << id;
        ASSERT_EQ(found.size(), 1U) << id;
        EXPECT_EQ(found[0].path, "rules[0].start.id");
        EXPECT_FALSE(found[0].remedy.empty());
    }
}

TEST(rulebook, has_a_verdict_of_every_rule_of_the_source) {
    auto matching = bare_rule("matching");
    auto other = bare_rule("other");
    other.when = ".body.action == \"deleted\"";
    auto unsure = bare_rule("unsure");
    unsure.when = R"(error("x"))";
    auto broken = bare_rule("broken");
    broken.memo = {{"tag", "1, 2"}};
    auto elsewhere = bare_rule("elsewhere");
    elsewhere.source = "gitlab";
    auto const book = book_of({matching, other, unsure, elsewhere, broken});
    json::arena scratch;
    auto const all = book->verdicts(release(), scratch);
    ASSERT_EQ(all.size(), 4U);
    EXPECT_EQ(all[0].by->settings.name, "matching");
    ASSERT_EQ(all[0].matches.size(), 1U);
    EXPECT_TRUE(all[0].matches[0].order);
    EXPECT_EQ(all[1].by->settings.name, "other");
    EXPECT_FALSE(all[1].holds);
    EXPECT_TRUE(all[1].matches.empty());
    ASSERT_EQ(all[2].matches.size(), 1U);
    EXPECT_FALSE(all[2].matches[0].order);
    EXPECT_EQ(all[2].matches[0].failed_in, "when");
    ASSERT_EQ(all[3].matches.size(), 1U);
    EXPECT_EQ(all[3].matches[0].failed_in, "start.memo.tag");
    EXPECT_EQ(all[3].matches[0].failure.message, "memo.tag: gave 2 outputs, not one");
}

TEST(rulebook, a_body_that_is_not_what_its_type_says_fails_only_who_reads_it) {
    auto broken = release();
    broken.received.body = R"({"action":)";
    auto reads = bare_rule("reads");
    reads.inputs = {"{a: .body.action}"};
    auto ignores = bare_rule("ignores");
    ignores.inputs = {"{source}"};
    auto const done = routed({reads, ignores}, broken);
    ASSERT_EQ(done.deliveries.size(), 2U);
    EXPECT_EQ(done.deliveries[0].state, delivery_state::dead);
    EXPECT_EQ(done.deliveries[1].state, delivery_state::waiting);
    EXPECT_THAT(done.deliveries[1].order.inputs, testing::ElementsAre(R"({"source":"github"})"));
}

// What a source says of its bodies holds for its rules, and the limit of unpacking has its setting.
TEST(rulebook, reads_bodies_as_their_source_says) {
    settings from;
    from.rules = {bare_rule("orders")};
    from.rules.front().when = ".body.n == 2";
    from.rules.front().inputs = {".body_base64"};
    from.sources = {{.name = "github", .body = {.has_base64 = true}}};
    auto const delivered = [&](event const& any) {
        problems found;
        json::arena scratch;
        return route(any, *rulebook::compile(from, found), scratch, now).deliveries.at(0);
    };
    auto any = release();
    any.received.body = R"({"n":1,"n":2})";
    EXPECT_THAT(delivered(any).order.inputs,
                testing::ElementsAre(R"("eyJuIjoxLCJuIjoyfQ==")"));  // printf '{"n":1,"n":2}' | base64
    from.sources.front().body.duplicates = transforms::duplicate_keys::refused;
    EXPECT_THAT(delivered(any).reason,
                testing::StartsWith("match: when: the body has an object with the same key twice"));

    // printf '{"n":2}' | gzip -n | base64
    any.received.body =
        decode_base64("H4sIAAAAAAAAA6tWylOyMqoFAL1oZv8HAAAA", base64_alphabet::standard).value();
    any.received.head.fields.push_back({"content-encoding", "gzip"});
    EXPECT_EQ(delivered(any).state, delivery_state::waiting);
    from.rule_decoded_bytes_max = 6;
    EXPECT_THAT(delivered(any).reason,
                testing::StartsWith("match: when: the body is larger than 6 bytes once its gzip is decoded"));
    EXPECT_THAT(delivered(any).reason, testing::HasSubstr("dispatch.rule_decoded_bytes_max"));
}

TEST(rulebook, says_where_a_program_is_wrong) {
    settings from;
    from.sources = {{.name = "github", .body = {}}};
    from.rules = {bare_rule("fine"), bare_rule("broken")};
    from.rules[1].when = ".body.[";
    from.rules[1].memo = {{"m", "nosuch"}};
    problems found;
    EXPECT_FALSE(rulebook::compile(from, found));
    ASSERT_EQ(found.size(), 2U);
    EXPECT_EQ(found[0].path, "rules[1].when");
    EXPECT_EQ(found[1].path, "rules[1].start.memo.m");
}

// Each budget reaches the programs, and the dead delivery says which setting it was.
TEST(rulebook, a_rule_over_a_budget_leaves_a_dead_delivery_that_names_the_setting) {
    struct row {
        char const* when;
        void (*lower)(settings&);
        char const* reason;
    };
    constexpr std::array rows{
        row{"last(range(1000))", [](settings& all) { all.rule_steps_max = 100; }, "dispatch.rule_steps_max"},
        row{"\"a\" * 2000", [](settings& all) { all.rule_memory_bytes_max = 1'000; },
            "dispatch.rule_memory_bytes_max"},
        row{"range(9)", [](settings& all) { all.rule_outputs_max = 5; }, "dispatch.rule_outputs_max"},
        row{"def f: [f]; f", [](settings& all) { all.rule_depth_max = 8; }, "dispatch.rule_depth_max"},
        row{".body.n", [](settings& all) { all.rule_values_max = 3; }, "more than 3 values"},
    };
    for (auto const& [when, lower, reason] : rows) {
        settings from;
        from.rules = {bare_rule("orders")};
        from.rules.front().when = when;
        from.sources = {{.name = "github", .body = {}}};
        lower(from);
        problems found;
        auto const book = rulebook::compile(from, found);
        ASSERT_TRUE(book);
        json::arena scratch;
        auto const done = route(release(), *book, scratch, now);
        ASSERT_EQ(done.deliveries.size(), 1U) << when;
        EXPECT_EQ(done.deliveries[0].state, delivery_state::dead);
        EXPECT_THAT(done.deliveries[0].reason, testing::StartsWith("match: when: "));
        EXPECT_THAT(done.deliveries[0].reason, testing::HasSubstr(reason));
    }
}

}  // namespace
}  // namespace headgate::dispatch
