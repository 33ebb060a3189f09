#include "auth/authenticator.hpp"
#include "tests/support/senders.hpp"
#include "tests/support/sessions.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>

// GAP-Signature, which OAuth2-proxy puts on what it passes to an upstream.

namespace headgate::auth {
namespace {

using namespace testing_support;
using ::testing::IsEmpty;

constexpr char const* key = "0123456789abcdef0123456789abcdef";
auto const now = second(1'700'000'000);

// printf 'POST\n2\n\napplication/json\n\n\nada\nada@example.com\n\n\n_oauth2_proxy=v|1|m\nada@example.com\n'
//        '/webhooks/sender?x=1\n{}' | openssl dgst -sha256 -hmac 0123456789abcdef0123456789abcdef -binary |
//        base64 -w0
std::map<mac_algorithm, std::string> const signatures{
    {mac_algorithm::hmac_sha1, "sha1 xrlA8UP36ayvPg7eVRkGf5Buao8="},
    {mac_algorithm::hmac_sha256, "sha256 ixRYzKMzqsiZBBgMUhXPRQ7eB6XE/FVbaDbLCSkwLgA="},
    {mac_algorithm::hmac_sha384, "sha384 r1LZbzDct6SXoU+Do6LYprB+Oj3SFxmszIDO4MdXg0E8w49lNr0MrZqBv0P0E/t3"},
    {mac_algorithm::hmac_sha512,
     "sha512 t9lOzAYXLcka0tw5ZayOKo7iFqlbtU3d2v5s0pLKJQ2bEI8vQXulsxg5jPB4IexePWY9vXI9ozOpfXDQsYQGkA=="}};

request signed_by_proxy(std::string signature) {
    auto incoming = post("{}", {{"host", "a"},
                                {"content-length", "2"},
                                {"content-type", "application/json"},
                                {"x-forwarded-user", "ada"},
                                {"x-forwarded-email", "ada@example.com"},
                                {"x-forwarded-groups", "gw-ops"},
                                {"cookie", "_oauth2_proxy=v|1|m"},
                                {"gap-auth", "ada@example.com"},
                                {"gap-signature", std::move(signature)}});
    incoming.head.target = "/webhooks/sender?x=1";
    return incoming;
}

authenticator by_gap(mac_algorithm algorithm = mac_algorithm::hmac_sha256) {
    session_check session{.by = gap_signature{.algorithm = algorithm, .key = {}}};
    session.domains = {"example.com"};
    return authenticator_of(source_with(check_of(std::move(session)), {secret_of(key)}));
}

TEST(gap_signature, proves_who_is_logged_in_and_the_whole_request) {
    auto const source = by_gap();
    auto const judged = verify(source, signed_by_proxy(signatures.at(mac_algorithm::hmac_sha256)), now);
    ASSERT_TRUE(judged) << judged.error().message;
    EXPECT_EQ(judged->sender.verified_by, "session+mac");
    EXPECT_EQ(judged->sender.subject, "ada");
    EXPECT_EQ(judged->sender.email, "ada@example.com");
    EXPECT_THAT(judged->sender.groups, IsEmpty()) << "they are not signed";
    EXPECT_EQ(judged->sender.covers, coverage::full);
}

TEST(gap_signature, is_of_the_configured_algorithm_alone) {
    for (auto const& [ours, mine] : signatures) {
        for (auto const& [theirs, signature] : signatures) {
            auto const said = refusal(by_gap(ours), signed_by_proxy(signature), now);
            EXPECT_EQ(said == "accepted", ours == theirs) << signature;
        }
    }
}

TEST(gap_signature, holds_for_no_changed_request) {
    auto const source = by_gap();
    auto const good = signed_by_proxy(signatures.at(mac_algorithm::hmac_sha256));
    auto const said = [&](auto change) {
        auto incoming = good;
        change(incoming);
        return refusal(source, incoming, now);
    };
    auto const& fields = good.head.fields;
    for (std::size_t i = 1; i < fields.size(); ++i) {
        if (fields[i].name == "x-forwarded-groups") continue;
        EXPECT_NE(
            said([&](request& is) { is.head.fields.erase(is.head.fields.begin() + static_cast<int>(i)); }),
            "accepted");
        EXPECT_NE(said([&](request& is) { is.head.fields[i].value += "x"; }), "accepted") << fields[i].name;
        EXPECT_NE(said([&](request& is) { is.head.fields.push_back(fields[i]); }), "accepted")
            << fields[i].name;
    }
    for (auto const* name :
         {"date", "authorization", "content-md5", "x-forwarded-access-token", "x-forwarded-preferred-user"}) {
        EXPECT_NE(said([&](request& is) { is.head.fields.push_back({name, "x"}); }), "accepted") << name;
    }
    EXPECT_NE(said([](request& is) { is.body = "{ }"; }), "accepted");
    EXPECT_NE(said([](request& is) { is.head.method = "PUT"; }), "accepted");
    EXPECT_NE(said([](request& is) { is.head.target = "/webhooks/sender?x=2"; }), "accepted");
    EXPECT_NE(said([](request& is) { is.head.target = "/webhooks/%73ender?x=1"; }), "accepted");
    EXPECT_EQ(said([](request&) {}), "accepted");
}

// With prefer_email_to_user the proxy writes X-Forwarded-User alone, and signs what the browser wrote beside
// it.
TEST(gap_signature, believes_no_address_that_the_proxy_has_signed_and_not_written) {
    auto const said = [](char const* whose, char const* signature) {
        auto incoming = post("{}", {{"x-forwarded-user", "eve@example.com"},
                                    {"x-forwarded-email", "ada@example.com"},
                                    {"gap-auth", whose},
                                    {"gap-signature", signature}});
        return refusal(by_gap(), incoming, now);
    };
    // printf 'POST\n\n\n\n\n\neve@example.com\nada@example.com\n\n\n\neve@example.com\n/webhooks/sender\n{}'
    // |
    //        openssl dgst -sha256 -hmac 0123456789abcdef0123456789abcdef -binary | base64; the other without
    // the second eve@example.com
    EXPECT_EQ(said("eve@example.com", "sha256 wK4EldgHjL7kQ4pz5o1g6LDVYxZruJZSt7JlFByK6cg="),
              "session: gap-auth names somebody else than the headers beside it");
    EXPECT_EQ(said("", "sha256 rjzziix7h2LRK0SI7osWXrpIx/3uc4qHwV/UbzuVOtE="),
              "session: gap-auth names somebody else than the headers beside it");
}

TEST(gap_signature, of_a_request_that_needs_no_login_is_of_nobody) {
    session_check session{.by = gap_signature{}};
    auto const source = authenticator_of(source_with(check_of(session), {secret_of(key)}));
    auto incoming = post("{}");
    // printf 'POST\n\n\n\n\n\n\n\n\n\n\n\n/webhooks/sender\n{}' | openssl dgst -sha256 -hmac … -binary |
    // base64
    incoming.head.fields = {{"gap-signature", "sha256 2QAvMRJXNHs7E9BioWR9R7xMmwV/rrsxBnXV8zHv0hw="}};
    EXPECT_EQ(refusal(source, incoming, now), "session: it does not say who is logged in");
}

}  // namespace
}  // namespace headgate::auth
