#include "core/text.hpp"

#include <gtest/gtest.h>

namespace headgate {
namespace {

TEST(is_utf8, accepts_every_length) {
    EXPECT_TRUE(is_utf8("a\xc3\xa4\xe2\x82\xac\xf0\x9f\x9a\xaa"));
    EXPECT_TRUE(is_utf8(""));
}

TEST(is_utf8, refuses_what_unicode_table_3_7_leaves_out) {
    for (char const* wrong : {"\x80", "\xc0\xaf", "\xc3", "\xe0\x9f\xbf", "\xed\xa0\x80", "\xf0\x8f\xbf\xbf",
                              "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xff", "a\xe2\x82"}) {
        EXPECT_FALSE(is_utf8(wrong));
    }
}

TEST(to_utf8, replaces_each_byte_that_belongs_to_no_character) {
    EXPECT_EQ(to_utf8("a\xc3\xa4"), "a\xc3\xa4");
    EXPECT_EQ(to_utf8("\xc3"), "\xef\xbf\xbd");
    EXPECT_EQ(to_utf8("\xe2\x82z"), "\xef\xbf\xbd\xef\xbf\xbdz");
}

TEST(shortened, never_ends_in_a_character) {
    EXPECT_EQ(shortened("ab", 2), "ab");
    EXPECT_EQ(shortened("abc", 2), "ab");
    EXPECT_EQ(shortened("a\xe2\x82\xac", 4), "a\xe2\x82\xac");
    EXPECT_EQ(shortened("a\xe2\x82\xac", 3), "a");
    EXPECT_EQ(shortened("a\xe2\x82\xac", 2), "a");
    EXPECT_EQ(shortened("\xe2\x82\xac", 2), "");
}

TEST(has_controls, finds_what_acts_on_terminals_lines_or_the_order_of_text) {
    for (char const* acting :
         {"a\x1b", "\x7f", "a\nb", "\xc2\x80", "\xc2\x9b", "\xe2\x80\xa8", "\xe2\x80\xa9", "\xe2\x80\xaa",
          "x\xe2\x80\xae", "\xe2\x81\xa6", "\xe2\x81\xa9", "\xd8\x9c", "\xe2\x80\x8e", "\xe2\x80\x8f"}) {
        EXPECT_TRUE(has_controls(acting)) << acting;
    }
    for (char const* shown :
         {"", "a b~", "\xc2\xa0", "\xc3\xa4", "\xd8\x9b", "\xe2\x80\x8d", "\xe2\x80\x90", "\xe2\x80\xa7",
          "\xe2\x80\xaf", "\xe2\x81\xa5", "\xe2\x81\xaa", "\xe2\x82\xac", "\xf0\x9f\x9a\xaa", "\x80"}) {
        EXPECT_FALSE(has_controls(shown)) << shown;
    }
}

}  // namespace
}  // namespace headgate
