#include "auth/address.hpp"

#include <gtest/gtest.h>

#include <string>

namespace headgate::auth {
namespace {

bool is_in(std::string_view address, std::string_view cidr) {
    auto const range = address_range::parse(cidr);
    auto const one = parse_address(address);
    EXPECT_TRUE(range) << cidr;
    EXPECT_TRUE(one) << address;
    return range && one && range->contains(*one);
}

TEST(address, is_in_a_range_by_its_first_bits) {
    EXPECT_TRUE(is_in("10.255.255.255", "10.0.0.0/8"));
    EXPECT_FALSE(is_in("11.0.0.0", "10.0.0.0/8"));
    EXPECT_TRUE(is_in("192.0.2.129", "192.0.2.128/25"));
    EXPECT_FALSE(is_in("192.0.2.127", "192.0.2.128/25"));
    EXPECT_TRUE(is_in("192.0.2.1", "192.0.2.1"));
    EXPECT_FALSE(is_in("192.0.2.2", "192.0.2.1/32"));
    EXPECT_TRUE(is_in("2001:db8:ffff::1", "2001:db8::/32"));
    EXPECT_FALSE(is_in("2001:db9::1", "2001:db8::/32"));
    EXPECT_TRUE(is_in("8.8.8.8", "0.0.0.0/0"));
    EXPECT_TRUE(is_in("2001:db8::1", "::/0"));
}

TEST(address, has_one_form_for_mapped_ipv4) {
    EXPECT_TRUE(is_in("::ffff:10.1.2.3", "10.0.0.0/8"));
    EXPECT_TRUE(is_in("10.1.2.3", "::ffff:10.0.0.0/104"));
    EXPECT_EQ(parse_address("::ffff:c000:0207"), parse_address("192.0.2.7"));
}

TEST(address, of_ipv6_is_in_no_range_of_ipv4) {
    EXPECT_FALSE(is_in("2001:db8::1", "0.0.0.0/0"));
}

TEST(address, is_nothing_when_it_is_malformed) {
    for (auto const* text : {"", "10.0.0", "10.0.0.256", "010.0.0.1", "10.0.0.1 ", " 10.0.0.1", "10.0.0.1:80",
                             "fe80::1%eth0", "[::1]", "localhost", "1", "::g", "10.0.0.1/8"}) {
        EXPECT_FALSE(parse_address(text)) << text;
    }
}

TEST(address_range, refuses_what_is_none) {
    for (auto const* text : {"", "/8", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/08",
                             "10.0.0.0/8 ", "10.0.0.0/8/8", "::/129", "10.0.0.0/+8", "10.0.0.0/255.0.0.0"}) {
        auto const range = address_range::parse(text);
        ASSERT_FALSE(range) << text;
        EXPECT_FALSE(range.error().remedy.empty());
    }
}

TEST(address_range, refuses_bits_after_its_prefix_and_says_what_was_meant) {
    auto const range = address_range::parse("10.1.2.3/8");
    ASSERT_FALSE(range);
    EXPECT_EQ(range.error().message, "\"10.1.2.3/8\" has bits set after its prefix");
    EXPECT_EQ(range.error().remedy, "write 10.0.0.0/8");
    EXPECT_EQ(address_range::parse("2001:db8::1/32").error().remedy, "write 2001:db8::/32");
}

}  // namespace
}  // namespace headgate::auth
