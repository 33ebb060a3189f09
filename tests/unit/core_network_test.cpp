#include "core/network.hpp"

#include <gtest/gtest.h>

#include <string>

namespace headgate {
namespace {

std::string text_of(std::string_view address) {
    auto const parsed = parse_address(address);
    return parsed ? to_string(*parsed) : "none";
}

TEST(address, has_one_form) {
    // The IPv6 forms are those of RFC 5952, 4 and 5; the mapped one is of RFC 4291, 2.5.5.2.
    EXPECT_EQ(text_of("192.0.2.1"), "192.0.2.1");
    EXPECT_EQ(text_of("::ffff:192.0.2.1"), "192.0.2.1");
    EXPECT_EQ(text_of("::FFFF:c000:201"), "192.0.2.1");
    EXPECT_EQ(text_of("2001:DB8:0:0:0:0:0:1"), "2001:db8::1");
    EXPECT_EQ(text_of("2001:0db8::0001"), "2001:db8::1");
    EXPECT_EQ(text_of("::"), "::");
    EXPECT_EQ(parse_address("::ffff:c000:0207"), parse_address("192.0.2.7"));
    EXPECT_EQ(ip_address_v4({192, 0, 2, 7}), parse_address("192.0.2.7"));
}

TEST(address, is_refused_in_other_spellings) {
    for (auto const* const wrong : {"",
                                    " 192.0.2.1",
                                    "192.0.2.1 ",
                                    "192.0.2",
                                    "192.0.2.1.",
                                    "192.0.2.256",
                                    "0300.0.2.1",
                                    "0xc0.0.2.1",
                                    "3221225985",
                                    "192.0.2.01",
                                    "192.0.2.1:80",
                                    "192.0.2.1/8",
                                    "fe80::1%eth0",
                                    "[::1]",
                                    "1::2::3",
                                    "::g",
                                    "12345::",
                                    "1",
                                    "localhost",
                                    "unknown",
                                    "0000:0000:0000:0000:0000:ffff:192.0.2.1000"}) {
        EXPECT_EQ(text_of(wrong), "none") << wrong;
    }
    EXPECT_EQ(text_of(std::string_view{"192.0.2.1\0", 10}), "none");
}

bool is_in(std::string_view address, std::string_view cidr) {
    auto const of = network::parse(cidr);
    auto const one = parse_address(address);
    EXPECT_TRUE(of) << cidr;
    EXPECT_TRUE(one) << address;
    return of && one && of->contains(*one);
}

TEST(network, has_the_addresses_that_begin_with_its_prefix) {
    EXPECT_TRUE(is_in("10.255.255.255", "10.0.0.0/8"));
    EXPECT_FALSE(is_in("11.0.0.0", "10.0.0.0/8"));
    EXPECT_TRUE(is_in("192.0.2.128", "192.0.2.128/25"));
    EXPECT_FALSE(is_in("192.0.2.127", "192.0.2.128/25"));
    EXPECT_TRUE(is_in("192.0.2.7", "192.0.2.7"));
    EXPECT_FALSE(is_in("192.0.2.6", "192.0.2.7/32"));
    EXPECT_TRUE(is_in("2001:db8:7fff::1", "2001:db8::/33"));
    EXPECT_FALSE(is_in("2001:db8:8000::1", "2001:db8::/33"));
    EXPECT_TRUE(is_in("203.0.113.9", "0.0.0.0/0"));
    EXPECT_TRUE(is_in("2001:db8::1", "::/0"));
}

TEST(network, of_ipv4_has_both_spellings_of_its_addresses_and_none_of_ipv6) {
    EXPECT_TRUE(is_in("::ffff:10.1.2.3", "10.0.0.0/8"));
    EXPECT_TRUE(is_in("10.1.2.3", "::ffff:10.0.0.0/104"));
    EXPECT_FALSE(is_in("2001:db8::1", "0.0.0.0/0"));
}

TEST(network, is_refused_when_it_is_none) {
    for (auto const* const wrong :
         {"", "/8", "10/8", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/+8", "10.0.0.0/08",
          "10.0.0.0/8x", "10.0.0.0/8 ", "10.0.0.0/8/8", "10.0.0.0/255.0.0.0", "10.0.0.0/99999999999",
          "::/129", "::/00", "example.com"}) {
        auto const refused = network::parse(wrong);
        ASSERT_FALSE(refused) << wrong;
        EXPECT_EQ(refused.error().code, errc::invalid_argument);
        EXPECT_FALSE(refused.error().remedy.empty());
    }
}

TEST(network, is_refused_with_bits_after_its_prefix_and_says_what_was_meant) {
    auto const refused = network::parse("10.1.2.3/8");
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().message, "\"10.1.2.3/8\" has address bits after its prefix");
    EXPECT_EQ(refused.error().remedy, "write 10.0.0.0/8");
    EXPECT_EQ(network::parse("2001:db8::1/64").error().remedy, "write 2001:db8::/64");
    EXPECT_EQ(network::parse("::ffff:10.1.2.3/104").error().remedy, "write 10.0.0.0/8");
}

TEST(network, of_every_ipv4_address_is_everybody_however_it_is_written) {
    for (auto const* const all : {"0.0.0.0/0", "::/0", "::/80", "::ffff:0.0.0.0/96"})
        EXPECT_TRUE(network::parse(all)->is_everybody()) << all;
    for (auto const* const some : {"128.0.0.0/1", "0.0.0.0", "::ffff:0.0.0.0/97", "::", "2001:db8::/32"})
        EXPECT_FALSE(network::parse(some)->is_everybody()) << some;
}

TEST(network, of_more_than_a_subnet_is_wide) {
    for (auto const* const wide : {"10.0.0.0/23", "0.0.0.0/0", "fd00::/63", "::ffff:10.0.0.0/119"})
        EXPECT_TRUE(network::parse(wide)->is_wide()) << wide;
    for (auto const* const narrow :
         {"10.0.0.0/24", "10.0.0.1", "fd00::/64", "fd00::1", "::ffff:10.0.0.0/120"})
        EXPECT_FALSE(network::parse(narrow)->is_wide()) << narrow;
}

}  // namespace
}  // namespace headgate
