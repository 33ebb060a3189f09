#include "auth/authenticator.hpp"
#include "tests/support/senders.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <string>

namespace headgate::auth {
namespace {

using namespace testing_support;

constexpr auto long_secret = "0123456789abcdef0123456789abcdef";

request redacted(settings const& source, request incoming) {
    authenticator_of(source).redact(incoming);
    return incoming;
}

TEST(redaction, keeps_signatures_because_they_are_evidence) {
    auto const source = source_with(check_of(body_mac("x-signature", "")), {secret_of(long_secret)});
    auto const incoming = post("{}", {{"x-signature", "00"}, {"x-other", "1"}});
    auto const kept = redacted(source, incoming);
    EXPECT_EQ(kept.head.fields, incoming.head.fields);
    EXPECT_EQ(kept.head.target, incoming.head.target);
    EXPECT_EQ(kept.body, incoming.body);
}

TEST(redaction, always_hides_authorization_and_cookies) {
    auto const source = source_with(check_of(body_mac("x-signature", "")), {secret_of(long_secret)});
    auto const kept = redacted(source, post("{}", {{"authorization", "Bearer a"},
                                                   {"cookie", "b"},
                                                   {"proxy-authorization", "c"},
                                                   {"cookie", "d"}}));
    for (auto const& line : kept.head.fields) EXPECT_EQ(line.value, "<verified>") << line.name;
}

TEST(redaction, hides_what_a_check_compares_with_a_secret) {
    auto const source =
        source_with(equal(header_named("x-gitlab-token"), secret_named("signing")), {secret_of(long_secret)});
    auto const kept =
        redacted(source, post("{}", {{"x-gitlab-token", long_secret}, {"x-gitlab-event", "Push Hook"}}));
    EXPECT_EQ(kept.head.fields, (headers{{"x-gitlab-token", "<verified>"}, {"x-gitlab-event", "Push Hook"}}));
}

TEST(redaction, rewrites_the_query_and_leaves_the_rest_of_the_target) {
    auto const source =
        source_with(equal(query_named("to ken"), secret_named("signing")), {secret_of(long_secret)});
    auto incoming = post("{}");
    incoming.head.target = "/a%2Fb?x=%20&to+ken=abc&y&to%20ken=d=e&&token=1";
    auto const kept = redacted(source, incoming);
    EXPECT_EQ(kept.head.target, "/a%2Fb?x=%20&to+ken=%3Cverified%3E&y&to%20ken=%3Cverified%3E&&token=1");
    EXPECT_EQ(parse_form(kept.head.query())->at(1).second, "<verified>");
}

TEST(redaction, hides_a_secret_in_the_path) {
    auto const source =
        source_with(equal({path_value{"key"}}, secret_named("signing")), {secret_of("0123456789abc/ef")});
    auto incoming = post("{}");
    incoming.head.target = "/hooks/0123456789abc%2fef/push?x=0123456789abc%2Fef";
    incoming.path_parameters = {{"key", "0123456789abc/ef"}, {"other", "push"}};
    auto const kept = redacted(source, incoming);
    EXPECT_EQ(kept.head.target, "/hooks/%3Cverified%3E/push?x=0123456789abc%2Fef");
    EXPECT_EQ(kept.path_parameters, (parameters{{"key", "<verified>"}, {"other", "push"}}));
}

TEST(redaction, looks_into_combinators_and_handshakes) {
    auto source = source_with(
        all({any({equal(secret_named("signing"), header_named("x-a"))}), peer_in({"192.0.2.0/24"})}),
        {secret_of(long_secret)});
    source.secrets["verify"] = {secret_of("another-token-of-some-length")};
    handshake_rule rule;
    rule.when.methods = {"GET"};
    rule.require = equal(query_named("hub.verify_token"), secret_named("verify"));
    source.handshakes = {rule};
    auto incoming = post("{}", {{"x-a", long_secret}});
    incoming.head.target = "/x?hub.verify_token=another-token-of-some-length";
    auto const kept = redacted(source, incoming);
    EXPECT_EQ(kept.head.fields.front().value, "<verified>");
    EXPECT_EQ(kept.head.target, "/x?hub.verify_token=%3Cverified%3E");
}

}  // namespace
}  // namespace headgate::auth
