#include "config/load.hpp"
#include "config/notes.hpp"
#include "tests/support/scratch_folder.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

// The tests of a rule, as they are read.

namespace headgate::config {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class rule_tests : public ::testing::Test {
protected:
    rule_tests() {
        write("secret", "a secret of some length\n");
        std::filesystem::permissions(folder_.path() / "secret", std::filesystem::perms::owner_read);
    }

    void write(std::string_view name, std::string_view text) {
        std::ofstream{folder_.path() / name, std::ios::binary} << text;
    }

    // `tests` begins on line 11.
    [[nodiscard]] loaded with(std::string_view tests) {
        write("headgate.yaml",
              "store: {sqlite: {path: headgate.db}}\n"
              "targets: {t: {temporal: {address: \"t:1\"}}}\n"
              "sources:\n"
              "  github:\n"
              "    path: /webhooks/github\n"
              "    verify: {preset: github, secrets: [{file: secret}]}\n"
              "rules:\n"
              "  - name: orders\n"
              "    source: github\n"
              "    start: {target: t, workflow: W, task_queue: q}\n" +
                  std::string{tests});
        return load(folder_.path() / "headgate.yaml");
    }

    [[nodiscard]] std::vector<std::string> said_about(std::string_view tests) {
        std::vector<std::string> all;
        for (auto const& one : with(tests).found) all.push_back(to_text(one));
        return all;
    }

    // The only test; `written` is its keys in flow style, but for its name.
    [[nodiscard]] rule_trial only(std::string_view written) {
        auto outcome = with("    tests: [{name: one, " + std::string{written} + "}]\n");
        for (auto const& one : outcome.found) ADD_FAILURE() << to_text(one);
        if (!outcome.made || outcome.made->rule_trials.size() != 1) return {};
        return outcome.made->rule_trials.front();
    }

    testing_support::scratch_folder folder_;
};

TEST_F(rule_tests, have_the_same_event_in_every_run_where_nothing_is_said) {
    auto const one = only("event: {}, starts: nothing");
    EXPECT_EQ(one.path, "rules[0].tests[0]");
    EXPECT_EQ(one.rule, "orders");
    EXPECT_EQ(one.name, "one");
    EXPECT_EQ(to_string(one.given.id), "01890000-0000-7000-8000-000000000000");
    EXPECT_EQ(to_rfc3339(one.given.incoming.received_at), "2026-01-01T00:00:00.000Z");
    EXPECT_EQ(one.given.incoming.body, "");
    EXPECT_THAT(one.given.incoming.head.fields, IsEmpty());
    EXPECT_THAT(one.starts, IsEmpty());
    EXPECT_FALSE(one.fails);
}

// An unquoted YAML scalar is a number where JSON has such a number, with all its digits; else it is text.
TEST_F(rule_tests, have_bodies_in_which_numbers_keep_their_digits) {
    auto const one = only(
        R"(event: {body: {n: 12345678901234567890123, d: 1.10, t: "7", v: v1, b: true, z: ~, l: [1e2, -0]}},
           starts: nothing)");
    EXPECT_EQ(one.given.incoming.body,
              R"({"n":12345678901234567890123,"d":1.10,"t":"7","v":"v1","b":true,"z":null,"l":[1e2,-0]})");
    EXPECT_THAT(one.given.incoming.head.fields, ElementsAre(header{"content-type", "application/json"}));
    auto const empty = only("event: {body: ~}, starts: nothing");
    EXPECT_EQ(empty.given.incoming.body, "");
    EXPECT_THAT(empty.given.incoming.head.fields, IsEmpty());
}

TEST_F(rule_tests, have_what_is_written_of_an_event) {
    auto const one = only(
        "event: {type: push, id: 0192f3c0-7b1e-7cc3-9a4f-0123456789ab, received_at: "
        "\"2026-10-01T00:00:00Z\", "
        "method: PUT, path: /x, params: {connection: orders}, query: {a b: \"1&2\", c: d}, "
        "headers: {X-One: a, content-type: text/csv}, body_text: \"a,b\", "
        "identity: {verified_by: jwt, key_id: k, covers: partial, delivery_id: d, subject: s, email: e, "
        "groups: [g]}}, starts: nothing");
    auto const& [id, incoming, type, verified_by, key, covers, delivery, subject, email, groups] = one.given;
    EXPECT_EQ(type, "push");
    EXPECT_EQ(to_string(id), "0192f3c0-7b1e-7cc3-9a4f-0123456789ab");
    EXPECT_EQ(to_rfc3339(incoming.received_at), "2026-10-01T00:00:00.000Z");
    EXPECT_EQ(incoming.head.method, "PUT");
    EXPECT_EQ(incoming.head.target, "/x?a%20b=1%262&c=d");
    EXPECT_THAT(incoming.path_parameters, ElementsAre(std::pair{"connection", "orders"}));
    EXPECT_THAT(incoming.head.fields, ElementsAre(header{"x-one", "a"}, header{"content-type", "text/csv"}));
    EXPECT_EQ(incoming.body, "a,b");
    EXPECT_THAT((std::vector{verified_by, key, delivery, subject, email}),
                ElementsAre("jwt", "k", "d", "s", "e"));
    EXPECT_EQ(covers, coverage::partial);
    EXPECT_THAT(groups, ElementsAre("g"));
}

TEST_F(rule_tests, expect_nothing_one_start_several_or_a_failure) {
    EXPECT_THAT(only("event: {}, starts: []").starts, IsEmpty());
    EXPECT_THAT(only("event: {}, starts: {}").starts, ElementsAre("{}"));
    EXPECT_THAT(only("event: {}, starts: {id: v1, input: {n: 1.10}, memo: {a: null}}").starts,
                ElementsAre(R"({"id":"v1","input":{"n":1.10},"memo":{"a":null}})"));
    EXPECT_THAT(only("event: {}, starts: [{id: a}, {id: b}]").starts,
                ElementsAre(R"({"id":"a"})", R"({"id":"b"})"));
    EXPECT_EQ(only("event: {}, fails: no tag").fails, "no tag");
}

TEST_F(rule_tests, with_the_request_of_a_file_depend_on_that_file) {
    write("release.http", "POST /webhooks/github HTTP/1.1\r\n\r\n{}");
    std::string const tests = "    tests: [{name: one, request: release.http, starts: nothing}]\n";
    auto const first = with(tests);
    ASSERT_TRUE(first.made);
    EXPECT_EQ(first.made->rule_trials.at(0).raw_request, "POST /webhooks/github HTTP/1.1\r\n\r\n{}");
    EXPECT_TRUE(first.made_from.contains(folder_.path() / "release.http"));
    write("release.http", "POST /webhooks/github HTTP/1.1\r\n\r\n[]");
    EXPECT_NE(with(tests).made->revision, first.made->revision);
}

struct row {
    std::string_view written;  // In flow style.
    std::string_view said;
};

constexpr row rows[]{
    {"{event: {}, starts: nothing}", "rules[0].tests[0].name (line 11): is missing"},
    {"{name: \"a\\nb\", event: {}, starts: nothing}", "rules[0].tests[0].name (line 11): is no short line"},
    {"{name: a, starts: nothing}", "rules[0].tests[0] (line 11): needs exactly one of `event` and `request`"},
    {"{name: a, event: {}, request: secret, starts: nothing}", "needs exactly one of `event` and `request`"},
    {"{name: a, event: {}}", "rules[0].tests[0] (line 11): needs exactly one of `starts` and `fails`"},
    {"{name: a, event: {}, starts: nothing, fails: x}", "needs exactly one of `starts` and `fails`"},
    {"{name: a, event: {}, starts: nothing, start: x}",
     "rules[0].tests[0].start (line 11): is not a setting — did you mean starts?"},
    {"{name: a, event: {bdy: 1}, starts: nothing}",
     "rules[0].tests[0].event.bdy (line 11): is not a setting — did you mean body?"},
    {"{name: a, event: release, starts: nothing}",
     "rules[0].tests[0].event (line 11): is a text, not a mapping"},
    {"{name: a, event: {id: 7}, starts: nothing}",
     "rules[0].tests[0].event.id (line 11): \"7\" is not a UUID — write for example 01890000-"},
    {"{name: a, event: {received_at: today}, starts: nothing}",
     "rules[0].tests[0].event.received_at (line 11): \"today\" is not a time"},
    {"{name: a, event: {path: \"/a?b\"}, starts: nothing}",
     "rules[0].tests[0].event.path (line 11): \"/a?b\" is not a path"},
    {"{name: a, event: {path: a}, starts: nothing}", "event.path (line 11): \"a\" is not a path"},
    {"{name: a, event: {body: {}, body_text: x}, starts: nothing}",
     "rules[0].tests[0].event.body_text (line 11): stands beside `body` — keep one of the two"},
    {"{name: a, event: {body: {}, headers: {Content-Type: text/csv}}, starts: nothing}",
     "rules[0].tests[0].event.body (line 11): is written as JSON, and the content-type says something else"},
    {"{name: a, event: {identity: {covers: most}}, starts: nothing}",
     "event.identity.covers (line 11): \"most\" is not known — one of: none, partial, full"},
    {"{name: a, event: {}, starts: none}",
     "rules[0].tests[0].starts (line 11): does not say what is started — write `nothing`, or"},
    {"{name: a, event: {}, starts: ~}", "rules[0].tests[0].starts (line 11): does not say what is started"},
    {"{name: a, event: {}, starts: {workflow_id: a}}",
     "rules[0].tests[0].starts.workflow_id (line 11): is not a setting — "},
    {"{name: a, event: {}, starts: [{id: a}, {ids: b}]}",
     "rules[0].tests[0].starts[1].ids (line 11): is not a setting — did you mean id?"},
    {"{name: a, event: {}, starts: [nothing]}",
     "rules[0].tests[0].starts[0] (line 11): is a text, not a mapping"},
    {"{name: a, event: {}, starts: [~]}", "rules[0].tests[0].starts[0] (line 11): is empty"},
    {"{name: a, event: {}, starts: {memo: x}}",
     "rules[0].tests[0].starts.memo (line 11): is not a mapping — write each name with its value"},
    {"{name: a, request: nowhere.http, starts: nothing}", "rules[0].tests[0].request (line 11): "},
};

TEST_F(rule_tests, mistakes_in_them_are_named_with_place_and_remedy) {
    for (auto const& [written, said] : rows) {
        auto const found = said_about("    tests: [" + std::string{written} + "]\n");
        EXPECT_THAT(found, ElementsAre(HasSubstr(said))) << written;
        EXPECT_FALSE(load(folder_.path() / "headgate.yaml").made) << written;
    }
}

TEST_F(rule_tests, are_at_most_a_hundred_and_their_requests_a_mebibyte) {
    auto const tests = [](int count) {
        std::string text = "    tests:\n";
        for (int i = 0; i < count; ++i) text += "      - {name: a, event: {}, starts: nothing}\n";
        return text;
    };
    EXPECT_THAT(said_about(tests(100)), IsEmpty());
    EXPECT_THAT(said_about(tests(101)),
                ElementsAre(HasSubstr("rules[0].tests (line 11): has more than 100 tests")));
    auto const request_of = [&](std::size_t bytes) {
        write("large.http", std::string(bytes, 'x'));
        return said_about("    tests: [{name: a, request: large.http, starts: nothing}]\n");
    };
    EXPECT_THAT(request_of(1024 * 1024), IsEmpty());
    EXPECT_THAT(request_of(1024 * 1024 + 1), ElementsAre(HasSubstr("has more than 1048576 bytes")));
}

}  // namespace
}  // namespace headgate::config
