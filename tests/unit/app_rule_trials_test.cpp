#include "app/rule_trials.hpp"
#include "config/notes.hpp"
#include "tests/support/scratch_folder.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

// What comes of the tests that stand below rules.

namespace headgate::app {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class rule_trials : public ::testing::Test {
protected:
    rule_trials() {
        for (auto const* name : {"secret", "token", "slack"}) {
            write(name, std::string{"a secret for the "} + name);
            std::filesystem::permissions(folder_.path() / name, std::filesystem::perms::owner_read);
        }
        write("release.schema.json", R"({"properties": {"n": {"type": "integer"}}})");
    }

    void write(std::string_view name, std::string_view text) {
        std::ofstream{folder_.path() / name, std::ios::binary} << text;
    }

    // The rule `orders` with this test, in flow style.
    [[nodiscard]] std::string configured(std::string_view test) {
        write("headgate.yaml",
              "store: {sqlite: {path: headgate.db}}\n"
              "targets: {platform: {temporal: {address: \"t:1\"}}}\n"
              "tables: {teams: {entries: {v1: sales}}}\n"
              "sources:\n"
              "  github:\n"
              "    path: /webhooks/github\n"
              "    verify: {preset: github, secrets: [{file: secret}]}\n"
              "    schema: {file: release.schema.json}\n"
              "    replay: digest\n"
              "  airbyte:\n"
              "    path: /webhooks/airbyte/{connection}\n"
              "    verify: {equal: {a: {header: X-Token}, b: {secret: token}}}\n"
              "    secrets: {token: [{file: token}]}\n"
              "    dedupe: none\n"
              "  slack:\n"
              "    path: /webhooks/slack\n"
              "    verify: {preset: slack, secrets: [{file: slack}]}\n"
              "rules:\n"
              "  - name: orders\n"
              "    source: " +
                  source_ +
                  "\n"
                  "    vars: {tag: .body.tag}\n"
                  "    when: " +
                  when_ +
                  "\n"
                  "    start:\n"
                  "      target: platform\n"
                  "      workflow: Sync\n"
                  "      task_queue: data\n"
                  "      id: '\"orders-\\($tag)\"'\n"
                  "      input: " +
                  input_ +
                  "\n"
                  "      memo: {why: .type}\n"
                  "      search_attributes: {N: {type: int, value: .body.n}, Source: .source}\n"
                  "    tests:\n"
                  "      - " +
                  std::string{test} + "\n");
        return (folder_.path() / "headgate.yaml").string();
    }

    [[nodiscard]] rule_trial tried(std::string_view test) {
        planned_ = make_plan(configured("{name: one, " + std::string{test} + "}"));
        for (auto const& each : planned_.found) EXPECT_FALSE(is_mistake(each)) << config::to_text(each);
        if (!planned_.made) return {};
        auto const all = try_rules(*planned_.made);
        EXPECT_EQ(all.size(), 1U);
        return all.at(0);
    }

    [[nodiscard]] std::vector<std::string> wrong_with(std::string_view test) { return tried(test).wrong; }

    std::string source_ = "github";
    std::string when_ = ".type == \"release.published\"";
    std::string input_ = "'{tag: $tag, n: .body.n}'";
    planned planned_;
    testing_support::scratch_folder folder_;
};

constexpr std::string_view v1 = "event: {type: release.published, body: {tag: v1, n: 7}}, ";

TEST_F(rule_trials, pass_where_what_is_written_is_what_came) {
    auto const one =
        tried(std::string{v1} +
              "starts: {target: platform, workflow: Sync, task_queue: data, id: orders-v1, "
              "input: {n: 7, tag: v1}, memo: {why: release.published}, search_attributes: {N: 7}}");
    EXPECT_THAT(one.wrong, IsEmpty());
    EXPECT_EQ(one.starts, 1U);
    EXPECT_THAT(wrong_with(std::string{v1} + "starts: {}"), IsEmpty());
    EXPECT_THAT(wrong_with("event: {type: push, body: {tag: v1}}, starts: nothing"), IsEmpty());
}

TEST_F(rule_trials, say_each_place_that_differs) {
    EXPECT_THAT(wrong_with(std::string{v1} +
                           "starts: {id: orders-v2, input: {tag: v2, n: 7}, memo: {why: push, by: me}, "
                           "search_attributes: {N: \"7\"}}"),
                ElementsAre(R"(id: expected "orders-v2", found "orders-v1")",
                            R"(input.tag: expected "v2", found "v1")",
                            R"(memo.why: expected "push", found "release.published")",
                            R"(memo.by: expected "me", found null)",
                            R"(search_attributes.N: expected "7", found 7)"));
    EXPECT_THAT(wrong_with(std::string{v1} + "starts: {input: {tag: v1, m: 7}}"),
                ElementsAre("input.m: expected 7, found nothing", "input.n: expected nothing, found 7"));
    EXPECT_THAT(wrong_with(std::string{v1} + "starts: {input: {tag: [v1], n: {}}}"),
                ElementsAre(R"(input.tag: expected ["v1"], found "v1")", "input.n: expected {}, found 7"));
}

TEST_F(rule_trials, name_five_places_and_count_the_others) {
    input_ = "'[1, 2, 3, 4, 5, 6, 7]'";
    EXPECT_THAT(wrong_with(std::string{v1} + "starts: {input: [0, 0, 0, 0, 0, 0, 7]}"),
                ElementsAre("input[0]: expected 0, found 1", "input[1]: expected 0, found 2",
                            "input[2]: expected 0, found 3", "input[3]: expected 0, found 4",
                            "input[4]: expected 0, found 5", "and 1 more"));
    EXPECT_THAT(wrong_with(std::string{v1} + "starts: {input: [1]}"),
                ElementsAre("input: expected [1], found [1,2,3,4,5,6,7]"));
}

// As `==` of jq has it, with all digits of whole numbers.
TEST_F(rule_trials, compare_numbers_by_what_they_are) {
    input_ = ".body.n";
    auto const with_n = [](std::string_view n, std::string_view expected) {
        return "event: {type: release.published, body: {tag: v1, n: " + std::string{n} +
               "}}, starts: {input: " + std::string{expected} + "}";
    };
    when_ = "'true'";
    EXPECT_THAT(wrong_with(with_n("10", "1e1")), IsEmpty());
    EXPECT_THAT(wrong_with(with_n("10", "\"10\"")), ElementsAre(R"(input: expected "10", found 10)"));
    EXPECT_THAT(wrong_with(with_n("9007199254740993", "9007199254740992")),
                ElementsAre("input: expected 9007199254740992, found 9007199254740993"));
}

TEST_F(rule_trials, have_an_attribute_that_is_left_out_as_null) {
    std::string const without_n = "event: {type: release.published, body: {tag: v1}}, ";
    EXPECT_THAT(wrong_with(without_n + "starts: {search_attributes: {N: null}}"), IsEmpty());
    EXPECT_THAT(wrong_with(std::string{v1} + "starts: {search_attributes: {N: null}}"),
                ElementsAre("search_attributes.N: expected null, found 7"));
}

TEST_F(rule_trials, have_a_list_as_the_input_of_several_arguments_or_none) {
    input_ = "[$tag, .body.n]";
    EXPECT_THAT(wrong_with(std::string{v1} + "starts: {input: [v1, 7]}"), IsEmpty());
    input_ = "[]";
    EXPECT_THAT(wrong_with(std::string{v1} + "starts: {input: []}"), IsEmpty());
}

TEST_F(rule_trials, count_starts_before_they_look_at_them) {
    EXPECT_THAT(wrong_with(std::string{v1} + "starts: nothing"),
                ElementsAre("expected nothing, found 1 start"));
    EXPECT_THAT(wrong_with(std::string{v1} + "starts: [{id: a}, {id: b}]"),
                ElementsAre("expected 2 starts, found 1 start"));
    EXPECT_THAT(wrong_with(std::string{v1} + "starts: [{id: orders-v1}]"), IsEmpty());
    EXPECT_THAT(wrong_with("event: {type: push}, starts: {}"),
                ElementsAre("expected 1 start, found nothing"));
}

TEST_F(rule_trials, of_a_rule_that_fails_compare_a_part_of_the_reason) {
    when_ = "error(\"no tag\")";
    EXPECT_THAT(wrong_with(std::string{v1} + "fails: no tag"), IsEmpty());
    EXPECT_THAT(
        wrong_with(std::string{v1} + "fails: no branch"),
        ElementsAre(HasSubstr(
            R"(expected a failure with "no branch", found a failure: match: when: no tag at line 1)")));
    EXPECT_THAT(wrong_with(std::string{v1} + "starts: nothing"),
                ElementsAre(HasSubstr("expected nothing, found a failure: match: when: no tag at line 1")));
    when_ = "'true'";
    EXPECT_THAT(wrong_with(std::string{v1} + "fails: no tag"),
                ElementsAre(R"(expected a failure with "no tag", found 1 start)"));
    when_ = "'false'";
    EXPECT_THAT(wrong_with(std::string{v1} + "fails: no tag"),
                ElementsAre(R"(expected a failure with "no tag", found nothing)"));
}

TEST_F(rule_trials, are_bounded_by_what_bounds_the_rule) {
    when_ = "'[range(1000000)] | length > 0'";
    EXPECT_THAT(wrong_with(std::string{v1} + "fails: dispatch.rule_steps_max"), IsEmpty());
}

TEST_F(rule_trials, start_nothing_where_the_body_does_not_match_the_schema_of_its_source) {
    auto const one = tried("event: {type: release.published, body: {tag: v1, n: x}}, starts: nothing");
    EXPECT_THAT(one.wrong, IsEmpty());
    EXPECT_THAT(one.instead, HasSubstr("does not match its schema: /n "));
    EXPECT_THAT(one.steps, IsEmpty());
    EXPECT_THAT(wrong_with("event: {type: release.published, body: {tag: v1, n: x}}, starts: {}"),
                ElementsAre(HasSubstr("expected 1 start, found nothing, because the body does not match its "
                                      "schema: /n ")));
}

TEST_F(rule_trials, find_the_type_as_the_sources_preset_does) {
    EXPECT_THAT(wrong_with("event: {headers: {X-GitHub-Event: release}, body: {action: published, tag: v1}}, "
                           "starts: {memo: {why: release.published}}"),
                IsEmpty());
}

TEST_F(rule_trials, look_up_in_the_tables_of_the_configuration) {
    input_ = "'{team: lookup(\"teams\"; $tag)}'";
    EXPECT_THAT(wrong_with(std::string{v1} + "starts: {input: {team: sales}}"), IsEmpty());
}

TEST_F(rule_trials, have_everything_of_the_event_that_is_written) {
    when_ = "'true'";
    input_ =
        "'[.id, .source, .tenant, .received_at, .method, .path, .params, .query, .headers, .body_text, now, "
        ".identity.covers, .identity.groups, .identity.verified_by]'";
    EXPECT_THAT(
        wrong_with("event: {headers: {X-One: a}, query: {q: \"1\"}, params: {p: b}, body: {tag: v1}, "
                   "identity: {groups: [g]}}, starts: {input: [01890000-0000-7000-8000-000000000000, github, "
                   "default, \"2026-01-01T00:00:00.000Z\", POST, /webhooks/github, {p: b}, {q: \"1\"}, "
                   "{x-one: a, content-type: application/json}, '{\"tag\":\"v1\"}', 1767225600, full, [g], "
                   "nothing]}"),
        IsEmpty());
}

TEST_F(rule_trials, hide_credentials_from_the_rule_as_ever) {
    source_ = "airbyte";
    when_ = "'true'";
    input_ = "'[.headers[\"x-token\"], .headers.authorization]'";
    EXPECT_THAT(wrong_with("event: {headers: {X-Token: abc, Authorization: def}, body: {tag: v1}}, starts: "
                           "{input: [<verified>, <verified>]}"),
                IsEmpty());
}

TEST_F(rule_trials, take_a_request_as_it_went_over_the_wire_and_judge_no_signature) {
    source_ = "airbyte";
    when_ = "'true'";
    input_ = "'[.params.connection, .headers[\"x-token\"], .received_at]'";
    write("request.http",
          "POST /webhooks/airbyte/orders HTTP/1.1\r\nX-Token: wrong\r\nHost: x\r\n"
          "Content-Type: application/json\r\n\r\n{\"tag\":\"v1\"}");
    EXPECT_THAT(wrong_with("request: request.http, starts: {id: orders-v1, input: [orders, <verified>, "
                           "\"2026-01-01T00:00:00.000Z\"]}"),
                IsEmpty());
}

TEST_F(rule_trials, name_requests_that_never_become_an_event_of_the_source) {
    auto const said_of = [&](std::string_view request) {
        write("request.http", request);
        return wrong_with("request: request.http, starts: nothing");
    };
    EXPECT_THAT(said_of("hello"), ElementsAre(HasSubstr("this is not one HTTP/1.1 request")));
    EXPECT_THAT(said_of("POST /elsewhere HTTP/1.1\r\nHost: x\r\n\r\n"),
                ElementsAre(HasSubstr("the request's path does not belong to source 'github'")));
    EXPECT_THAT(said_of("GET /webhooks/github HTTP/1.1\r\nHost: x\r\n\r\n"),
                ElementsAre("the source takes no events with GET — one of: POST"));
    EXPECT_THAT(said_of("POST /webhooks/github HTTP/1.1\r\nHost: x\r\nContent-Encoding: compress\r\n\r\nx"),
                ElementsAre(HasSubstr("Content-Encoding is none that source 'github' allows")));
    source_ = "slack";
    EXPECT_THAT(said_of("POST /webhooks/slack HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n\r\n"
                        R"({"type":"url_verification","challenge":"c"})"),
                ElementsAre(HasSubstr("the request is a handshake: it is answered and makes no event")));
}

TEST_F(rule_trials, that_fail_refuse_the_configuration_for_whoever_puts_it_in_force) {
    auto const path = configured("{name: a release, " + std::string{v1} + "starts: {id: orders-v2}}");
    EXPECT_TRUE(make_plan(path).made) << "who explains, explains a rule whose tests fail too";
    auto const tried = make_tried_plan(path);
    EXPECT_FALSE(tried.made);
    ASSERT_EQ(tried.found.size(), 1U);
    EXPECT_EQ(
        config::to_text(tried.found[0]),
        "rules[0].tests[0] (line 32): \"a release\" fails: id: expected \"orders-v2\", found \"orders-v1\" "
        "— mend the rule or the test; `headgate test` shows what each program gave");
    EXPECT_TRUE(
        make_tried_plan(configured("{name: a, " + std::string{v1} + "starts: {id: orders-v1}}")).made);
}

TEST_F(rule_trials, show_the_steps_of_the_rule) {
    auto const one = tried("event: {type: push}, starts: nothing");
    ASSERT_EQ(one.steps.size(), 1U);
    EXPECT_EQ(one.steps[0].program, "when");
    EXPECT_EQ(one.steps[0].value, "false");
}

}  // namespace
}  // namespace headgate::app
