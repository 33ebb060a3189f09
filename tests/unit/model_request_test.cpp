#include "model/request.hpp"

#include <gtest/gtest.h>

namespace headgate {
namespace {

TEST(sole_header, is_absent_when_it_stands_twice) {
    headers const lines{{"a", "1"}, {"b", "2"}, {"b", "2"}};
    EXPECT_EQ(sole_header(lines, "a"), "1");
    EXPECT_FALSE(sole_header(lines, "b"));
    EXPECT_FALSE(sole_header(lines, "c"));
    EXPECT_EQ(count_headers(lines, "b"), 2U);
}

TEST(request_head, splits_the_target_at_the_first_question_mark) {
    request_head const head{.method = "GET", .target = "/a/b?x=1?y", .fields = {}, .peer = {}};
    EXPECT_EQ(head.path(), "/a/b");
    EXPECT_EQ(head.query(), "x=1?y");
}

TEST(media_type, is_the_type_alone_in_lower_case) {
    EXPECT_EQ(media_type({{"content-type", "Application/JSON ; charset=utf-8"}}), "application/json");
    EXPECT_EQ(media_type({{"content-type", ";"}}), "");
    EXPECT_EQ(media_type({{"content-type", "a/b"}, {"content-type", "a/b"}}), "");
    EXPECT_EQ(media_type({}), "");
}

TEST(shown_body, has_marks_where_credentials_stand) {
    request incoming;
    incoming.body = R"({"t":"secret"}&k=s)";
    EXPECT_EQ(incoming.shown_body(), incoming.body);
    incoming.hidden = {{.begin = 5, .bytes = 8, .as = hidden_place::form::json_value},
                       {.begin = 17, .bytes = 1, .as = hidden_place::form::text}};
    EXPECT_EQ(incoming.shown_body(), R"({"t":"<verified>"}&k=<verified>)");
}

TEST(shown_body, shows_nothing_where_a_place_is_not_in_the_body) {
    request incoming;
    incoming.body = "0123456789";
    incoming.hidden = {{.begin = 4, .bytes = 3}, {.begin = 5, .bytes = 1}};
    EXPECT_EQ(incoming.shown_body(), "<verified>") << "out of order";
    incoming.hidden = {{.begin = 4, .bytes = 7}};
    EXPECT_EQ(incoming.shown_body(), "<verified>") << "past the end";
    incoming.hidden = {{.begin = static_cast<std::size_t>(-1), .bytes = 2}};
    EXPECT_EQ(incoming.shown_body(), "<verified>") << "past all ends";
}

TEST(parse_form, keeps_order_and_repeats) {
    EXPECT_EQ(parse_form("a=1&b=x+y&a=%26&c&&d="),
              (parameters{{"a", "1"}, {"b", "x y"}, {"a", "&"}, {"c", ""}, {"d", ""}}));
    EXPECT_EQ(parse_form(""), parameters{});
}

TEST(parse_form, refuses_malformed_escapes) {
    EXPECT_FALSE(parse_form("a=%"));
    EXPECT_FALSE(parse_form("a=%4"));
    EXPECT_FALSE(parse_form("%zz=1"));
}

TEST(percent_decode, leaves_a_plus_alone) {
    EXPECT_EQ(percent_decode("a+b%20c"), "a+b c");
}

}  // namespace
}  // namespace headgate
