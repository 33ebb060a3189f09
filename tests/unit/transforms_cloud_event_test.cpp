#include "json/write.hpp"
#include "transforms/program.hpp"
#include "transforms/rule_input.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <utility>

namespace headgate::transforms {
namespace {

event received(headers fields, std::string body) {
    event made{.sequence = 7,
               .id = {},
               .tenant = "default",
               .source = "shop",
               .sender = identity{"mac", "signing#0", coverage::full},
               .received = {}};
    made.received.head = {
        .method = "POST", .target = "/hooks/shop", .fields = std::move(fields), .peer = "192.0.2.1"};
    made.received.body = std::move(body);
    made.received.received_at = *parse_rfc3339("2026-11-21T03:24:05.123Z");
    return made;
}

std::string on(event const& any, std::string_view source) {
    json::arena own;
    auto const input = make_rule_input(any, own);
    auto const compiled = program::compile(source);
    if (!compiled) return compiled.error().message;
    auto const outputs = compiled->run(input.value, own, {});
    if (!outputs) return outputs.error().message;
    return outputs->empty() ? "nothing" : json::write(outputs->front());
}

// The examples of "CloudEvents - Version 1.0.2", "JSON Event Format" 3.3 and "HTTP Protocol Binding" 3.1.4,
// shortened.
constexpr std::string_view example_text =
    R"({"specversion":"1.0","type":"com.example.someevent","source":"/mycontext","id":"A234-1234-1234",)"
    R"("comexampleextension1":"value","datacontenttype":"application/json","data":{"n":1.10}})";

event structured(std::string_view body = example_text) {
    return received({{"content-type", "application/cloudevents+json; charset=utf-8"}}, std::string{body});
}

event binary() {
    return received({{"ce-specversion", "1.0"},
                     {"ce-type", "com.example.someevent"},
                     {"ce-source", "/mycontext"},
                     {"ce-id", "A234-1234-1234"},
                     {"ce-comexampleextension1", "value"},
                     {"content-type", "application/json"}},
                    R"({"n":1.10})");
}

TEST(cloud_event, is_the_same_in_both_forms) {
    EXPECT_EQ(on(structured(), ".cloudevent"), example_text);
    EXPECT_EQ(on(structured(), ".body == .cloudevent"), "true");
    EXPECT_EQ(
        on(binary(),
           ".cloudevent | {specversion, type, source, id, comexampleextension1, datacontenttype, data}"),
        example_text);
    EXPECT_EQ(on(binary(), ".cloudevent | length"), "7");
    EXPECT_EQ(on(binary(), ".body"), R"({"n":1.10})");
}

TEST(cloud_event, is_there_only_where_the_request_is_one) {
    auto const plain = received({{"content-type", "application/json"}, {"ce-id", "1"}}, "{}");
    EXPECT_EQ(on(plain, "has(\"cloudevent\")"), "false");
    EXPECT_EQ(on(plain, ".cloudevent.type"), "null");
    EXPECT_EQ(on(structured(""), "has(\"cloudevent\")"), "false");
}

TEST(cloud_event, comes_in_batches) {
    auto const batch = [](std::string body) {
        return received({{"content-type", "application/cloudevents-batch+json"}}, std::move(body));
    };
    auto const two = fmt::format("[{0},{0}]", example_text);
    EXPECT_EQ(on(batch(two), ".body"), two);
    EXPECT_EQ(on(batch("[]"), ".body"), "[]");
    EXPECT_EQ(on(batch(two), "has(\"cloudevent\")"), "false");
    EXPECT_EQ(on(batch("{}"), ".body"), "the body is not the CloudEvents that its type says: it is no array");
    EXPECT_EQ(on(batch(fmt::format("[{},{{}}]", example_text)), ".body"),
              "the body is not the CloudEvents that its type says: event 2: `specversion` is missing");
}

// Who reads it fails, in the body and beside it; who does not read it does not mind.
TEST(cloud_event, has_what_every_one_has) {
    auto const says = [](std::string_view why) {
        return fmt::format("the body is not the CloudEvent that its type says: {}", why);
    };
    struct row {
        std::string_view body;
        std::string_view why;
    };
    for (auto const& [body, why] :
         {row{"[]", "it is no object"}, row{"{}", "`specversion` is missing"},
          row{R"({"specversion":"0.3","id":"1","source":"/s","type":"t"})", "`specversion` is not 1.0"},
          row{R"({"specversion":1.0,"id":"1","source":"/s","type":"t"})", "`specversion` is no text"},
          row{R"({"specversion":"1.0","source":"/s","type":"t"})", "`id` is missing"},
          row{R"({"specversion":"1.0","id":"","source":"/s","type":"t"})", "`id` is no text"},
          row{R"({"specversion":"1.0","id":"1","type":"t"})", "`source` is missing"},
          row{R"({"specversion":"1.0","id":"1","source":"/s","type":null})", "`type` is no text"},
          row{R"({"specversion":"1.0","id":"1","source":"/s","type":"t","data":1,"data_base64":""})",
              "it has both `data` and `data_base64`"}}) {
        for (std::string_view const reads : {".body", ".cloudevent", ".cloudevent.type", "."}) {
            EXPECT_EQ(on(structured(body), reads), says(why)) << body;
        }
        EXPECT_EQ(on(structured(body), ".source"), "\"shop\"");
    }
}

TEST(cloud_event, that_its_headers_only_say_it_is_cannot_be_read) {
    auto const says = [](std::string_view why) {
        return fmt::format("the headers are not those of the CloudEvent that they say: {}", why);
    };
    for (std::string_view const name : {"ce-id", "ce-source", "ce-type"}) {
        auto any = binary();
        std::erase_if(any.received.head.fields, [&](header const& each) { return each.name == name; });
        EXPECT_EQ(on(any, ".cloudevent"), says(fmt::format("`{}` is missing", name.substr(3))));
        EXPECT_EQ(on(any, ".body"), R"({"n":1.10})");
        any = binary();
        any.received.head.fields.push_back({std::string{name}, "again"});
        EXPECT_EQ(on(any, ".cloudevent.source"), says(fmt::format("`{}` is missing", name.substr(3))));
    }
    auto any = binary();
    any.received.head.fields.front().value = "0.3";
    EXPECT_EQ(on(any, ".cloudevent"), says("`specversion` is not 1.0"));
}

TEST(cloud_event, has_attributes_as_the_binding_writes_them) {
    auto any = binary();
    any.received.head.fields.push_back({"ce-subject", "Euro%20%E2%82%AC%20%F0%9F%98%80"});
    any.received.head.fields.push_back({"ce-quoted", R"("a \"b\" %25")"});
    any.received.head.fields.push_back({"ce-odd", "100%"});
    any.received.head.fields.push_back({"ce-not_one", "1"});
    any.received.head.fields.push_back({"ce-data", "1"});
    any.received.head.fields.push_back({"ce-", "1"});
    EXPECT_EQ(on(any, ".cloudevent | [.subject, .quoted, .odd]"),
              "[\"Euro € \xf0\x9f\x98\x80\",\"a \\\"b\\\" %\",\"100%\"]");
    EXPECT_EQ(on(any, ".cloudevent | length"), "10");
    EXPECT_EQ(on(any, ".cloudevent.data.n"), "1.10");
}

TEST(cloud_event, has_the_trouble_of_its_body_in_data_alone) {
    auto any = binary();
    any.received.body = "{";
    EXPECT_EQ(on(any, ".cloudevent.type"), R"("com.example.someevent")");
    EXPECT_TRUE(on(any, ".cloudevent.data").starts_with("the body is not the JSON that its type says"));
    any.received.body.clear();
    EXPECT_EQ(on(any, ".cloudevent | has(\"data\")"), "false");
}

}  // namespace
}  // namespace headgate::transforms
