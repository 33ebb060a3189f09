#include "core/encoding.hpp"

#include <gtest/gtest.h>

namespace headgate {
namespace {

using namespace std::string_view_literals;

TEST(hex, writes_lower_case) {
    EXPECT_EQ(to_hex("\x00\xff\x1a"sv), "00ff1a");
    EXPECT_EQ(to_hex(""), "");
}

TEST(hex, reads_two_digits_a_byte) {
    EXPECT_EQ(decode_hex("", hex_case::lower), "");
    EXPECT_EQ(decode_hex("00ff1a", hex_case::lower), "\x00\xff\x1a"sv);
    EXPECT_EQ(decode_hex("00Ff1A", hex_case::any), "\x00\xff\x1a"sv);
}

TEST(hex, refuses_every_other_spelling) {
    for (auto const* text : {"0", "000", "0g", "g0", " 00", "00 ", "0x00", "0\n", "FF", "fF", "-1"}) {
        EXPECT_FALSE(decode_hex(text, hex_case::lower)) << text;
    }
    for (auto const* text : {"0", "0g", " 00", "0x0"}) EXPECT_FALSE(decode_hex(text, hex_case::any)) << text;
    EXPECT_FALSE(decode_hex("0\0"sv, hex_case::any));
}

// RFC 4648 section 10.
TEST(base64, reads_and_writes_the_vectors_of_the_rfc) {
    std::pair<std::string_view, std::string_view> const vectors[] = {{"", ""},
                                                                     {"f", "Zg=="},
                                                                     {"fo", "Zm8="},
                                                                     {"foo", "Zm9v"},
                                                                     {"foob", "Zm9vYg=="},
                                                                     {"fooba", "Zm9vYmE="},
                                                                     {"foobar", "Zm9vYmFy"}};
    for (auto const& [bytes, text] : vectors) {
        EXPECT_EQ(decode_base64(text, base64_alphabet::standard), bytes);
        EXPECT_EQ(encode_base64(bytes, base64_alphabet::standard), text);
        auto const bare = text.substr(0, text.find('='));
        EXPECT_EQ(decode_base64(bare, base64_alphabet::url), bytes);
        EXPECT_EQ(encode_base64(bytes, base64_alphabet::url), bare);
    }
}

TEST(base64, reads_other_spellings_where_they_are_allowed) {
    // As jq 1.7's @base64d does: padding missing or too much, bits set that nobody reads.
    for (auto const* text : {"Zg", "Zg=", "Zg==", "Zg===", "Zh=="}) {
        EXPECT_EQ(decode_base64(text, base64_alphabet::standard, base64_spelling::any), "f") << text;
    }
    for (auto const* text : {"Z", "Z===", "Zg==Zg==", "Zm9v\n", "-_--"}) {
        EXPECT_FALSE(decode_base64(text, base64_alphabet::standard, base64_spelling::any)) << text;
    }
}

TEST(base64, has_two_alphabets_that_do_not_mix) {
    // printf '\373\377\276' | openssl base64 -> +/++
    EXPECT_EQ(decode_base64("+/++", base64_alphabet::standard), "\xfb\xff\xbe");
    EXPECT_EQ(decode_base64("-_--", base64_alphabet::url), "\xfb\xff\xbe");
    EXPECT_FALSE(decode_base64("-_--", base64_alphabet::standard));
    EXPECT_FALSE(decode_base64("+/++", base64_alphabet::url));
}

TEST(base64, refuses_what_is_not_canonical) {
    for (auto const* text : {"Zg", "Zg=", "Zg===", "Zh==", "Zm9=", "Zm8", "Z", "====", "=",
                             "Zg==Zg==", "Zm9v\n", " Zm9v", "Zm 9v", "Zm9v====", "A===", "Zg=a"}) {
        EXPECT_FALSE(decode_base64(text, base64_alphabet::standard)) << text;
    }
    for (auto const* text : {"Zg==", "Zh", "Z", "Zm8=", "Zm9"}) {
        EXPECT_FALSE(decode_base64(text, base64_alphabet::url)) << text;
    }
}

TEST(percent_encode, leaves_unreserved_characters_alone_and_nothing_else) {
    // python3 -c "import urllib.parse; print(urllib.parse.quote('azAZ09-._~ /?&=+%é\n', safe=''))"
    EXPECT_EQ(percent_encode("azAZ09-._~ /?&=+%é\n"), "azAZ09-._~%20%2F%3F%26%3D%2B%25%C3%A9%0A");
    EXPECT_EQ(percent_encode(""), "");
}

}  // namespace
}  // namespace headgate
