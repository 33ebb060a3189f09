#include "auth/authenticator.hpp"
#include "tests/support/senders.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

namespace headgate::auth {
namespace {

using namespace testing_support;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr auto long_secret = "0123456789abcdef0123456789abcdef";

settings signed_source() {
    return source_with(check_of(body_mac("x-signature", "")), {secret_of(long_secret)});
}

// Meta's: GET with a token of its own, the challenge comes back as text.
handshake_rule echo_of_a_query_value() {
    handshake_rule rule;
    rule.when.methods = {"GET"};
    rule.when.query = {{"hub.mode", "subscribe"}};
    rule.require = equal(query_named("hub.verify_token"), secret_named("verify"));
    rule.accept = accept_rule{query_named("hub.challenge"), "[A-Za-z0-9_.-]{1,128}"};
    rule.reply.body = {query_named("hub.challenge")};
    return rule;
}

settings meta() {
    auto source = signed_source();
    source.secrets["verify"] = {secret_of("a-token-that-the-sender-knows")};
    source.handshakes = {echo_of_a_query_value()};
    return source;
}

request get(std::string target) {
    auto made = post("");
    made.head.method = "GET";
    made.head.target = std::move(target);
    return made;
}

result<response> answer(authenticator const& source, request const& incoming) {
    auto const* which = source.handshake_for(incoming);
    if (!which) return refuse(errc::not_found, "no handshake");
    return source.answer(*which, incoming, {}, second(1'700'000'000));
}

TEST(handshake, echoes_a_query_value_to_who_knows_the_token) {
    auto const source = authenticator_of(meta());
    auto const reply = answer(
        source,
        get("/x?hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token=a-token-that-the-sender-knows"));
    ASSERT_TRUE(reply) << reply.error().message;
    EXPECT_EQ(reply->status, 200U);
    EXPECT_EQ(reply->body, "1158201444");
    EXPECT_EQ(reply->fields, (headers{{"content-type", "text/plain"}}));
}

TEST(handshake, refuses_without_the_token) {
    auto const source = authenticator_of(meta());
    for (auto const* rest : {"", "&hub.verify_token=wrong", "&hub.verify_token="}) {
        auto const reply = answer(source, get(std::string{"/x?hub.mode=subscribe&hub.challenge=1"} + rest));
        ASSERT_FALSE(reply);
        EXPECT_EQ(reply.error().code, errc::unauthenticated);
    }
}

TEST(handshake, echoes_only_values_of_the_accepted_form) {
    auto const source = authenticator_of(meta());
    auto const with = [&](std::string const& challenge) {
        return answer(
            source,
            get("/x?hub.mode=subscribe&hub.verify_token=a-token-that-the-sender-knows&hub.challenge=" +
                challenge));
    };
    EXPECT_TRUE(with(std::string(128, 'a')));
    for (auto const& challenge : {std::string(129, 'a'), std::string{"%3Cscript%3E"}, std::string{"a%0Ab"},
                                  std::string{"a%0A"}, std::string{"{"}, std::string{"a%00"}}) {
        auto const reply = with(challenge);
        ASSERT_FALSE(reply) << challenge;
        EXPECT_EQ(reply.error().code, errc::invalid_argument);
        EXPECT_EQ(reply.error().message,
                  "handshake: query parameter hub.challenge is not of the accepted form");
    }
    EXPECT_FALSE(with(""));
}

TEST(handshake, is_not_seen_in_an_ordinary_request) {
    auto const source = authenticator_of(meta());
    EXPECT_EQ(source.handshake_for(post("{}")), nullptr);
    EXPECT_EQ(source.handshake_for(get("/x?hub.mode=other")), nullptr);
    EXPECT_EQ(source.handshake_for(get("/x?hub.mode=subscribe&hub.mode=subscribe")), nullptr);
}

TEST(handshake, lets_its_own_methods_through) {
    auto const source = authenticator_of(meta());
    EXPECT_THAT(source.methods(), ElementsAre("POST", "GET"));
    EXPECT_THAT(source.event_methods(), ElementsAre("POST"));
}

// Reading JSON costs what the sender sends, and nothing is proven yet.
TEST(handshake, reads_no_json_from_a_body_over_its_limit) {
    auto described =
        source_with(check_of(body_mac("x-signature", "")), {secret_of("a-long-secret-of-32-characters..")});
    handshake_rule rule;
    rule.when.json = {{{"/type"}, "url_verification"}};
    rule.require = equal(json_at("/token"), secret_named("signing"));
    rule.reply.body = {json_at("/token")};
    described.handshakes = {rule};
    auto const of_size = [](std::size_t bytes) {
        std::string text = R"({"type":"url_verification","token":"a-long-secret-of-32-characters.."})";
        text.insert(text.size() - 1, bytes - text.size(), ' ');
        return post(std::move(text));
    };
    auto const source = authenticator_of(described);
    EXPECT_NE(source.handshake_for(of_size(4096)), nullptr);
    EXPECT_EQ(source.handshake_for(of_size(4097)), nullptr) << "an ordinary request, to be verified as one";

    described.handshake_json_bytes_max = 5000;
    EXPECT_NE(authenticator_of(described).handshake_for(of_size(5000)), nullptr);

    described.handshakes.front().when = {};
    described.handshakes.front().when.methods = {"POST"};
    auto const without_guard = authenticator_of(described);
    auto const answer = [&](request const& incoming) {
        return without_guard.answer(*without_guard.handshake_for(incoming), incoming, {}, second(0));
    };
    EXPECT_TRUE(answer(of_size(5000)));
    auto const refused = answer(of_size(5001));
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().message, HasSubstr("over 5000 bytes"));
    EXPECT_THAT(refused.error().remedy, HasSubstr("limits.handshake_json_bytes_max"));
}

// Slack's: signed like an event; secret and time as in Slack's documented example, the body from below:
// printf '%s' "v0:1531420618:$body" | openssl dgst -sha256 -hmac 8f742231b10e8888abcd99yyyzzz85a5
TEST(handshake, that_must_be_verified_answers_only_the_signed_request) {
    auto mac = body_mac("x-slack-signature", "v0=");
    mac.signs = values{constant("v0:"), header_named("x-slack-request-timestamp"), constant(":"), body()};
    auto signing = check_of(std::move(mac));
    signing.time = time_in(header_named("x-slack-request-timestamp"));
    auto described = source_with(std::move(signing), {secret_of("8f742231b10e8888abcd99yyyzzz85a5")});
    handshake_rule rule;
    rule.when.methods = {"POST"};
    rule.when.json = {{{"/type"}, "url_verification"}};
    rule.reply.body = {json_at("/challenge")};
    described.handshakes = {rule};
    auto const source = authenticator_of(described);

    auto incoming = post(
        R"({"type":"url_verification","challenge":"3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWMmHkvFXO7tYXAYM8P"})",
        {{"x-slack-request-timestamp", "1531420618"},
         {"x-slack-signature", "v0=2b617e8d1eba789c3e90a54b772adadfc772137987c87d3c1e4129005632e406"}});
    auto const* which = source.handshake_for(incoming);
    ASSERT_NE(which, nullptr);
    auto const reply = source.answer(*which, incoming, {}, second(1531420618));
    ASSERT_TRUE(reply) << reply.error().message;
    EXPECT_EQ(reply->body, "3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWMmHkvFXO7tYXAYM8P");

    incoming.body.back() = ' ';
    EXPECT_EQ(source.handshake_for(incoming), nullptr);
    incoming.body += '}';
    auto const forged = source.answer(*which, incoming, {}, second(1531420618));
    ASSERT_FALSE(forged);
    EXPECT_EQ(forged.error().message, "handshake: mac: the signature does not match");
}

value mac_of_value(value of, text_form out) {
    mac_value mac;
    mac.of = std::make_shared<value const>(std::move(of));
    mac.out = out;
    return {std::move(mac)};
}

// X's: unsigned, the reply is an HMAC of what was sent.
handshake_rule hmac_reply() {
    handshake_rule rule;
    rule.when.methods = {"GET"};
    rule.when.query_has = {"crc_token"};
    rule.require = require_nothing{};
    rule.accept = accept_rule{query_named("crc_token"), "[A-Za-z0-9_+/=-]{1,128}"};
    rule.reply.json = {
        {"response_token", {constant("sha256="), mac_of_value(query_named("crc_token"), text_form::b64)}}};
    return rule;
}

TEST(handshake, replies_with_a_mac_of_the_challenge) {
    auto described = signed_source();
    described.handshakes = {hmac_reply()};
    auto const source = authenticator_of(described);
    auto const reply = answer(source, get("/x?crc_token=9b4507b3-9040-4669-9ca3-6b94edb50553"));
    ASSERT_TRUE(reply) << reply.error().message;
    // printf 9b4507b3-9040-4669-9ca3-6b94edb50553 |
    //   openssl dgst -sha256 -hmac 0123456789abcdef0123456789abcdef -binary | base64
    EXPECT_EQ(reply->body, R"({"response_token":"sha256=myOcp/iIYEVAk7+gkmaKNMC8Ss/J979dbcIBkRLMj7M="})");
    EXPECT_EQ(reply->fields, (headers{{"content-type", "application/json"}}));
    // What would be an event's body is never signed.
    auto const oracle = answer(source, get("/x?crc_token=%7B%22id%22:1%7D"));
    ASSERT_FALSE(oracle);
    EXPECT_EQ(oracle.error().code, errc::invalid_argument);
}

TEST(handshake, echoes_a_header_value_and_answers_with_configured_headers) {
    auto described = signed_source();
    described.params["origin"] = {"eventemitter.example.com"};
    handshake_rule rule;
    rule.when.methods = {"OPTIONS"};
    rule.require = all(
        {equal(header_named("webhook-request-origin"), {param_value{"origin"}}), peer_in({"192.0.2.0/24"})});
    rule.reply.status = 204;
    rule.reply.headers = {{"webhook-allowed-origin", {{param_value{"origin"}}}}};
    described.handshakes = {rule};
    auto const source = authenticator_of(described);
    auto incoming = get("/x");
    incoming.head.method = "OPTIONS";
    incoming.head.fields = {{"webhook-request-origin", "eventemitter.example.com"}};
    auto const reply = answer(source, incoming);
    ASSERT_TRUE(reply) << reply.error().message;
    EXPECT_EQ(reply->status, 204U);
    EXPECT_EQ(reply->fields, (headers{{"webhook-allowed-origin", "eventemitter.example.com"}}));
    EXPECT_EQ(reply->body, "");
    incoming.head.fields.front().value = "other.example.com";
    EXPECT_FALSE(answer(source, incoming));
}

TEST(handshake, never_puts_a_line_end_into_a_header) {
    auto described = signed_source();
    handshake_rule rule;
    rule.when.methods = {"GET"};
    rule.require = require_nothing{};
    rule.accept = accept_rule{query_named("c"), "(?s).*"};
    rule.reply.headers = {{"x-echo", {query_named("c")}}};
    described.handshakes = {rule};
    auto const reply = answer(authenticator_of(described), get("/x?c=a%0D%0Aset-cookie:b"));
    ASSERT_FALSE(reply);
    EXPECT_EQ(reply.error().message, "handshake: no value for header x-echo");
}

TEST(handshake, bounds_its_reply) {
    auto described = signed_source();
    handshake_rule rule;
    rule.when.json = {{{"/type"}, "0"}};
    rule.require = require_nothing{};
    rule.accept = accept_rule{json_at("/c"), "a+"};
    rule.reply.body = {json_at("/c"), json_at("/c"), json_at("/c"), json_at("/c")};
    described.handshakes = {rule};
    auto const source = authenticator_of(described);
    EXPECT_TRUE(answer(source, post(R"({"type":0,"c":")" + std::string(1024, 'a') + "\"}")));
    EXPECT_FALSE(answer(source, post(R"({"type":0,"c":")" + std::string(1025, 'a') + "\"}")));
}

// Notion's: the first request of a subscription has the key, and nothing proves who sent it.
TEST(handshake, gives_the_operator_a_key_of_the_accepted_form_only) {
    auto described = signed_source();
    handshake_rule rule;
    rule.when.methods = {"POST"};
    rule.when.json_has = {{.pointer = "/verification_token"}};
    rule.require = require_nothing{};
    rule.accept = accept_rule{json_at("/verification_token"), "secret_[A-Za-z0-9]{8,128}"};
    rule.shows = json_at("/verification_token");
    described.handshakes = {rule};
    auto const source = authenticator_of(described);
    auto const first = post(R"({"verification_token":"secret_tMrlL1qK5vuQAh1b"})");
    auto const reply = answer(source, first);
    ASSERT_TRUE(reply) << reply.error().message;
    EXPECT_EQ(reply->status, 200U);
    EXPECT_EQ(reply->body, "");
    EXPECT_EQ(source.handed_over(*source.handshake_for(first), first), "secret_tMrlL1qK5vuQAh1b");
    EXPECT_FALSE(answer(source, post(R"({"verification_token":"secret_\n owned"})")));
    EXPECT_EQ(source.handshake_for(post(R"({"type":"page.created"})")), nullptr);
    EXPECT_EQ(source.handshake_for(post(R"({"verification_token":null})")), nullptr);
}

TEST(handshake, does_not_load_as_an_oracle) {
    auto const said = [](auto const& change) {
        auto described = signed_source();
        auto rule = hmac_reply();
        change(rule);
        described.handshakes = {rule};
        return mistakes_of(described);
    };
    EXPECT_THAT(said([](handshake_rule&) {}), IsEmpty());
    EXPECT_THAT(said([](handshake_rule& r) { r.accept.reset(); }),
                ElementsAre("sources.test.handshake[0]: answers anybody with what they sent"));
    EXPECT_THAT(said([](handshake_rule& r) { r.accept->from = query_named("other"); }),
                ElementsAre("sources.test.handshake[0].reply: signs a value that `accept` does not look at"));
    EXPECT_THAT(said([](handshake_rule& r) { r.accept->match = "["; }),
                ElementsAre(HasSubstr("is not a regular expression")));
    EXPECT_THAT(said([](handshake_rule& r) { r.when = {}; }),
                ElementsAre("sources.test.handshake[0].when: holds for every request"));
    EXPECT_THAT(said([](handshake_rule& r) { r.require = equal(query_named("a"), constant("b")); }),
                ElementsAre("sources.test.handshake[0].require: proves nothing about the sender"));
    EXPECT_THAT(said([](handshake_rule& r) { r.require = equal(query_named("a"), secret_named("verify")); }),
                ElementsAre("sources.test.secrets.verify: there is no secret named verify"));
    EXPECT_THAT(said([](handshake_rule& r) { r.reply.status = 302; }),
                ElementsAre("sources.test.handshake[0].reply: is no success"));
    EXPECT_THAT(said([](handshake_rule& r) { r.reply.type = "text/html"; }),
                ElementsAre("sources.test.handshake[0].reply.type: text/html is not text/plain or "
                            "application/json"));
    for (auto const* ours : {"content-type", "content-length", "transfer-encoding", "set-cookie"}) {
        EXPECT_THAT(said([&](handshake_rule& r) { r.reply.headers = {{ours, {constant("a")}}}; }),
                    ElementsAre(HasSubstr("is not for a configuration to say")))
            << ours;
    }
    for (auto const* ours : {"trailer", "upgrade", "connection", "date", "x-content-type-options"}) {
        EXPECT_THAT(said([&](handshake_rule& r) { r.reply.headers = {{ours, {constant("a")}}}; }),
                    ElementsAre(HasSubstr("is not for a configuration to say")))
            << ours;
    }
    EXPECT_THAT(said([](handshake_rule& r) { r.reply.headers = {{"x: y\r\nz", {constant("a")}}}; }),
                ElementsAre(HasSubstr("is not the name of a header")));
    EXPECT_THAT(said([](handshake_rule& r) { r.reply.body = {secret_named("signing")}; }),
                ElementsAre(HasSubstr("a secret stands only on one side of `equal`")));
    EXPECT_THAT(said([](handshake_rule& r) { r.shows = query_named("crc_token"); }), IsEmpty());
    EXPECT_THAT(said([](handshake_rule& r) { r.shows = query_named("other"); }),
                ElementsAre("sources.test.handshake[0].shows: is not looked at by `accept`"));
    EXPECT_THAT(said([](handshake_rule& r) {
                    r.call = call_rule{.url = query_named("u"), .hosts = {"a.example"}, .path = "/"};
                }),
                ElementsAre("sources.test.handshake[0].call: is made for anybody",
                            "sources.test.handshake[0].call.url: query parameter u is not signed"));
}

}  // namespace
}  // namespace headgate::auth
