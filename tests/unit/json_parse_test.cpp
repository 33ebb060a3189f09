#include "json/lookup.hpp"
#include "json/parse.hpp"
#include "json/write.hpp"

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <string_view>
#include <utility>

namespace headgate::json {
namespace {

using namespace std::string_literals;

// What comes back is what was read, written compactly.
std::string again(std::string_view text, parse_limits const& limits = {}) {
    arena own;
    auto const outcome = parse(text, own, limits);
    return outcome ? write(outcome->root) : outcome.error().message;
}

// Looking up is as strict as parsing: each row here is one for both.
bool accepts(std::string_view text) {
    arena own;
    auto const is_accepted = parse(text, own).has_value();
    EXPECT_EQ(lookup{{}}.find_in(text).has_value(), is_accepted) << text;
    return is_accepted;
}

std::string nested(std::size_t levels) {
    return std::string(levels, '[') + std::string(levels, ']');
}

// The rows follow the grammar of RFC 8259, sections 2 to 8.
TEST(json_parse, accepts_what_rfc_8259_allows) {
    for (std::string_view const text : {
             "null",
             " true ",
             "\t\r\n false\n",
             "0",
             "-0",
             "-1",
             "12",
             "1.0",
             "1.50",
             "-0.0",
             "1e5",
             "1E5",
             "1e+5",
             "1E-5",
             "0e0",
             "0.5e-10",
             "123456789012345678901234567890",
             "1e400",
             "-1e-400",
             "\"\"",
             "\"a\"",
             "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"",
             "\"\\u0000\"",
             "\"\\u00e9\"",
             "\"\\uD834\\uDD1E\"",
             "\"\\ud83d\\ude00x\"",
             "\"\x7f\"",
             "\"\xc3\xa9\"",
             "\"\xe2\x82\xac\"",
             "\"\xf0\x9f\x98\x80\"",
             "\"\xef\xbf\xbf\"",
             "\"\xf4\x8f\xbf\xbf\"",
             "\"\xe2\x80\xa8\"",
             "[]",
             "[ ]",
             "[1,2]",
             "[ 1 , 2 ]",
             "[[]]",
             "{}",
             "{ }",
             "{\"\":1}",
             "{\"a\":{\"b\":[{}]}}",
             "{ \"a\" : 1 , \"b\" : 2 }",
             "{\"\\u0061\":1}",
         }) {
        EXPECT_TRUE(accepts(text)) << text;
    }
}

TEST(json_parse, rejects_what_rfc_8259_does_not_allow) {
    for (std::string const& text : {
             ""s,
             " "s,
             "nul"s,
             "nulll"s,
             "Null"s,
             "tru"s,
             "TRUE"s,
             "NaN"s,
             "Infinity"s,
             "-Infinity"s,
             "undefined"s,
             "+1"s,
             "-"s,
             "--1"s,
             "01"s,
             "-01"s,
             "00"s,
             ".5"s,
             "1."s,
             "1.e5"s,
             "1e"s,
             "1e+"s,
             "1e5.0"s,
             "0x10"s,
             "1_000"s,
             "1 2"s,
             "1,"s,
             "1a"s,
             "\xd9\xa1"s,
             "\""s,
             "\"a"s,
             "'a'"s,
             "a"s,
             "\"\\\""s,
             "\"\\x41\""s,
             "\"\\a\""s,
             "\"\\u12\""s,
             "\"\\u12G4\""s,
             "\"\\U0041\""s,
             "\"\t\""s,
             "\"\n\""s,
             "\"a\0b\""s,
             "\"\x1f\""s,
             // Surrogates alone, in the wrong order, or half a pair.
             "\"\\ud834\""s,
             "\"\\udd1e\""s,
             "\"\\ud834x\""s,
             "\"\\ud834\\u0041\""s,
             "\"\\ud834\\ud834\""s,
             "\"\\udd1e\\ud834\""s,
             "\"\\ud834\\u\""s,
             // Not UTF-8: alone, cut short, overlong, a surrogate, beyond U+10FFFF.
             "\"\x80\""s,
             "\"\xff\""s,
             "\"\xc3\""s,
             "\"\xc0\xaf\""s,
             "\"\xe2\x82\""s,
             "\"\xe0\x80\xaf\""s,
             "\"\xed\xa0\x80\""s,
             "\"\xf4\x90\x80\x80\""s,
             "\"\xf0\x80\x80\xaf\""s,
             "\"\xf8\x88\x80\x80\x80\""s,
             "\"\xe9\""s,
             "\xef\xbb\xbf{}"s,
             "\xfe\xff\0{"s,
             "["s,
             "]"s,
             "[1"s,
             "[1,"s,
             "[1,]"s,
             "[,1]"s,
             "[1,,2]"s,
             "[1 2]"s,
             "[1:2]"s,
             "[}"s,
             "[]]"s,
             "[1]x"s,
             "[a]"s,
             "{"s,
             "}"s,
             "{]"s,
             "{\"a\""s,
             "{\"a\":"s,
             "{\"a\":1"s,
             "{\"a\":1,"s,
             "{\"a\":1,}"s,
             "{,}"s,
             "{\"a\"}"s,
             "{\"a\" 1}"s,
             "{\"a\"::1}"s,
             "{a:1}"s,
             "{'a':1}"s,
             "{1:1}"s,
             "{null:1}"s,
             "{\"a\":1 \"b\":2}"s,
             "{\"a\":1}}"s,
             "{\"a\":1};"s,
             "{}{}"s,
             "[] []"s,
             "// c\n1"s,
             "/* c */1"s,
             "1 // c"s,
             "1 # c"s,
             "\0"s,
             "1\0"s,
             "\f1"s,
             "\xc2\xa0"s,
             "\v[]"s,
         }) {
        EXPECT_FALSE(accepts(text)) << text;
    }
}

TEST(json_parse, keeps_number_literals_as_they_were_sent) {
    for (std::string_view const literal : {"0",
                                           "-0",
                                           "1",
                                           "-1",
                                           "1.10",
                                           "1.0",
                                           "1e400",
                                           "-1e-400",
                                           "1E5",
                                           "1e+5",
                                           "0.10000000000000000000000001",
                                           "9223372036854775807",
                                           "-9223372036854775808",
                                           "9223372036854775808",
                                           "-9223372036854775809",
                                           "18446744073709551615",
                                           "18446744073709551616",
                                           "9007199254740993",
                                           "123456789012345678901234567890",
                                           "-123456789012345678901234567890",
                                           "3.141592653589793238462643383279",
                                           "1000000000000000000000.000"}) {
        EXPECT_EQ(again(literal), literal);
        EXPECT_EQ(again("[" + std::string{literal} + ",1]"), "[" + std::string{literal} + ",1]");
    }
}

TEST(json_parse, knows_what_numbers_are_worth) {
    arena own;
    EXPECT_EQ(parse("9223372036854775807", own)->root.held_integer(), 9223372036854775807);
    EXPECT_EQ(parse("-9223372036854775808", own)->root.held_integer(),
              std::numeric_limits<std::int64_t>::min());
    for (std::string_view const kept : {"9223372036854775808", "1.0", "1e3", "-0", "1.5", "1e400"}) {
        EXPECT_TRUE(parse(kept, own)->root.holds_literal()) << kept;
    }
    EXPECT_EQ(parse("1.5", own)->root.as_double(), 1.5);
    EXPECT_EQ(parse("1e400", own)->root.as_double(), std::numeric_limits<double>::infinity());
    EXPECT_EQ(parse("-1e400", own)->root.as_double(), -std::numeric_limits<double>::infinity());
    EXPECT_EQ(parse("1e-400", own)->root.as_double(), 0.0);
}

TEST(json_parse, reports_duplicate_names_and_keeps_the_last_in_the_first_ones_place) {
    arena own;
    auto const twice = parse(R"({"a":1,"b":2,"a":3})", own);
    ASSERT_TRUE(twice);
    EXPECT_TRUE(twice->has_duplicates);
    EXPECT_EQ(write(twice->root), R"({"a":3,"b":2})");
    EXPECT_TRUE(parse(R"({"a":1,"\u0061":2})", own)->has_duplicates);
    EXPECT_TRUE(parse(R"([{"x":{"a":1,"a":1}}])", own)->has_duplicates);
    EXPECT_FALSE(parse(R"([{"a":1},{"a":1},{"A":1,"a":{"a":1}}])", own)->has_duplicates);
}

TEST(json_parse, finds_members_of_small_and_large_objects) {
    for (std::size_t const size : {1U, 15U, 16U, 17U, 33U, 1000U}) {
        std::string text = "{";
        for (std::size_t i = 0; i < size; ++i) {
            text += (i ? ",\"key " : "\"key ") + std::to_string(i) + "\":" + std::to_string(i);
        }
        arena own;
        auto const closed = text + "}";
        auto const once = parse(closed, own);
        ASSERT_TRUE(once);
        EXPECT_FALSE(once->has_duplicates);
        EXPECT_EQ(once->root.members().size(), size);
        for (std::size_t i = 0; i < size; ++i) {
            auto const found = once->root.find("key " + std::to_string(i));
            ASSERT_TRUE(found) << i;
            EXPECT_EQ(found->held_integer(), i);
            EXPECT_EQ(once->root.members()[i].key, "key " + std::to_string(i));
        }
        EXPECT_FALSE(once->root.find("key"));
        EXPECT_FALSE(once->root.find(""));

        auto const doubled = text + ",\"key 0\":\"last\"}";
        auto const twice = parse(doubled, own);
        EXPECT_TRUE(twice->has_duplicates);
        EXPECT_EQ(twice->root.members().size(), size);
        EXPECT_EQ(twice->root.members()[0].value.as_string(), "last");
    }
}

TEST(json_parse, decodes_escapes_and_leaves_plain_strings_in_the_text) {
    arena own;
    std::string const text = R"(["plain", "\u00e9\ud834\udd1e\n\/", "", "\u0000"])";
    auto const outcome = parse(text, own);
    ASSERT_TRUE(outcome);
    auto const items = outcome->root.items();
    EXPECT_EQ(items[0].as_string().data(), text.data() + 2);
    EXPECT_EQ(items[1].as_string(), "\xc3\xa9\xf0\x9d\x84\x9e\n/");
    EXPECT_EQ(items[2].as_string(), "");
    EXPECT_EQ(items[3].as_string(), "\0"s);
}

TEST(json_parse, decodes_escapes_across_the_parsers_buffer) {
    std::string text = "\"";
    std::string plain;
    for (int i = 0; i < 5000; ++i) {
        text += i % 7 == 0 ? "\\u00e9" : "abc";
        plain += i % 7 == 0 ? "\xc3\xa9" : "abc";
    }
    arena own;
    text += '"';
    auto const outcome = parse(text, own);
    ASSERT_TRUE(outcome);
    EXPECT_EQ(outcome->root.as_string(), plain);
}

TEST(json_parse, refuses_one_level_more_than_the_limit) {
    parse_limits const three{.depth_max = 3, .values_max = 100};
    EXPECT_EQ(again("[[[]]]", three), "[[[]]]");
    EXPECT_EQ(again("[[[[]]]]", three), "JSON text is nested deeper than 3 levels at line 1, column 4");
    EXPECT_EQ(again(R"([{"a":{"b":1}}])", three), R"([{"a":{"b":1}}])");
    EXPECT_EQ(again(R"([{"a":[{}]}])", three),
              "JSON text is nested deeper than 3 levels at line 1, column 8");
    EXPECT_EQ(again(nested(64)), nested(64));
    EXPECT_EQ(again(nested(65)), "JSON text is nested deeper than 64 levels at line 1, column 65");
}

TEST(json_parse, never_goes_deeper_than_values_may_be) {
    parse_limits const endless{.depth_max = 1'000'000, .values_max = 1'000'000};
    EXPECT_EQ(again(nested(1000), endless), nested(1000));
    EXPECT_EQ(again(nested(100'000), endless),
              "JSON text is nested deeper than 1000 levels at line 1, column 1001");
}

TEST(json_parse, refuses_one_value_more_than_the_limit) {
    parse_limits const four{.depth_max = 64, .values_max = 4};
    EXPECT_EQ(again("[1,2,3]", four), "[1,2,3]");
    EXPECT_EQ(again("[1,2,3,4]", four), "JSON text has more than 4 values at line 1, column 9");
}

TEST(json_parse, says_where_the_text_is_wrong_and_shows_nothing_of_it) {
    EXPECT_EQ(again("{\n  \"token\": hunter2\n}"), "JSON text is malformed at line 2, column 12");
    EXPECT_EQ(again("[1,"), "JSON text ends too early at line 1, column 4");
    EXPECT_EQ(again(""), "JSON text ends too early at line 1, column 1");
    EXPECT_EQ(again({}), "JSON text ends too early at line 1, column 1");
    EXPECT_EQ(again("1e99999999999"), "JSON number has an exponent beyond 2^31 at line 1, column 12");
    arena own;
    EXPECT_EQ(parse("[1] 2", own).error().code, errc::invalid_argument);
}

}  // namespace
}  // namespace headgate::json
