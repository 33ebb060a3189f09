#include "core/text.hpp"
#include "json/parse.hpp"
#include "json/write.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace headgate::json {
namespace {

using namespace std::string_literals;

std::string written(std::string_view text) {
    std::string out;
    append_json_string(text, out);
    return out;
}

// Expected: RFC 8259, section 7, with the short escapes where there is one.
TEST(json_write, escapes_what_must_be_and_nothing_else) {
    EXPECT_EQ(written("a\"b\\c/d"), R"("a\"b\\c/d")");
    EXPECT_EQ(written("\b\f\n\r\t"), R"("\b\f\n\r\t")");
    EXPECT_EQ(written("\0\x01\x1f\x7f"s), "\"\\u0000\\u0001\\u001f\\u007f\"");
    EXPECT_EQ(written("\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80"), "\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\"");
}

// Each byte that belongs to no well-formed character becomes one U+FFFD.
TEST(json_write, replaces_what_is_not_utf_8) {
    auto const mark = "\xef\xbf\xbd"s;
    EXPECT_EQ(written("a\xff"
                      "b"),
              "\"a" + mark + "b\"");
    EXPECT_EQ(written("\xc3"), "\"" + mark + "\"");
    EXPECT_EQ(written("\xc0\xaf"), "\"" + mark + mark + "\"");
    EXPECT_EQ(written("\xed\xa0\x80"), "\"" + mark + mark + mark + "\"");
    EXPECT_EQ(written("\xe2\x82\""), "\"" + mark + mark + "\\\"\"");
}

TEST(json_write, writes_members_in_order_and_without_blanks) {
    arena own;
    constexpr std::string_view text = R"({"b":[1,{"z":null,"a":true},[]],"a":{},"é":"ü\n"})";
    EXPECT_EQ(write(parse(text, own)->root), text);
}

TEST(json_write, indents_two_blanks_a_level) {
    arena own;
    EXPECT_EQ(write_indented(parse(R"({"a":[1,{}],"b":[],"c":{"d":1}})", own)->root),
              "{\n  \"a\": [\n    1,\n    {}\n  ],\n  \"b\": [],\n  \"c\": {\n    \"d\": 1\n  }\n}");
}

TEST(json_write, builds_a_text_piece_by_piece) {
    arena own;
    writer out;
    out.begin_object().key("id").string("a\"b").key("tries").integer(-3).key("list").begin_array();
    out.boolean(true).null().raw(R"({"x":1})").write(parse("[1.10]", own)->root).end_array();
    out.key("none").begin_object().end_object().key("last").boolean(false).end_object();
    EXPECT_EQ(std::move(out).take(),
              R"({"id":"a\"b","tries":-3,"list":[true,null,{"x":1},[1.10]],"none":{},"last":false})");
}

TEST(json_write_death, a_value_where_a_key_belongs_is_a_bug) {
    writer out;
    out.begin_object();
    EXPECT_DEATH(out.integer(1), "a value where a key belongs");
    EXPECT_DEATH(out.end_array(), "no array to end");
    out.key("a");
    EXPECT_DEATH(out.key("b"), "no place for a key");
    EXPECT_DEATH(out.end_object(), "no object to end");
}

}  // namespace
}  // namespace headgate::json
