#include "json/write.hpp"
#include "transforms/body.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>

// What each kind of body becomes, and what is said of one that is not what its type says.

namespace headgate::transforms {
namespace {

using namespace std::string_view_literals;
using testing::HasSubstr;
using testing::StartsWith;

std::string decoded(std::string_view type, std::string_view body, body_options const& options = {}) {
    json::arena own;
    auto const made = decode_body({{"content-type", std::string{type}}}, body, own, options);
    if (made.trouble) return made.trouble->message;
    return json::write(made.document);
}

TEST(json_body, is_read_in_the_charset_that_is_named) {
    EXPECT_EQ(decoded("application/json; charset=utf-8", "[\"é\"]"), "[\"é\"]");
    EXPECT_EQ(decoded("application/json; charset=ISO-8859-1", "[\"\xe9\"]"), "[\"é\"]");
    EXPECT_EQ(decoded("application/json; charset=\"utf-16\"", "\xff\xfe[\0001\0]\0"sv), "[1]");
    EXPECT_EQ(decoded("application/json; charset=utf-16", "[\0001\0]\0"sv),
              "the body is not text in utf-16, as its type says");
    EXPECT_EQ(decoded("text/json", "[1]"), "[1]");
    // JSON has no charset: one that nobody knows here changes nothing.
    EXPECT_EQ(decoded("application/json; charset=binary", "[1]"), "[1]");
    EXPECT_EQ(decoded("application/json; charset", "[1]"), "[1]");
    EXPECT_EQ(
        decoded("application/json; charset=latin1", "[\"\xe9\xe9\"]", {.bounds = {.decoded_bytes_max = 8}}),
        "[\"éé\"]");
    EXPECT_EQ(
        decoded("application/json; charset=latin1", "[\"\xe9\xe9\"]", {.bounds = {.decoded_bytes_max = 7}}),
        "the body is larger than 7 bytes once it is UTF-8");
}

TEST(json_body, has_the_same_key_twice_where_the_source_allows_it) {
    body_options const refusing{.as = {.duplicates = duplicate_keys::refused}};
    for (std::string_view const type : {"application/json", "application/jsonl"}) {
        EXPECT_THAT(decoded(type, R"({"a":1,"b":{"c":2,"c":3}})"), HasSubstr(R"({"a":1,"b":{"c":3}})"));
        EXPECT_EQ(decoded(type, R"({"a":1,"b":{"c":2,"\u0063":3}})", refusing),
                  "the body has an object with the same key twice");
        EXPECT_THAT(decoded(type, R"({"a":1,"b":{"a":2}})", refusing), HasSubstr(R"({"a":1,"b":{"a":2}})"));
    }
}

TEST(json_body, is_nested_as_deep_as_the_source_allows) {
    auto const nested = [](std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); };
    for (auto const* const type : {"application/json", "application/jsonl"}) {
        EXPECT_THAT(decoded(type, nested(64)), StartsWith("[["));
        EXPECT_THAT(decoded(type, nested(65)), HasSubstr("nested deeper than 64"));
        EXPECT_THAT(decoded(type, nested(65), {.as = {.json_depth_max = 65}}), StartsWith("[["));
    }
}

TEST(json_lines_body, is_an_array_of_its_documents) {
    for (std::string_view const type :
         {"application/x-ndjson", "application/ndjson", "application/jsonl", "application/x-jsonlines"}) {
        EXPECT_EQ(decoded(type, "{\"a\":1}\n[2]\n3"), R"([{"a":1},[2],3])");
    }
    EXPECT_EQ(decoded("application/jsonl", "{\"a\":1}\r\n\r\n \t\n1.10\r\n"), R"([{"a":1},1.10])");
    EXPECT_EQ(decoded("application/jsonl", "\n\n"), "[]");
    EXPECT_EQ(decoded("application/jsonl", ""), "null");
}

TEST(json_lines_body, has_one_document_in_each_line) {
    EXPECT_EQ(
        decoded("application/jsonl", "1\n{\"a\":\n1}"),
        "the body is not the JSON lines that its type says: line 2: JSON text ends too early at line 1, "
        "column 6");
    EXPECT_THAT(decoded("application/jsonl", "1\n\n2 3"),
                StartsWith("the body is not the JSON lines that its type says: line 3: "));
    EXPECT_THAT(decoded("application/jsonl", std::string(100'000, '[')), HasSubstr("nested deeper than 64"));
}

TEST(json_lines_body, has_as_many_values_as_all_may_have_together) {
    EXPECT_EQ(decoded("application/jsonl", "[1]\n[2]\n", {.bounds = {.values_max = 4}}), "[[1],[2]]");
    EXPECT_EQ(decoded("application/jsonl", "[1]\n[2]\n3\n", {.bounds = {.values_max = 4}}),
              "the body is JSON lines of more than 4 values");
}

TEST(form_body, is_read_in_the_charset_that_is_named) {
    EXPECT_EQ(decoded("application/x-www-form-urlencoded; charset=iso-8859-1", "a=%E9+\xe9&%E9=1"),
              R"({"a":"é é","é":"1"})");
    EXPECT_EQ(decoded("application/x-www-form-urlencoded; charset=utf-8", "a=%C3%A9"), R"({"a":"é"})");
    EXPECT_EQ(decoded("application/x-www-form-urlencoded; charset=shift_jis", "a=1"),
              "the body is in a charset that is not decoded here");
    EXPECT_EQ(decoded("application/x-www-form-urlencoded", "a=%E"),
              "the body is not the form that its type says: an escape is malformed");
}

TEST(text_body, is_a_string) {
    EXPECT_EQ(decoded("text/plain", "a\nb"), R"("a\nb")");
    EXPECT_EQ(decoded("text/csv", "a,b"), R"("a,b")");
    EXPECT_EQ(decoded("Text/Plain; charset=UTF-8",
                      "\xef\xbb\xbf"
                      "é"),
              R"("é")");
    EXPECT_EQ(decoded("text/plain; charset=us-ascii", "a"), R"("a")");
    EXPECT_EQ(decoded("text/plain; charset=iso-8859-1", "caf\xe9 \x80"), "\"café \xc2\x80\"");
    EXPECT_EQ(decoded("text/plain; charset=utf-16", "\xfe\xff\xd8\x3d\xde\x00"sv), "\"\xf0\x9f\x98\x80\"");
    EXPECT_EQ(decoded("text/plain; charset=utf-16", "\xff\xfe\x3d\xd8\x00\xde"sv), "\"\xf0\x9f\x98\x80\"");
    EXPECT_EQ(decoded("text/plain; charset=utf-16be", "\0a"sv), R"("a")");
    EXPECT_EQ(decoded("text/plain; charset=utf-16le",
                      "\xff\xfe"
                      "a\0"sv),
              R"("a")");
    EXPECT_EQ(decoded("text/plain", ""), "null");
}

TEST(text_body, is_text_in_its_charset) {
    struct row {
        std::string_view charset;
        std::string_view body;
    };
    for (auto const& [charset, body] :
         {row{"utf-8", "caf\xe9"}, row{"us-ascii", "caf\xc3\xa9"}, row{"utf-16", "\0a"sv},
          row{"utf-16", "\xfe\xff\0"sv}, row{"utf-16", "\xfe\xff\xd8\x3d"sv},  // Half of a pair,
          row{"utf-16", "\xfe\xff\xde\x00\xd8\x3d"sv},                         // the other half first,
          row{"utf-16", "\xfe\xff\xde\x00\0a"sv},                              // alone,
          row{"utf-16", "\xfe\xff\xd8\x3d\0a"sv}}) {                           // and before a letter.
        EXPECT_EQ(decoded(fmt::format("text/plain; charset={}", charset), body),
                  fmt::format("the body is not text in {}, as its type says", charset));
    }
    EXPECT_EQ(decoded("text/plain", "caf\xe9"), "the body is not text in utf-8, as its type says");
    EXPECT_EQ(decoded("text/plain; charset=koi8-r", "a"),
              "the body is in a charset that is not decoded here");
}

TEST(other_body, is_null) {
    EXPECT_EQ(decoded("application/octet-stream", "\x00\x01"sv), "null");
    EXPECT_EQ(decoded("image/png", "\x89PNG"), "null");
    EXPECT_EQ(decoded("", "[1]"), "null");
    EXPECT_EQ(decoded(";", "[1]"), "null");
}

}  // namespace
}  // namespace headgate::transforms
