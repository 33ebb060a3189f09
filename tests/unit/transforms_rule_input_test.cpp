#include "core/encoding.hpp"
#include "json/write.hpp"
#include "transforms/program.hpp"
#include "transforms/rule_input.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <iterator>
#include <string>
#include <string_view>

namespace headgate::transforms {
namespace {

event example() {
    event made{.sequence = 7,
               .id = *parse_uuid("0192f3c0-7b1e-7cc3-9a4f-0123456789ab"),
               .tenant = "default",
               .source = "github",
               .sender = identity{"mac", "signing#0", coverage::full},
               .received = {}};
    made.sender.delivery_id = "d-1";
    made.sender.event_type = "release.published";
    made.received.head = {.method = "POST",
                          .target = "/hooks/github?a=1&b=x%20y&a=2&c=+",
                          .fields = {{"content-type", "application/json; charset=utf-8"},
                                     {"x-a", "1"},
                                     {"accept", "*/*"},
                                     {"x-a", "2"}},
                          .peer = "192.0.2.1"};
    made.received.body = R"({"action":"published","n":1.10})";
    made.received.path_parameters = {{"connection", "orders"}};
    made.received.received_at = *parse_rfc3339("2026-11-21T03:24:05.123Z");
    return made;
}

input_options bounded(body_limits const& bounds) {
    return {.has_id = true, .body = {.bounds = bounds, .as = {}}};
}

// What `source` gives on the event, or the error's message.
std::string on(event const& any, std::string_view source, input_options const& options = {}) {
    json::arena own;
    auto const input = make_rule_input(any, own, options);
    auto const compiled = program::compile(source);
    if (!compiled) return compiled.error().message;
    auto const outputs = compiled->run(input.value, own, {});
    if (!outputs) return outputs.error().message;
    return outputs->empty() ? "nothing" : json::write(outputs->front());
}

TEST(rule_input, has_what_the_reference_page_says) {
    EXPECT_EQ(
        on(example(), "."),
        R"({"id":"0192f3c0-7b1e-7cc3-9a4f-0123456789ab","source":"github","tenant":"default",)"
        R"("type":"release.published","received_at":"2026-11-21T03:24:05.123Z",)"
        R"("identity":{"verified_by":"mac","key_id":"signing#0","covers":"full","signed_time":null,)"
        R"("delivery_id":"d-1","delivery_id_signed":false,"subject":null,"email":null,)"
        R"("groups":[]},"method":"POST","path":"/hooks/github",)"
        R"("params":{"connection":"orders"},"query":{"a":null,"b":"x y","c":" "},)"
        R"("query_all":{"a":["1","2"],"b":["x y"],"c":[" "]},)"
        R"("headers":{"content-type":"application/json; charset=utf-8","x-a":"1, 2","accept":"*/*"},)"
        R"("body":{"action":"published","n":1.10},"body_text":"{\"action\":\"published\",\"n\":1.10}"})");
}

TEST(rule_input, has_no_secret_of_the_body) {
    auto of = example();
    of.received.body = R"({"t":"secret","n":1.10})";
    of.received.hidden = {{.begin = 5, .bytes = 8, .as = hidden_place::form::json_value}};
    EXPECT_EQ(on(of, "[.body, .body_text]"),
              R"([{"t":"<verified>","n":1.10},"{\"t\":\"<verified>\",\"n\":1.10}"])");
    of.received.head.fields = {{"content-type", "application/x-www-form-urlencoded"}};
    of.received.body = "t=secret&n=1";
    of.received.hidden = {{.begin = 2, .bytes = 6, .as = hidden_place::form::text}};
    EXPECT_EQ(on(of, "[.body, .body_text]"), R"([{"t":"<verified>","n":"1"},"t=<verified>&n=1"])");
}

TEST(rule_input, has_no_id_while_accepting) {
    EXPECT_EQ(on(example(), "has(\"id\")", {.has_id = false}), "false");
    EXPECT_EQ(on(example(), ".source", {.has_id = false}), "\"github\"");
}

TEST(rule_input, decodes_the_body_by_its_type) {
    auto any = example();
    auto const body_as = [&](std::string type, std::string body) {
        any.received.head.fields = {{"content-type", std::move(type)}};
        any.received.body = std::move(body);
        return on(any, ".body");
    };
    EXPECT_EQ(body_as("application/json", "[1]"), "[1]");
    EXPECT_EQ(body_as("Application/JSON ;charset=utf-8", "[1]"), "[1]");
    EXPECT_EQ(body_as("application/vnd.shop+json", R"({"a":1,"a":2})"), R"({"a":2})");
    EXPECT_EQ(body_as("application/x-www-form-urlencoded", "a=1&b=x+y&a=%C3%A9"),
              R"({"a":["1","é"],"b":"x y"})");
    EXPECT_EQ(body_as("application/octet-stream", "[1]"), "null");
    EXPECT_EQ(body_as("application/json", ""), "null");
    any.received.head.fields.clear();
    EXPECT_EQ(on(any, ".body"), "null");
}

TEST(rule_input, has_body_text_only_when_it_is_utf_8) {
    auto any = example();
    any.received.head.fields = {{"content-type", "application/octet-stream"}};
    any.received.body = "caf\xc3\xa9";
    EXPECT_EQ(on(any, ".body_text"), "\"café\"");
    any.received.body = "caf\xe9";
    EXPECT_EQ(on(any, ".body_text"), "null");
}

// Whatever reads the body fails, and no `?`, `try` or `//` hides it; what does not read it is unaffected.
TEST(rule_input, a_body_that_is_not_what_its_type_says_fails_every_program_that_reads_it) {
    auto any = example();
    any.received.body = "{\"secret\":";
    auto const message =
        "the body is not the JSON that its type says: JSON text ends too early at line 1, column 11";
    for (std::string_view const reads : {".body",
                                         ".body.action",
                                         ".body?",
                                         ".body.action?",
                                         "try .body catch 1",
                                         ".body // 1",
                                         ".",
                                         "[.]",
                                         "{a: .}",
                                         ".[]",
                                         "[.[]?]",
                                         "..",
                                         "tojson",
                                         "tostring",
                                         "\"\\(.)\"",
                                         "to_entries",
                                         "map_values(1)",
                                         ".[\"body\"]",
                                         ".[(\"bo\"+\"dy\")]",
                                         "getpath([\"body\"])",
                                         "getpath([\"body\", \"a\"])",
                                         "del(.source)",
                                         ". == 1",
                                         ". + {}",
                                         "with_entries(.)",
                                         "if . then 1 else 2 end",
                                         ". as {body: $b} | 1",
                                         "[paths]",
                                         ".body |= 1",
                                         "all(. != 1)",
                                         "length",
                                         "select(.body)"}) {
        EXPECT_EQ(on(any, reads), message) << reads;
    }
    EXPECT_EQ(on(any, ".source"), "\"github\"");
    EXPECT_EQ(on(any, "{a: .headers[\"x-a\"], id}"),
              R"({"a":"1, 2","id":"0192f3c0-7b1e-7cc3-9a4f-0123456789ab"})");
    EXPECT_EQ(on(any, ". as $event | $event.type"), "\"release.published\"");
    EXPECT_EQ(on(any, "getpath([\"headers\", \"accept\"])"), "\"*/*\"");
    EXPECT_EQ(on(any, ".type | startswith(\"release\")"), "true");
    json::arena own;
    auto const input = make_rule_input(any, own);
    ASSERT_TRUE(input.body_error);
    EXPECT_EQ(input.body_error->message, message);
}

TEST(rule_input, has_a_packed_body_as_it_was_before) {
    auto any = example();
    auto const packed = decode_base64("H4sIAAAAAAAAA6tWSkwuyczPU7JSKihNyskszkhNUdJRylOyMtQzNKgFAK3qN6cfAAAA",
                                      base64_alphabet::standard);  // Node's gzipSync of the example's body.
    any.received.head.fields.push_back({"content-encoding", "gzip"});
    any.received.body = packed.value();
    EXPECT_EQ(on(any, ".body.n"), "1.10");
    EXPECT_EQ(on(any, ".body_text"), R"("{\"action\":\"published\",\"n\":1.10}")");
    EXPECT_EQ(on(any, ".body.n", bounded({.decoded_bytes_max = 31})), "1.10");
    for (std::string_view const reads : {".body", ".body_text", "try .body_text catch 1", "."}) {
        EXPECT_EQ(on(any, reads, bounded({.decoded_bytes_max = 30})),
                  "the body is larger than 30 bytes once its gzip is decoded");
    }
    EXPECT_EQ(on(any, ".source", bounded({.decoded_bytes_max = 30})), "\"github\"");
    any.received.body.clear();
    EXPECT_EQ(on(any, "[.body, .body_text]"), "[null,\"\"]");
}

TEST(rule_input, has_the_bytes_in_base64_where_the_source_asks_for_them) {
    auto any = example();
    input_options const asking{.has_id = true, .body = {.bounds = {}, .as = {.has_base64 = true}}};
    any.received.head.fields = {{"content-type", "application/octet-stream"}};
    any.received.body = std::string{"\0\xff\x10", 3};
    EXPECT_EQ(on(any, "[.body, .body_text, .body_base64]", asking), R"([null,null,"AP8Q"])");
    EXPECT_EQ(on(any, "has(\"body_base64\")"), "false");
    any.received.body.clear();
    EXPECT_EQ(on(any, ".body_base64", asking), "\"\"");
    // printf '{"n":1}' | gzip -n | base64
    any.received.head.fields = {{"content-type", "application/json"}, {"content-encoding", "gzip"}};
    any.received.body =
        decode_base64("H4sIAAAAAAAAA6tWylOyMqwFAH47S9QHAAAA", base64_alphabet::standard).value();
    EXPECT_EQ(on(any, ".body_base64", asking), "\"eyJuIjoxfQ==\"");
    any.received.body += 'x';
    EXPECT_EQ(on(any, ".body_base64", asking), "the body is not the gzip that its Content-Encoding says");
    EXPECT_EQ(on(any, ".source", asking), "\"github\"");
}

// What is decoded is bounded before any program's budget begins.
TEST(rule_input, a_body_of_one_value_too_many_cannot_be_read) {
    auto any = example();
    any.received.body = "[1,2,3]";
    EXPECT_EQ(on(any, ".body | length", bounded({.values_max = 4})), "3");
    any.received.body = "[1,2,3,4]";
    EXPECT_EQ(
        on(any, ".body | length", bounded({.values_max = 4})),
        "the body is not the JSON that its type says: JSON text has more than 4 values at line 1, column 9");
    EXPECT_EQ(on(any, ".source", bounded({.values_max = 4})), "\"github\"");

    any.received.body = "{";
    for (int i = 0; i < 1'000'000; ++i) {
        fmt::format_to(std::back_inserter(any.received.body), "{}\"{}\":0", i > 0 ? "," : "", i);
    }
    any.received.body += '}';
    EXPECT_THAT(on(any, ".body"), testing::HasSubstr("JSON text has more than 1000000 values"));
    any.received.body = std::string(100'000, '[');
    EXPECT_THAT(on(any, ".body"), testing::HasSubstr("JSON text is nested deeper than 64 levels"));

    any.received.head.fields = {{"content-type", "application/x-www-form-urlencoded"}};
    any.received.body = "a=1&b=2&c&d";
    EXPECT_EQ(on(any, ".body.b", bounded({.values_max = 4})), "\"2\"");
    any.received.body = "a=1&b=2&c&d&e";
    EXPECT_EQ(on(any, ".body.b", bounded({.values_max = 4})), "the body is a form of more than 4 values");
}

}  // namespace
}  // namespace headgate::transforms
