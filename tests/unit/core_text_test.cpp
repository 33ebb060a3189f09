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

TEST(to_base64, agrees_with_the_published_vectors) {
    // RFC 4648, section 10.
    EXPECT_EQ(to_base64(""), "");
    EXPECT_EQ(to_base64("f"), "Zg==");
    EXPECT_EQ(to_base64("fo"), "Zm8=");
    EXPECT_EQ(to_base64("foo"), "Zm9v");
    EXPECT_EQ(to_base64("foob"), "Zm9vYg==");
    EXPECT_EQ(to_base64("fooba"), "Zm9vYmE=");
    EXPECT_EQ(to_base64("foobar"), "Zm9vYmFy");
}

}  // namespace
}  // namespace headgate
