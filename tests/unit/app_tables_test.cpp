#include "app/tables.hpp"

#include <gtest/gtest.h>

#include <string>

// What operators see of texts that senders wrote.

namespace headgate::app {
namespace {

// ESC, line feed, NEL, RIGHT-TO-LEFT OVERRIDE, ARABIC LETTER MARK, LINE SEPARATOR; and letters of two to four
// bytes that are nothing but letters.
constexpr auto hostile =
    "a\\u001b\\n\xc2\x85\xe2\x80\xae\xd8\x9c\xe2\x80\xa8\xc3\xa4\xe2\x82\xac\xf0\x9f\x9a\xaa";

TEST(tables, escape_in_json_what_acts_on_terminals_or_the_order_of_text) {
    EXPECT_EQ(as_table("events", "show", R"({"subject":")" + std::string{hostile} + R"("})"),
              "{\n  \"subject\": "
              "\"a\\u001b\\n\\u0085\\u202e\\u061c\\u2028\xc3\xa4\xe2\x82\xac\xf0\x9f\x9a\xaa\"\n}");
}

TEST(tables, leave_out_of_columns_what_acts_on_terminals_or_the_order_of_text) {
    auto const table = as_table("events", "list", R"({"items":[{"id":")" + std::string{hostile} + R"("}]})");
    EXPECT_NE(table.find("\n             a      \xc3\xa4\xe2\x82\xac"), std::string::npos) << table;
}

}  // namespace
}  // namespace headgate::app
