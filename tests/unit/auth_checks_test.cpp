#include "auth/authenticator.hpp"
#include "auth/crypto.hpp"
#include "auth/encoding.hpp"
#include "tests/support/senders.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

// Checks and combinators, working on requests.

namespace headgate::auth {
namespace {

using namespace testing_support;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr auto long_secret = "0123456789abcdef0123456789abcdef";

// HMAC-SHA256 with `long_secret`; the MAC itself is tested against published vectors elsewhere.
std::string signed_hex(std::string_view bytes) {
    return encode(mac_key{mac_algorithm::hmac_sha256, long_secret}.compute(bytes).view(), text_form::hex);
}

settings token_source() {
    auto source = source_with(equal(header_named("x-gitlab-token"), secret_named("signing")),
                              {secret_of(long_secret), secret_of("another-secret-of-some-length")});
    return source;
}

TEST(equal, compares_a_header_with_each_secret) {
    auto const source = authenticator_of(token_source());
    auto const judged = verify(source, post("{}", {{"x-gitlab-token", "another-secret-of-some-length"}}));
    ASSERT_TRUE(judged);
    EXPECT_EQ(judged->sender.verified_by, "equal");
    EXPECT_EQ(judged->sender.key_id, "signing#1");
    EXPECT_EQ(judged->sender.covers, coverage::none);
}

TEST(equal, refuses_everything_else) {
    auto const source = authenticator_of(token_source());
    auto const said = [&](headers fields) { return refusal(source, post("{}", std::move(fields))); };
    auto const wrong = "equal: header x-gitlab-token is not the secret";
    EXPECT_EQ(said({}), "equal: header x-gitlab-token is missing");
    EXPECT_EQ(said({{"x-gitlab-token", ""}}), "equal: header x-gitlab-token is missing");
    EXPECT_EQ(said({{"x-gitlab-token", "0123456789abcdef0123456789abcdeF"}}), wrong);
    EXPECT_EQ(said({{"x-gitlab-token", "0123456789abcdef0123456789abcde"}}), wrong);
    EXPECT_EQ(said({{"x-gitlab-token", "0123456789abcdef0123456789abcdef0"}}), wrong);
    EXPECT_EQ(said({{"x-gitlab-token", long_secret}, {"x-gitlab-token", long_secret}}),
              "equal: header x-gitlab-token stands 2 times");
}

TEST(equal, reads_a_bearer_token_and_basic_credentials) {
    header_value bearer{{"authorization"}, "Bearer", {}};
    auto const tokens =
        authenticator_of(source_with(equal({bearer}, secret_named("signing")), {secret_of(long_secret)}));
    auto const with = [](std::string value) { return post("{}", {{"authorization", std::move(value)}}); };
    EXPECT_EQ(refusal(tokens, with(std::string{"Bearer "} + long_secret)), "accepted");
    EXPECT_EQ(refusal(tokens, with(std::string{"bEARER "} + long_secret)), "accepted");
    for (auto const* scheme : {"", "Basic ", "Bearer", "Bearer\t", "Bearerx "}) {
        EXPECT_EQ(refusal(tokens, with(std::string{scheme} + long_secret)),
                  "equal: header authorization is not of scheme Bearer");
    }
    EXPECT_EQ(refusal(tokens, with(std::string{"Bearer  "} + long_secret)),
              "equal: header authorization is not the secret");

    // RFC 7617 section 2: "Aladdin" and "open sesame".
    header_value basic{{"authorization"}, "Basic", text_form::b64};
    auto const logins = authenticator_of(
        source_with(equal({basic}, secret_named("signing")), {secret_of("Aladdin:open sesame")}));
    EXPECT_EQ(refusal(logins, with("Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==")), "accepted");
    EXPECT_EQ(refusal(logins, with("Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ")),
              "equal: header authorization cannot be decoded");
}

TEST(equal, takes_one_of_several_values_of_a_param) {
    auto source =
        source_with(all({peer_in({"192.0.2.0/24"}), equal(json_at("/TopicArn"), {param_value{"topics"}})}));
    source.params["topics"] = {"arn:one", "arn:two"};
    auto const made = authenticator_of(source);
    EXPECT_EQ(refusal(made, post(R"({"TopicArn":"arn:two"})")), "accepted");
    EXPECT_EQ(refusal(made, post(R"({"TopicArn":"arn:three"})")),
              "all[1].equal: JSON member /TopicArn is not equal to param topics");
}

TEST(peer, looks_at_the_address_only) {
    auto const source = authenticator_of(source_with(peer_in({"192.0.2.0/24", "2001:db8::/32"})));
    auto incoming = post("{}");
    for (auto const* inside : {"192.0.2.7", "::ffff:192.0.2.7", "2001:db8::7"}) {
        incoming.head.peer = inside;
        EXPECT_EQ(refusal(source, incoming), "accepted") << inside;
    }
    incoming.head.peer = "198.51.100.1";
    EXPECT_EQ(refusal(source, incoming), "peer: the address 198.51.100.1 is in no allowed range");
    for (auto const* unknown : {"", "localhost", "192.0.2.7:80", "fe80::1%eth0"}) {
        incoming.head.peer = unknown;
        EXPECT_EQ(refusal(source, incoming), "peer: the sender's address is not known") << unknown;
    }
}

TEST(all, needs_every_member_and_names_them) {
    auto const source = authenticator_of(
        source_with(all({equal(query_named("token"), secret_named("signing")), peer_in({"192.0.2.0/24"})}),
                    {secret_of(long_secret)}));
    auto incoming = post("{}");
    incoming.head.target = std::string{"/webhooks/airbyte/7?token="} + long_secret;
    auto const judged = verify(source, incoming);
    ASSERT_TRUE(judged);
    EXPECT_EQ(judged->sender.verified_by, "equal+peer");
    EXPECT_EQ(judged->sender.key_id, "signing#0");

    incoming.head.peer = "198.51.100.1";
    EXPECT_EQ(refusal(source, incoming), "all[1].peer: the address 198.51.100.1 is in no allowed range");
    incoming.head.peer = "192.0.2.1";
    incoming.head.target = "/webhooks/airbyte/7?token=wrong";
    EXPECT_EQ(refusal(source, incoming), "all[0].equal: query parameter token is not the secret");
}

TEST(all, asks_cheap_members_first) {
    auto const source = authenticator_of(
        source_with(all({check_of(body_mac("x-signature", "")),
                         equal(header_named("x-token"), secret_named("signing")), peer_in({"10.0.0.0/8"})}),
                    {secret_of(long_secret)}));
    EXPECT_EQ(refusal(source, post("{}")), "all[2].peer: the address 192.0.2.7 is in no allowed range");
    auto incoming = post("{}");
    incoming.head.peer = "10.0.0.1";
    EXPECT_EQ(refusal(source, incoming), "all[1].equal: header x-token is missing");
}

TEST(all, reads_no_body_for_its_time_before_the_address_is_an_allowed_one) {
    auto timed = all({check_of(body_mac("x-signature", "")), peer_in({"10.0.0.0/8"})});
    timed.time = time_in(json_at("/at"));
    auto const source = authenticator_of(source_with(timed, {secret_of(long_secret)}));
    auto incoming = post("no JSON");
    EXPECT_EQ(refusal(source, incoming), "all[1].peer: the address 192.0.2.7 is in no allowed range");
    incoming.head.peer = "10.0.0.1";
    EXPECT_THAT(refusal(source, incoming), HasSubstr("the body is not JSON")) << "before any signature";
}

TEST(json_members, are_not_looked_for_in_a_body_that_is_nested_too_deep) {
    auto described = source_with(equal(json_at("/token"), secret_named("signing")), {secret_of(long_secret)});
    auto const said = [&](std::size_t depth) {
        auto const deep = std::string(depth - 1, '[') + std::string(depth - 1, ']');
        return refusal(authenticator_of(described),
                       post(R"({"token":")" + std::string{long_secret} + R"(","x":)" + deep + "}"));
    };
    EXPECT_EQ(said(64), "accepted");
    EXPECT_THAT(said(65), HasSubstr("nested deeper than 64"));
    described.limits.json_depth_max = 65;
    EXPECT_EQ(said(65), "accepted");
    EXPECT_THAT(said(66), HasSubstr("nested deeper than 65"));
}

TEST(any, takes_the_branch_that_holds) {
    auto const source = authenticator_of(source_with(
        any({check_of(body_mac("x-one", "")), check_of(body_mac("x-two", ""))}), {secret_of(long_secret)}));
    EXPECT_EQ(refusal(source, post("b", {{"x-one", signed_hex("b")}})), "accepted");
    EXPECT_EQ(refusal(source, post("b", {{"x-two", signed_hex("b")}})), "accepted");
    EXPECT_EQ(refusal(source, post("b", {{"x-two", signed_hex("c")}})),
              "any[0].mac: header x-one is missing; any[1].mac: the signature does not match");
}

TEST(any, a_guard_chooses_a_branch_and_never_admits) {
    auto only_get = check_of(body_mac("x-signature", ""));
    only_get.when = guard{};
    only_get.when->methods = {"GET"};
    auto const source = authenticator_of(source_with(any({only_get}), {secret_of(long_secret)}));
    auto incoming = post("b", {{"x-signature", signed_hex("b")}});
    EXPECT_EQ(refusal(source, incoming), "any: no branch is meant for such a request");
    incoming.head.method = "GET";
    EXPECT_EQ(refusal(source, incoming), "accepted");
    incoming.head.fields.clear();
    EXPECT_EQ(refusal(source, incoming), "any[0].mac: header x-signature is missing");
}

TEST(guard, looks_at_every_condition) {
    auto guarded = check_of(body_mac("x-signature", ""));
    guarded.when = guard{};
    guarded.when->content_type = "application/json";
    guarded.when->body_empty = false;
    guarded.when->headers = {{"x-kind", "event"}};
    guarded.when->query = {{"mode", "on"}};
    guarded.when->query_has = {"id"};
    guarded.when->json = {{{"/type"}, "0"}};
    auto const source = authenticator_of(source_with(guarded, {secret_of(long_secret)}));
    auto const whole = [] {
        std::string const bytes = R"({"type":0})";
        auto made = post(bytes, {{"x-signature", signed_hex(bytes)},
                                 {"content-type", "Application/JSON ; charset=utf-8"},
                                 {"x-kind", "event"}});
        made.head.target = "/x?mode=on&id=7";
        return made;
    };
    EXPECT_EQ(refusal(source, whole()), "accepted");
    auto const refused = "mac: its condition does not hold";
    auto one = whole();
    one.head.fields[1].value = "text/plain";
    EXPECT_EQ(refusal(source, one), refused);
    one = whole();
    one.head.fields[2].value = "events";
    EXPECT_EQ(refusal(source, one), refused);
    for (auto const* target : {"/x?mode=off&id=7", "/x?mode=on", "/x?mode=on&mode=on&id=7",
                               "/x?mode=on&id=", "/x?mode=%zz&id=1"}) {
        one = whole();
        one.head.target = target;
        EXPECT_EQ(refusal(source, one), refused) << target;
    }
    for (auto const* bytes :
         {R"({"type":1})", R"({"type":"00"})", "{}", "", "no json", R"({"type":0,"type":0})"}) {
        one = whole();
        one.body = bytes;
        EXPECT_EQ(refusal(source, one), refused) << bytes;
    }
}

// Adyen's shape: each item is signed, over some of its members.
settings adyen() {
    mac_check mac;
    join_content joined;
    joined.separator = ":";
    joined.items.push_back({json_of_item("/item/reference"), {}});
    joined.items.push_back({json_of_item("/item/original"), ""});
    joined.items.push_back({json_of_item("/item/success"), {}});
    mac.signs = std::move(joined);
    mac.signature.from = json_of_item("/item/signature");
    each_check each;
    each.in.pointer = "/items";
    each.item = std::make_shared<check const>(check_of(std::move(mac)));
    return source_with({std::move(each), {}, {}, {}}, {secret_of(long_secret)});
}

std::string item(std::string const& reference, std::string const& signature) {
    return R"({"item":{"reference":")" + reference + R"(","success":true,"signature":")" + signature +
           R"("}})";
}

TEST(each, accepts_when_every_item_passes) {
    auto const source = authenticator_of(adyen());
    auto const one = item("A1", signed_hex("A1::true"));
    auto const two = item("B2", signed_hex("B2::true"));
    auto const judged = verify(source, post(R"({"items":[)" + one + "," + two + "]}"));
    ASSERT_TRUE(judged) << judged.error().message;
    EXPECT_EQ(judged->sender.verified_by, "mac");
    EXPECT_EQ(judged->sender.key_id, "signing#0");
    EXPECT_EQ(judged->sender.covers, coverage::partial);
}

TEST(each, refuses_the_whole_request_for_one_bad_item) {
    auto const source = authenticator_of(adyen());
    auto const good = item("A1", signed_hex("A1::true"));
    auto const bad = item("B2", signed_hex("A1::true"));
    auto const said = [&](std::string const& body) { return refusal(source, post(body)); };
    EXPECT_EQ(said(R"({"items":[)" + good + "," + bad + "]}"),
              "item 1: each.mac: the signature does not match");
    EXPECT_EQ(said(R"({"items":[)" + bad + "," + good + "]}"),
              "item 0: each.mac: the signature does not match");
    auto const none = "each: JSON member /items is no array with something in it";
    EXPECT_EQ(said(R"({"items":[]})"), none);
    EXPECT_EQ(said(R"({"items":{}})"), none);
    EXPECT_EQ(said(R"({})"), none);
    EXPECT_TRUE(said("").starts_with("the body is not JSON"));
    EXPECT_EQ(said(R"({"items":[7]})"), "item 0: each.mac: JSON member /item/signature is missing");
    // A name that stands twice: this reader would take the one, the workflow's the other.
    auto const twice = R"({"items":[{"item":{"reference":"Z","reference":"A1","success":true,"signature":")" +
                       signed_hex("A1::true") + R"("}}]})";
    EXPECT_TRUE(said(twice).ends_with("goes through a name that stands twice")) << said(twice);
}

TEST(each, looks_at_a_thousand_items_or_as_many_as_configured_and_refuses_one_more) {
    auto described = adyen();
    auto const said = [&](std::size_t count) {
        auto const one = item("A1", signed_hex("A1::true"));
        std::string items = one;
        for (std::size_t i = 1; i < count; ++i) items += "," + one;
        return refusal(authenticator_of(described), post(R"({"items":[)" + items + "]}"));
    };
    EXPECT_EQ(said(1000), "accepted");
    EXPECT_EQ(said(1001), "each: more than 1000 items");
    described.limits.each_items_max = 2;
    EXPECT_EQ(said(2), "accepted");
    EXPECT_EQ(said(3), "each: more than 2 items");
}

TEST(each, reads_items_as_deep_as_the_source_allows) {
    auto described = adyen();
    auto const said = [&](std::size_t depth) {
        auto const deep = std::string(depth - 3, '[') + std::string(depth - 3, ']');
        auto const one = item("A1", signed_hex("A1::true"));
        auto const with_more = one.substr(0, one.size() - 1) + R"(,"x":)" + deep + "}";
        return refusal(authenticator_of(described), post(R"({"items":[)" + with_more + "]}"));
    };
    EXPECT_EQ(said(64), "accepted");
    EXPECT_THAT(said(65), HasSubstr("nested deeper than 64"));
    described.limits.json_depth_max = 90;
    EXPECT_EQ(said(90), "accepted");
    EXPECT_THAT(said(91), HasSubstr("nested deeper than 90"));
}

TEST(batches, with_more_items_than_are_looked_at_have_no_id) {
    auto described = token_source();
    described.delivery.each = id_each{json_path{""}, json_of_item("/id")};
    auto const id_of = [&](std::string const& body_text) {
        auto const incoming = post(body_text, {{"x-gitlab-token", long_secret}});
        return verify(authenticator_of(described), incoming)->sender.delivery_id;
    };
    described.limits.each_items_max = 1;
    EXPECT_EQ(id_of(R"([{"id":"a"}])"), "a");
    EXPECT_EQ(id_of(R"([{"id":"a"},{"id":"b"}])"), "");
    described.limits.each_items_max = 2;
    EXPECT_NE(id_of(R"([{"id":"a"},{"id":"b"}])"), "");
}

// ---- Names of keys

TEST(key_names, are_those_that_are_configured_and_a_verdict_has_those_that_proved_it) {
    auto described = token_source();
    described.verify =
        all({*described.verify, any({check_of(body_mac("x-one", "")), peer_in({"10.0.0.0/8"})})});
    auto const source = authenticator_of(described);
    EXPECT_THAT(source.key_names(), ElementsAre("signing#0", "signing#1"));
    auto incoming =
        post("b", {{"x-gitlab-token", "another-secret-of-some-length"}, {"x-one", signed_hex("b")}});
    EXPECT_THAT(verify(source, incoming)->keys, ElementsAre("signing#1", "signing#0"));
    incoming.head.fields.pop_back();
    incoming.head.peer = "10.0.0.1";
    EXPECT_THAT(verify(source, incoming)->keys, ElementsAre("signing#1"));
    incoming.head.fields.front().value = long_secret;
    incoming.head.fields.push_back({"x-one", signed_hex("b")});
    EXPECT_THAT(verify(source, incoming)->keys, ElementsAre("signing#0")) << "each once";
}

TEST(key_names, are_none_where_no_key_proves_anything) {
    auto const source = authenticator_of(source_with(peer_in({"192.0.2.0/24"})));
    EXPECT_THAT(source.key_names(), IsEmpty());
    EXPECT_THAT(verify(source, post("{}"))->keys, IsEmpty());
}

TEST(once, gives_the_value_to_the_gateway) {
    auto mac = body_mac("x-signature", "");
    mac.signs = values{json_at("/timestamp"), json_at("/token")};
    auto signing = check_of(std::move(mac));
    signing.time = time_in(json_at("/timestamp"));
    signing.once = once_rule{json_at("/token"), std::chrono::seconds{3600}};
    auto const source = authenticator_of(source_with(std::move(signing), {secret_of(long_secret)}));
    auto const judged = verify(source, post(R"({"timestamp":"1700000000","token":"abc"})",
                                            {{"x-signature", signed_hex("1700000000abc")}}));
    ASSERT_TRUE(judged) << judged.error().message;
    EXPECT_EQ(judged->once, std::vector<std::string>{"abc"});
    EXPECT_EQ(judged->sender.covers, coverage::partial);
}

// ---- Facts

TEST(facts_of_a_verdict, leave_out_what_a_request_does_not_say) {
    auto described = token_source();
    described.delivery.id = header_named("x-id");
    described.delivery.event = {{header_named("x-event"), false}, {json_at("/action"), true}};
    auto const source = authenticator_of(described);
    auto const judged = [&](std::string body_text, headers fields) {
        fields.push_back({"x-gitlab-token", long_secret});
        return verify(source, post(std::move(body_text), std::move(fields)))->sender;
    };
    EXPECT_EQ(judged(R"({"action":"open"})", {{"x-event", "issue"}, {"x-id", "7"}}).event_type, "issue.open");
    EXPECT_EQ(judged(R"({"action":"open"})", {{"x-event", "issue"}, {"x-id", "7"}}).delivery_id, "7");
    EXPECT_EQ(judged("not json", {{"x-event", "issue"}}).event_type, "issue");
    EXPECT_EQ(judged("not json", {{"x-event", "issue"}}).delivery_id, "");
    EXPECT_EQ(judged(R"({"action":"open"})", {}).event_type, "");
    EXPECT_EQ(judged("{}", {{"x-id", "7"}, {"x-id", "8"}}).delivery_id, "");
    EXPECT_EQ(judged("{}", {{"x-id", std::string(1024, 'a')}}).delivery_id.size(), 1024U);
    EXPECT_EQ(judged("{}", {{"x-id", std::string(1025, 'a')}}).delivery_id, "");
    EXPECT_EQ(judged("{}", {{"x-event", std::string(257, 'a')}}).event_type, "");
}

TEST(facts_of_a_verdict, that_the_request_itself_says_are_known_of_one_that_is_taken_as_genuine) {
    auto described = token_source();
    described.delivery.id = header_named("x-id");
    described.delivery.event = {{header_named("x-event"), false}, {json_at("/action"), true}};
    auto const source = authenticator_of(described);
    auto const unproven = post(R"({"action":"open"})", {{"x-event", "issue"}, {"x-id", "7"}});
    EXPECT_FALSE(verify(source, unproven));
    auto const sender = source.taken_as_genuine(unproven);
    EXPECT_EQ(sender.event_type, "issue.open");
    EXPECT_EQ(sender.delivery_id, "7");
    EXPECT_EQ(sender.verified_by, "nothing");
    EXPECT_EQ(sender.subject, "");
}

TEST(facts_of_a_verdict, of_an_unsigned_request_digest_what_was_sent) {
    auto const source = authenticator_of(token_source());
    headers const token{{"x-gitlab-token", long_secret}};
    auto const one = post("a", token);
    auto const two = post("b", token);
    EXPECT_NE(verify(source, one)->content.digest(), verify(source, two)->content.digest());
    EXPECT_EQ(verify(source, one)->content.digest(), verify(source, one)->content.digest());
}

}  // namespace
}  // namespace headgate::auth
