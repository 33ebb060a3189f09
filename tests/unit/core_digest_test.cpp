#include "core/digest.hpp"
#include "core/encoding.hpp"

#include <gtest/gtest.h>

#include <array>

namespace headgate {
namespace {

TEST(sha256, agrees_with_the_published_vectors) {
    // NIST FIPS 180-4 examples: "abc" and the empty message.
    EXPECT_EQ(to_hex(sha256("abc")), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    EXPECT_EQ(to_hex(sha256("")), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

// RFC 4231, test cases 2 and 6.
TEST(hmac_sha256, agrees_with_the_published_vectors) {
    EXPECT_EQ(to_hex(hmac_sha256("Jefe", "what do ya want for nothing?")),
              "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    EXPECT_EQ(to_hex(hmac_sha256(std::string(131, '\xaa'),
                                 "Test Using Larger Than Block-Size Key - Hash Key First")),
              "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

TEST(sha256_of_fields, puts_each_length_in_front) {
    // printf '\0\0\0\0\0\0\0\1a\0\0\0\0\0\0\0\2bc' | sha256sum
    std::array<std::string_view, 2> const fields{"a", "bc"};
    EXPECT_EQ(to_hex(sha256_of_fields(fields)),
              "3fafa1cf2f19a7c1129beb20cf0983f73a489a221fc0dd2f16d1be292d089205");
}

TEST(sha256_of_fields, does_not_confuse_where_fields_end) {
    std::array<std::string_view, 2> const one{"ab", "c"};
    std::array<std::string_view, 2> const other{"a", "bc"};
    EXPECT_NE(sha256_of_fields(one), sha256_of_fields(other));
}

TEST(same_secret, compares_content_and_length) {
    EXPECT_TRUE(same_secret("token", "token"));
    EXPECT_FALSE(same_secret("token", "tokem"));
    EXPECT_FALSE(same_secret("token", "tokentoken"));
    EXPECT_FALSE(same_secret("", "x"));
}

}  // namespace
}  // namespace headgate
