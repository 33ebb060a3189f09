#include "auth/authenticator.hpp"
#include "auth/crypto.hpp"
#include "auth/encoding.hpp"
#include "core/encoding.hpp"
#include "tests/support/senders.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <string>
#include <vector>

// The checks that sign, against values that senders publish.

namespace headgate::auth {
namespace {

using namespace testing_support;

// docs.github.com, "Validating webhook deliveries", "Testing the webhook payload validation":
//   printf 'Hello, World!' | openssl dgst -sha256 -hmac "It's a Secret to Everybody"
constexpr auto github_secret = "It's a Secret to Everybody";
constexpr auto github_signature = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";

settings github() {
    auto source =
        source_with(check_of(body_mac("x-hub-signature-256", "sha256=")), {secret_of(github_secret)});
    source.delivery.id = header_named("x-github-delivery");
    source.delivery.event.push_back({header_named("x-github-event"), false});
    source.delivery.event.push_back({json_at("/action"), true});
    return source;
}

request github_request() {
    return post("Hello, World!", {{"x-hub-signature-256", github_signature},
                                  {"x-github-event", "ping"},
                                  {"x-github-delivery", "72d3162e-cc78-11e3-81ab-4c9367dc0958"}});
}

// standard-webhooks specification, section "Verifying signatures", and the tests of its libraries:
//   printf 'msg_p5jXN8AQM9LWM0D4loKWxJek.1614265330.{"test": 2432232314}' |
//     openssl dgst -sha256 -mac hmac -macopt hexkey:$(printf MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw | base64 -d |
//     xxd -p) -binary | base64
settings standard_webhooks() {
    mac_check mac;
    mac.key.strip = "whsec_";
    mac.key.encoding = key_encoding::b64;
    mac.key.bytes_min = 24;
    mac.signs = values{header_named("webhook-id"), constant("."), header_named("webhook-timestamp"),
                       constant("."), body()};
    mac.signature.from = header_named("webhook-signature");
    mac.signature.list = " ";
    mac.signature.pair = ",";
    mac.signature.take = "v1";
    mac.signature.decode = signature_encoding::b64;
    auto signing = check_of(std::move(mac));
    signing.time = time_in(header_named("webhook-timestamp"));
    auto source = source_with(std::move(signing), {secret_of("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")});
    source.delivery.id = header_named("webhook-id");
    source.delivery.id_signed = true;
    source.delivery.event.push_back({json_at("/type"), false});
    return source;
}

request standard_webhooks_request() {
    return post(R"({"test": 2432232314})",
                {{"webhook-id", "msg_p5jXN8AQM9LWM0D4loKWxJek"},
                 {"webhook-timestamp", "1614265330"},
                 {"webhook-signature", "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="}});
}

// api.slack.com, "Verifying requests from Slack", the worked example:
//   printf 'v0:1531420618:%s' "$body" | openssl dgst -sha256 -hmac 8f742231b10e8888abcd99yyyzzz85a5
settings slack() {
    auto mac = body_mac("x-slack-signature", "v0=");
    mac.signs = values{constant("v0:"), header_named("x-slack-request-timestamp"), constant(":"), body()};
    auto signing = check_of(std::move(mac));
    signing.time = time_in(header_named("x-slack-request-timestamp"));
    return source_with(std::move(signing), {secret_of("8f742231b10e8888abcd99yyyzzz85a5")});
}

request slack_request() {
    return post(
        "token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V"
        "&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text="
        "&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F"
        "96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c",
        {{"x-slack-request-timestamp", "1531420618"},
         {"x-slack-signature", "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503"}});
}

// stripe.com, "Verify the signature manually": v1 is the HMAC of t.body with the whole secret as text:
//   printf '1492774577.{"id":"evt_1","type":"charge.succeeded"}' |
//     openssl dgst -sha256 -hmac whsec_0123456789abcdef0123456789abcdef
constexpr auto stripe_signature = "e00cb1409ce210b696887b85bc801cb865140fe47bb526ea4aee4ca22cfc1b4c";

settings stripe() {
    auto mac = body_mac("stripe-signature", "");
    mac.signs = values{{part_value{"t"}}, constant("."), body()};
    mac.signature.list = ",";
    mac.signature.pair = "=";
    mac.signature.take = "v1";
    mac.signature.parts = {"t"};
    auto signing = check_of(std::move(mac));
    signing.time = time_in({part_value{"t"}});
    auto source = source_with(std::move(signing), {secret_of("whsec_0123456789abcdef0123456789abcdef")});
    source.delivery.id = json_at("/id");
    source.delivery.id_signed = true;
    source.delivery.event.push_back({json_at("/type"), false});
    return source;
}

request stripe_request() {
    return post(R"({"id":"evt_1","type":"charge.succeeded"})",
                {{"stripe-signature",
                  std::string{"t=1492774577,v1="} + stripe_signature + ",v0=" + std::string(64, '0')}});
}

TEST(mac, accepts_githubs_documented_example) {
    auto const judged = verify(authenticator_of(github()), github_request());
    ASSERT_TRUE(judged) << judged.error().message;
    EXPECT_EQ(judged->sender.verified_by, "mac");
    EXPECT_EQ(judged->sender.key_id, "signing#0");
    EXPECT_EQ(judged->sender.covers, coverage::full);
    EXPECT_EQ(judged->sender.delivery_id, "72d3162e-cc78-11e3-81ab-4c9367dc0958");
    EXPECT_FALSE(judged->sender.delivery_id_signed);
    EXPECT_FALSE(judged->sender.signed_time);
    EXPECT_EQ(judged->sender.event_type, "ping");
    EXPECT_TRUE(judged->once.empty());
}

TEST(mac, accepts_the_published_vector_of_standard_webhooks) {
    auto const judged =
        verify(authenticator_of(standard_webhooks()), standard_webhooks_request(), second(1614265330));
    ASSERT_TRUE(judged) << judged.error().message;
    EXPECT_EQ(judged->sender.delivery_id, "msg_p5jXN8AQM9LWM0D4loKWxJek");
    EXPECT_TRUE(judged->sender.delivery_id_signed);
    EXPECT_EQ(judged->sender.signed_time, second(1614265330));
    EXPECT_EQ(judged->sender.event_type, "");
}

TEST(mac, accepts_slacks_documented_example) {
    auto const judged = verify(authenticator_of(slack()), slack_request(), second(1531420618));
    EXPECT_TRUE(judged) << judged.error().message;
}

TEST(mac, accepts_a_stripe_signature_made_by_openssl) {
    auto const judged = verify(authenticator_of(stripe()), stripe_request(), second(1492774577));
    ASSERT_TRUE(judged) << judged.error().message;
    EXPECT_EQ(judged->sender.delivery_id, "evt_1");
    EXPECT_EQ(judged->sender.event_type, "charge.succeeded");
    EXPECT_EQ(judged->sender.signed_time, second(1492774577));
}

struct change {
    std::function<void(request&)> makes;
    std::string said;
};

std::string& field(request& of, std::string_view name) {
    return std::ranges::find(of.head.fields, name, &header::name)->value;
}

TEST(mac, refuses_every_change_of_a_github_request) {
    auto const source = authenticator_of(github());
    auto const header = "header x-hub-signature-256";
    std::vector<change> const changes{
        {[](request& r) { r.body[0] = 'h'; }, "mac: the signature does not match"},
        {[](request& r) { r.body += '\n'; }, "mac: the signature does not match"},
        {[](request& r) { r.body.clear(); }, "mac: the signature does not match"},
        {[](request& r) { r.body.pop_back(); }, "mac: the signature does not match"},
        {[&](request& r) { field(r, "x-hub-signature-256").back() = '8'; },
         "mac: the signature does not match"},
        {[](request& r) { r.head.fields.erase(r.head.fields.begin()); },
         std::string{"mac: "} + header + " is missing"},
        {[](request& r) { field(r, "x-hub-signature-256").clear(); },
         std::string{"mac: "} + header + " is missing"},
        {[](request& r) { r.head.fields.push_back(r.head.fields.front()); },
         std::string{"mac: "} + header + " stands 2 times"},
        {[](request& r) {
             r.head.fields.insert(r.head.fields.begin(), {"x-hub-signature-256", "sha256=00"});
         },
         std::string{"mac: "} + header + " stands 2 times"},
        {[](request& r) { field(r, "x-hub-signature-256").pop_back(); },
         std::string{"mac: "} + header + ": the signature is not lower-case hex"},
        {[](request& r) { field(r, "x-hub-signature-256") = "sha256="; },
         std::string{"mac: "} + header + ": the signature has 0 bytes, not 32"},
        {[](request& r) { field(r, "x-hub-signature-256") = "sha256=7571"; },
         std::string{"mac: "} + header + ": the signature has 2 bytes, not 32"},
        {[](request& r) { field(r, "x-hub-signature-256").erase(0, 7); },
         std::string{"mac: "} + header + ": the signature does not begin with \"sha256=\""},
        {[](request& r) { field(r, "x-hub-signature-256") += "00"; },
         std::string{"mac: "} + header + ": the signature has 33 bytes, not 32"},
        {[](request& r) { field(r, "x-hub-signature-256") = std::string(8192 + 1, 'a'); },
         std::string{"mac: "} + header + " is longer than 8192 bytes"},
        // printf 'Hello, World!' | openssl dgst -sha1 -hmac "It's a Secret to Everybody": the weaker twin.
        {[](request& r) {
             r.head.fields.front() = {"x-hub-signature", "sha1=01dc10d0c83e72ed246219cdd91669667fe2ca59"};
         },
         std::string{"mac: "} + header + " is missing"},
    };
    for (auto const& [makes, said] : changes) {
        auto incoming = github_request();
        makes(incoming);
        EXPECT_EQ(refusal(source, incoming), said);
    }
}

TEST(mac, refuses_every_change_of_a_standard_webhook) {
    auto const source = authenticator_of(standard_webhooks());
    auto const now = second(1614265330);
    std::vector<change> const changes{
        {[](request& r) { field(r, "webhook-id") = "msg_2"; }, "mac: the signature does not match"},
        {[](request& r) { field(r, "webhook-timestamp") = "1614265331"; },
         "mac: the signature does not match"},
        {[](request& r) { field(r, "webhook-timestamp") = "+1614265330"; },
         "mac: header webhook-timestamp: the time is not a number in digits"},
        {[](request& r) { field(r, "webhook-timestamp") = "1614265330000"; },
         "mac: header webhook-timestamp: the time has more than 11 digits"},
        {[](request& r) { r.head.fields.erase(r.head.fields.begin()); }, "mac: header webhook-id is missing"},
        {[](request& r) { r.head.fields.push_back({"webhook-id", "msg_p5jXN8AQM9LWM0D4loKWxJek"}); },
         "mac: header webhook-id stands 2 times"},
        {[](request& r) { field(r, "webhook-signature")[1] = '2'; },
         "mac: header webhook-signature: the signature has no item labelled v1"},
        {[](request& r) { field(r, "webhook-signature").insert(2, "a"); },
         "mac: header webhook-signature: the signature has no item labelled v1"},
        {[](request& r) { field(r, "webhook-signature").pop_back(); },
         "mac: header webhook-signature: the signature is not canonical base64"},
    };
    for (auto const& [makes, said] : changes) {
        auto incoming = standard_webhooks_request();
        makes(incoming);
        auto const refused = refusal(source, incoming, now);
        if (said.ends_with("labelled v1")) {
            EXPECT_TRUE(refused.starts_with("mac: header webhook-signature: ")) << refused;
        } else {
            EXPECT_EQ(refused, said);
        }
    }
}

TEST(mac, accepts_a_signature_anywhere_in_the_list) {
    auto const source = authenticator_of(standard_webhooks());
    auto incoming = standard_webhooks_request();
    auto& signature = field(incoming, "webhook-signature");
    auto const wrong = "v1,AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
    signature = std::string{wrong} + " v1a,abc " + signature + " " + wrong;
    EXPECT_EQ(refusal(source, incoming, second(1614265330)), "accepted");
}

TEST(mac, holds_the_time_window_at_both_ends) {
    auto const source = authenticator_of(standard_webhooks());
    auto const incoming = standard_webhooks_request();
    auto const at = [&](std::int64_t offset) {
        return refusal(source, incoming, second(1614265330 + offset));
    };
    EXPECT_EQ(at(300), "accepted");
    EXPECT_EQ(at(-300), "accepted");
    EXPECT_EQ(at(301),
              "mac: header webhook-timestamp: the signed time is 301 s in the past, 300 s are allowed");
    EXPECT_EQ(at(-301),
              "mac: header webhook-timestamp: the signed time is 301 s in the future, 300 s are allowed");
}

TEST(mac, tries_each_active_secret_and_names_the_one_that_matched) {
    auto described = github();
    described.secrets["signing"] = {secret_of("an-older-secret-of-some-length"), secret_of(github_secret)};
    auto judged = verify(authenticator_of(described), github_request());
    ASSERT_TRUE(judged);
    EXPECT_EQ(judged->sender.key_id, "signing#1");

    described.secrets["signing"][1].label = "signing#new";
    judged = verify(authenticator_of(described), github_request());
    EXPECT_EQ(judged->sender.key_id, "signing#new");
}

TEST(mac, does_not_try_a_secret_from_its_until_on) {
    auto described = github();
    described.secrets["signing"] = {secret_of(github_secret, second(1'700'000'000)),
                                    secret_of("the-newer-secret-of-some-length")};
    auto const source = authenticator_of(described);
    EXPECT_EQ(refusal(source, github_request(), second(1'699'999'999)), "accepted");
    EXPECT_EQ(refusal(source, github_request(), second(1'700'000'000)), "mac: the signature does not match");

    described.secrets["signing"].pop_back();
    EXPECT_EQ(refusal(authenticator_of(described), github_request(), second(1'700'000'000)),
              "mac: every secret named signing has expired");
}

TEST(mac, of_two_names_for_one_header_both_must_agree) {
    auto described = github();
    auto& mac = std::get<mac_check>(described.verify->is);
    mac.signature.from = {header_value{{"x-hub-signature-256", "hub-signature-256"}, {}, {}}};
    auto const source = authenticator_of(described);

    auto incoming = github_request();
    EXPECT_EQ(refusal(source, incoming), "accepted");
    incoming.head.fields.push_back({"hub-signature-256", github_signature});
    EXPECT_EQ(refusal(source, incoming), "accepted");
    incoming.head.fields.back().value.back() = '8';
    EXPECT_EQ(refusal(source, incoming), "mac: headers x-hub-signature-256 and hub-signature-256 disagree");
    incoming.head.fields.erase(incoming.head.fields.begin());
    EXPECT_EQ(refusal(source, incoming), "mac: the signature does not match");
}

TEST(signed_content, is_the_same_when_only_the_time_differs) {
    // printf '1492774637.{"id":"evt_1","type":"charge.succeeded"}' |
    //   openssl dgst -sha256 -hmac whsec_0123456789abcdef0123456789abcdef
    auto const source = authenticator_of(stripe());
    auto const first = stripe_request();
    auto again = stripe_request();
    field(again, "stripe-signature") =
        "t=1492774637,v1=a6040cb8f1361b40abf460da2c8bf7c99fc87c3c0bdc7c091077efe79ec0551e";
    auto const a = verify(source, first, second(1492774577));
    auto const b = verify(source, again, second(1492774637));
    ASSERT_TRUE(a && b);
    EXPECT_EQ(a->content.digest(), b->content.digest());
}

// The same of a template and of lines.
TEST(signed_content, is_without_the_time_however_it_is_signed) {
    join_content joined;
    joined.separator = ":";
    joined.items = {{header_named("x-time"), {}}, {header_named("x-none"), std::string{}}, {body(), {}}};
    lines_content lines;
    lines.lists[""] = {{"id"}, {"none", true}, {"time"}};
    auto const digest_at = [](content const& signs, value const& time, std::string const& at) {
        mac_check mac;
        mac.signs = signs;
        mac.signature.from = header_named("x-signature");
        check whole{std::move(mac), {}, {}, {}};
        whole.time = time_in(time);
        auto const source = authenticator_of(source_with(std::move(whole), {secret_of("0123456789abcdef")}));
        auto incoming = post(R"({"id":"7","time":")" + at + R"("})", {{"x-time", at}});
        auto const text = std::holds_alternative<lines_content>(signs) ? "id\n7\ntime\n" + at + "\n"
                                                                       : at + "::" + (incoming.body = "{}");
        mac_key const key{mac_algorithm::hmac_sha256, "0123456789abcdef"};
        incoming.head.fields.push_back({"x-signature", to_hex(key.compute(text).view())});
        auto const judged = verify(source, incoming, second(1'767'225'600));
        EXPECT_TRUE(judged) << judged.error().message;
        return judged ? to_hex(judged->content.digest()) : at;
    };
    EXPECT_EQ(digest_at(joined, header_named("x-time"), "1767225600"),
              digest_at(joined, header_named("x-time"), "1767225700"));
    EXPECT_EQ(digest_at(lines, json_at("/time"), "1767225600"),
              digest_at(lines, json_at("/time"), "1767225700"));
}

TEST(signed_content, differs_with_the_body) {
    auto described = github();
    auto const source = authenticator_of(described);
    auto const first = github_request();
    auto other = github_request();
    other.body = "Hello, World?";
    // printf 'Hello, World?' | openssl dgst -sha256 -hmac "It's a Secret to Everybody"
    field(other, "x-hub-signature-256") =
        "sha256=319468fd7ae6faec323482b683bcff145fe8b1fc66e17a0bc724cf6d0de2f22f";
    auto const a = verify(source, first);
    auto const b = verify(source, other);
    ASSERT_TRUE(a && b);
    EXPECT_NE(a->content.digest(), b->content.digest());
}

// RFC 4231, test case 2; RFC 2202, test case 2 for SHA-1.
TEST(mac_key, computes_the_vectors_of_the_rfcs) {
    auto const code = [](mac_algorithm algorithm) {
        auto const made = mac_key{algorithm, "Jefe"}.compute("what do ya want for nothing?");
        EXPECT_EQ(made.view().size(), output_bytes(algorithm));
        return encode(made.view(), text_form::hex);
    };
    EXPECT_EQ(code(mac_algorithm::hmac_sha1), "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79");
    EXPECT_EQ(code(mac_algorithm::hmac_sha256),
              "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    EXPECT_EQ(code(mac_algorithm::hmac_sha384),
              "af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e"
              "8e2240ca5e69e2c78b3239ecfab21649");
    EXPECT_EQ(code(mac_algorithm::hmac_sha512),
              "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea250554"
              "9758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737");
    // printf 'Jefewhat do ya want for nothing?' | sha256sum
    EXPECT_EQ(code(mac_algorithm::sha256_prefix),
              "689a1a0fa183259e022c4d77a4eb0810a94e9090d132c5f8732ccce2b36e3621");
}

TEST(mac_key, takes_its_content_in_pieces) {
    std::vector<text> pieces;
    pieces.emplace_back(std::string_view{"what do ya "});
    pieces.emplace_back(std::string_view{});
    pieces.emplace_back(std::string{"want for nothing?"});
    EXPECT_EQ(encode(mac_key(mac_algorithm::hmac_sha256, "Jefe").compute(pieces).view(), text_form::hex),
              "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

TEST(digests, are_those_of_the_standards) {
    // FIPS 180-4's "abc"; the check value of CRC-32/ISO-HDLC for "123456789" is cbf43926.
    EXPECT_EQ(digest_text("abc", hash_name::sha256, text_form::hex),
              "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    EXPECT_EQ(digest_text("abc", hash_name::sha1, text_form::hex),
              "a9993e364706816aba3e25717850c26c9cd0d89d");
    EXPECT_EQ(digest_text("123456789", hash_name::crc32, text_form::hex), "cbf43926");
    EXPECT_EQ(digest_text("123456789", hash_name::crc32, text_form::dec), "3421780262");
}

TEST(burn_time, takes_any_body) {
    burn_time("");
    burn_time(std::string(100'000, 'x'));
}

}  // namespace
}  // namespace headgate::auth
