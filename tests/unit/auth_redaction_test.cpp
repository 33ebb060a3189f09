#include "auth/authenticator.hpp"
#include "auth/redaction.hpp"
#include "tests/support/senders.hpp"
#include "tests/support/sessions.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

namespace headgate::auth {
namespace {

using namespace testing_support;
using ::testing::ElementsAre;

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
    auto source =
        source_with(equal({path_value{"key"}}, secret_named("signing")), {secret_of("0123456789abc/ef")});
    source.path = "/hooks/{key}/{other}";
    auto incoming = post("{}");
    incoming.head.target = "/hooks/0123456789abc%2fef/push?x=0123456789abc%2Fef";
    incoming.path_parameters = {{"key", "0123456789abc/ef"}, {"other", "push"}};
    auto const kept = redacted(source, incoming);
    EXPECT_EQ(kept.head.target, "/hooks/%3Cverified%3E/push?x=0123456789abc%2Fef");
    EXPECT_EQ(kept.path_parameters, (parameters{{"key", "<verified>"}, {"other", "push"}}));
}

headers const json_type{{"content-type", "application/json"}};
headers const form_type{{"content-type", "application/x-www-form-urlencoded; charset=utf-8"}};

// What an operator and a rule see of a body that this check was run on.
std::string shown(check verify, std::string body, headers fields = json_type) {
    auto const kept =
        redacted(source_with(std::move(verify), {secret_of(long_secret)}), post(body, std::move(fields)));
    EXPECT_EQ(kept.body, body) << "the signed bytes stay";
    return kept.shown_body();
}

TEST(redaction, hides_a_secret_in_a_json_body_and_keeps_the_bytes) {
    auto const by_token = equal(json_at("/auth/token"), secret_named("signing"));
    EXPECT_EQ(shown(by_token, R"({"auth": {"token": "0123\u0034\"x", "n": 1}, "token": "other"})"),
              R"({"auth": {"token": "<verified>", "n": 1}, "token": "other"})");
    EXPECT_EQ(shown(by_token, R"({"auth":{"token":1234567890123456}})"),
              R"({"auth":{"token":"<verified>"}})");
    EXPECT_EQ(shown(by_token, R"({"auth":1})"), R"({"auth":1})");
    EXPECT_EQ(shown(by_token, R"({"auth":{"tok\u0065n":"a"}})"), R"({"auth":{"tok\u0065n":"<verified>"}})");
}

TEST(redaction, hides_every_member_of_a_name_that_stands_twice) {
    auto const by_either =
        any({equal(json_at("/a/t"), secret_named("signing")), check_of(body_mac("x-signature", ""))});
    EXPECT_EQ(shown(by_either, R"({"a":{"t":"1","t":"2"},"a":{"t":"3"}})"),
              R"({"a":{"t":"<verified>","t":"<verified>"},"a":{"t":"<verified>"}})");
}

TEST(redaction, hides_a_secret_in_every_item) {
    check const each{
        each_check{.in = {"/items", json_path::start::document},
                   .item = std::make_shared<check const>(equal(json_of_item("/t"), secret_named("signing")))},
        {},
        {},
        {}};
    EXPECT_EQ(shown(each, R"({"items":[{"t":"1","u":1},{"u":2},{"u":3,"t":"3"}]})"),
              R"({"items":[{"t":"<verified>","u":1},{"u":2},{"u":3,"t":"<verified>"}]})");
}

TEST(redaction, hides_the_whole_body_where_there_are_too_many_places) {
    check const each{
        each_check{.in = {"", json_path::start::document},
                   .item = std::make_shared<check const>(equal(json_of_item("/t"), secret_named("signing")))},
        {},
        {},
        {}};
    std::string many;
    for (std::size_t i = 0; i <= hidden_places_max; ++i) many += R"(,{"t":"1"})";
    many.front() = '[';
    EXPECT_EQ(shown(each, many + "]"), R"("<verified>")");
    auto const one_less = shown(each, "[" + many.substr(std::string_view{R"(,{"t":"1"})"}.size() + 1) + "]");
    EXPECT_TRUE(one_less.starts_with(R"([{"t":"<verified>"},{"t":"<verified>"},)"));
}

TEST(redaction, hides_a_secret_in_a_form) {
    auto const by_token = equal({form_value{"to ken"}}, secret_named("signing"));
    EXPECT_EQ(shown(by_token, "a=1&to+ken=%30x&to%20ken=2&token=3", form_type),
              "a=1&to+ken=<verified>&to%20ken=<verified>&token=3");
    EXPECT_EQ(shown(by_token, "to+ken=1", json_type), "to+ken=1") << "no form: nothing was compared";
}

// A rule sees what was packed, so what is hidden must not be in it.
TEST(redaction, hides_a_packed_body_whole_where_it_may_have_a_secret) {
    auto const by_either =
        any({equal(json_at("/token"), secret_named("signing")), check_of(body_mac("x-signature", ""))});
    auto const packed = [](std::string coding) {
        return headers{{"content-type", "application/json"}, {"content-encoding", std::move(coding)}};
    };
    EXPECT_EQ(shown(by_either, "packed bytes", packed("gzip")), "<verified>");
    for (auto const* charset : {"UTF-16", "utf16le", R"("utf\-1\6")"}) {
        headers const wide{{"content-type", std::string{"application/json; charset="} + charset}};
        EXPECT_EQ(shown(by_either, "\xff\xfe wide", wide), "<verified>") << charset;
    }
    EXPECT_EQ(shown(by_either, R"({"token":1})", packed("Identity")), R"({"token":"<verified>"})");
    EXPECT_EQ(shown(check_of(body_mac("x-signature", "")), "packed bytes", packed("gzip")), "packed bytes");
}

TEST(redaction, hides_outer_places_whole) {
    slice_value whole_member;
    whole_member.if_array.pointer = "/0";
    whole_member.if_object.pointer = "/a";
    auto const by_both = any(
        {equal({whole_member}, secret_named("signing")), equal(json_at("/a/t"), secret_named("signing"))});
    EXPECT_EQ(shown(by_both, R"({"a":{"t":"1"},"b":2})"), R"({"a":"<verified>","b":2})");
    EXPECT_EQ(shown(by_both, R"([ {"t":"1"}, 2])"), R"([ "<verified>", 2])");
    EXPECT_EQ(shown(equal(body(), secret_named("signing")), "the secret"), "<verified>");
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

TEST(redaction, keeps_who_somebody_is_only_where_a_check_has_proven_it) {
    auto const kept = [](settings const& source, headers fields) {
        auto incoming = post("{}", std::move(fields));
        authenticator_of(source).redact(incoming);
        std::vector<std::string> names;
        for (auto const& line : incoming.head.fields) names.push_back(line.name);
        return names;
    };
    headers const both{{"x-auth-request-user", "a"},
                       {"x-auth-request-groups", "a"},
                       {"x-forwarded-user", "a"},
                       {"x-forwarded-email", "a"},
                       {"x-forwarded-groups", "a"},
                       {"x-auth-request-access-token", "a"},
                       {"x-forwarded-for", "a"},
                       {"x-forwarded-access-token", "a"},
                       {"x-auth-request-redirect", "a"},
                       {"x-auth-request-preferred-username", "a"},
                       {"x-forwarded-preferred-username", "a"},
                       {"gap-auth", "a"}};
    auto const mac = check_of(body_mac("x-signature", ""));
    auto const by_peer = behind({.cidrs = {"10.0.0.5"}}, told_by("x-auth-request"));
    EXPECT_THAT(kept(source_with(mac, {secret_of(long_secret)}), both), ElementsAre("x-forwarded-for"));
    EXPECT_THAT(kept(source_with(check_of(asking())), both), ElementsAre("x-forwarded-for"));
    EXPECT_THAT(kept(source_with(by_peer), both),
                ElementsAre("x-auth-request-user", "x-auth-request-groups", "x-forwarded-for"));
    EXPECT_THAT(kept(source_with(any({by_peer, mac}), {secret_of(long_secret)}), both),
                ElementsAre("x-forwarded-for"));
    EXPECT_THAT(kept(source_with(check_of({.by = gap_signature{}}), {secret_of(long_secret)}), both),
                ElementsAre("x-forwarded-user", "x-forwarded-email", "x-forwarded-for", "gap-auth"));
}

}  // namespace
}  // namespace headgate::auth
