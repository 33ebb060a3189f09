#include "http/addresses.hpp"
#include "tests/support/http_server.hpp"
#include "tests/support/raw_connection.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

namespace headgate::testing_support {
namespace {

using http::forwarded_peer;
using http::networks;

TEST(networks, contain_what_one_of_them_contains) {
    auto const two = *networks::parse({"10.0.0.0/8", "2001:db8::/32"});
    EXPECT_TRUE(two.contains(*parse_address("10.1.2.3")));
    EXPECT_TRUE(two.contains(*parse_address("2001:db8::1")));
    EXPECT_FALSE(two.contains(*parse_address("127.0.0.1")));
    EXPECT_FALSE(networks::parse({})->contains(*parse_address("127.0.0.1")));
    EXPECT_FALSE(networks::parse({"127.0.0.1", "10.0.0.1/8"}));
}

struct forwarded_row {
    std::vector<std::string> lines;
    std::optional<std::string> peer;
};

TEST(forwarded_for, gives_the_rightmost_address_that_is_not_a_trusted_proxy) {
    auto const trusted = *networks::parse({"10.0.0.0/8", "2001:db8:aaaa::/48"});
    std::vector<forwarded_row> const rows{
        {{}, ""},
        {{"203.0.113.9"}, "203.0.113.9"},
        {{"198.51.100.1, 203.0.113.9"}, "203.0.113.9"},
        {{"203.0.113.9, 10.9.9.9"}, "203.0.113.9"},
        {{"203.0.113.9 ,\t10.9.9.9,2001:db8:aaaa::1"}, "203.0.113.9"},
        {{"10.1.1.1, 10.9.9.9"}, "10.1.1.1"},
        {{"10.1.1.1"}, "10.1.1.1"},
        {{"::ffff:203.0.113.9"}, "203.0.113.9"},
        {{"2001:DB8::9"}, "2001:db8::9"},
        {{"[2001:db8::9]:4711"}, "2001:db8::9"},
        {{"[2001:db8::9]"}, "2001:db8::9"},
        {{"203.0.113.9:4711"}, "203.0.113.9"},
        {{"<script>, 203.0.113.9"}, "203.0.113.9"},  // The sender's own claim is not read.
        {{"203.0.113.9, <script>"}, std::nullopt},
        {{"<script>, 10.9.9.9"}, std::nullopt},
        {{"unknown"}, std::nullopt},
        {{""}, std::nullopt},
        {{","}, std::nullopt},
        {{"203.0.113.9,"}, std::nullopt},
        {{"203.0.113.9:"}, std::nullopt},
        {{"203.0.113.9:x"}, std::nullopt},
        {{"[2001:db8::9"}, std::nullopt},
        {{"[2001:db8::9]x"}, std::nullopt},
        {{"fe80::1%eth0"}, std::nullopt},
        {{"203.0.113.9", "203.0.113.9"}, std::nullopt},
    };
    for (auto const& [lines, peer] : rows) {
        headers fields{{"x-forwarded-proto", "https"}};
        for (auto const& line : lines) fields.push_back({"x-forwarded-for", line});
        EXPECT_EQ(forwarded_peer(fields, trusted), peer) << (lines.empty() ? "" : lines[0]);
    }
}

std::string peer_seen_by(running_server& under_test, std::string_view fields) {
    raw_connection sender{under_test.port()};
    sender.send("GET / HTTP/1.1\r\nHost: a\r\n" + std::string{fields} + "\r\n");
    auto const answer = sender.read_answer();
    if (!answer || answer->status != 200) return answer ? std::to_string(answer->status) : "closed";
    return under_test.handler().seen().back().head.peer;
}

TEST(forwarded_for, is_believed_of_trusted_proxies_only) {
    running_server alone;
    EXPECT_EQ(peer_seen_by(alone, "X-Forwarded-For: 203.0.113.9\r\n"), "127.0.0.1");
    EXPECT_EQ(peer_seen_by(alone, "X-Forwarded-For: 1\r\nX-Forwarded-For: 2\r\n"), "127.0.0.1");

    http::listener_settings settings;
    settings.trusted_proxies = {"127.0.0.0/8"};
    running_server behind_proxy{settings};
    EXPECT_EQ(peer_seen_by(behind_proxy, "X-Forwarded-For: 198.51.100.1, 203.0.113.9\r\n"), "203.0.113.9");
    EXPECT_EQ(peer_seen_by(behind_proxy, ""), "") << "the proxy is not the sender";
    EXPECT_EQ(peer_seen_by(behind_proxy, "X-Forwarded-For: garbage\r\n"), "400");
    EXPECT_EQ(peer_seen_by(behind_proxy, "X-Forwarded-For: 203.0.113.9\r\nX-Forwarded-For: 203.0.113.9\r\n"),
              "400");
}

TEST(forwarded_for, leaves_the_proxys_own_address_beside_the_senders) {
    running_server alone;
    EXPECT_EQ(peer_seen_by(alone, "X-Forwarded-For: 203.0.113.9\r\n"), "127.0.0.1");
    EXPECT_EQ(alone.handler().seen().back().head.proxy, "");
    http::listener_settings settings;
    settings.trusted_proxies = {"127.0.0.0/8"};
    running_server behind_proxy{settings};
    for (auto const* fields : {"X-Forwarded-For: 203.0.113.9\r\n", ""}) {
        EXPECT_NE(peer_seen_by(behind_proxy, fields), "127.0.0.1");
        EXPECT_EQ(behind_proxy.handler().seen().back().head.proxy, "127.0.0.1");
    }
}

TEST(peer, of_a_mapped_connection_is_its_ipv4_address) {
    http::listener_settings settings;
    settings.address = "[::]:0";
    running_server under_test{settings};
    EXPECT_EQ(peer_seen_by(under_test, ""), "127.0.0.1");
}

}  // namespace
}  // namespace headgate::testing_support
