#include "auth/authenticator.hpp"
#include "auth/crypto.hpp"
#include "auth/encoding.hpp"
#include "core/encoding.hpp"
#include "tests/support/senders.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

// What an operator reads about a signature that does not match.

namespace headgate::auth {
namespace {

using namespace testing_support;

// 24 bytes, as Standard Webhooks publishes them.
constexpr auto written_key = "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

std::string hex_with(std::string_view key, std::string_view bytes) {
    return encode(mac_key{mac_algorithm::hmac_sha256, key}.compute(bytes).view(), text_form::hex);
}

std::vector<finding> explain(settings const& source, request const& incoming) {
    return authenticator_of(source).explain(incoming, {}, second(1'700'000'000));
}

// The remedy beside the verdict.
std::string hint(secret_shape shape, std::string secret_text, request incoming,
                 std::string const& signature) {
    auto mac = body_mac("x-signature", "");
    mac.key = std::move(shape);
    auto const source = source_with(check_of(std::move(mac)), {secret_of(std::move(secret_text))});
    incoming.head.fields.push_back({"x-signature", signature});
    return explain(source, incoming).back().remedy;
}

TEST(explanation, names_a_wrong_secret_encoding) {
    secret_shape const as_text;
    auto as_base64 = as_text;
    as_base64.strip = "whsec_";
    as_base64.encoding = key_encoding::b64;
    auto const decoded = *decode_base64(written_key, base64_alphabet::standard);
    EXPECT_EQ(hint(as_text, written_key, post("b"), hex_with(decoded, "b")),
              "it would match if: secret signing#0 must be decoded from base64");
    EXPECT_EQ(hint(as_base64, written_key, post("b"), hex_with(written_key, "b")),
              "it would match if: secret signing#0 is the sender's key as text, not decoded");
    EXPECT_EQ(hint(as_base64, std::string{"whsec_"} + written_key, post("b"),
                   hex_with(std::string{"whsec_"} + written_key, "b")),
              "it would match if: secret signing#0 is the sender's key as text, with its prefix");
    EXPECT_EQ(hint(as_text, "00112233445566778899aabbccddeeff", post("b"), hex_with("\x11\x22\x33", "other")),
              "none of the usual mistakes explains it: most likely another secret");
    EXPECT_EQ(hint(as_text, std::string{written_key} + "\n", post("b"), hex_with(written_key, "b")),
              "it would match if: secret signing#0 has a blank or a line end after it");
}

TEST(explanation, names_a_body_that_was_changed_on_the_way) {
    secret_shape const as_text;
    auto const said = [&](std::string sent, std::string_view original) {
        return hint(as_text, written_key, post(std::move(sent)), hex_with(written_key, original));
    };
    EXPECT_EQ(
        said(R"({ "a": 1.0 })", R"({"a":1.0})"),
        "it would match if: the body was parsed and written anew on the way: sign and send the same bytes");
    EXPECT_EQ(
        said("{\"a\":1}", "{\n  \"a\": 1\n}"),
        "it would match if: the body was parsed and written anew on the way: sign and send the same bytes");
    EXPECT_EQ(said("a=1", "a=1\n"),
              "it would match if: a line feed at the end of the body got lost on the way (curl: use "
              "--data-binary)");
    EXPECT_EQ(said("a=1\n", "a=1"),
              "it would match if: a line end was added to the body on the way (curl: use --data-binary)");
    EXPECT_EQ(said("a\r\nb", "a\nb"), "it would match if: the line ends of the body were changed on the way");
}

TEST(explanation, names_two_mistakes_at_once) {
    secret_shape const as_text;
    auto const decoded = *decode_base64(written_key, base64_alphabet::standard);
    EXPECT_EQ(hint(as_text, written_key, post("a\n"), hex_with(decoded, "a")),
              "it would match if: secret signing#0 must be decoded from base64, and a line end was added to "
              "the body "
              "on the way (curl: use --data-binary)");
}

TEST(explanation, names_the_url_that_the_sender_used) {
    auto mac = body_mac("x-signature", "");
    mac.signs = values{{url_value{}}};
    auto source = source_with(check_of(std::move(mac)), {secret_of(written_key)});
    source.public_url = "https://internal.example";
    auto const incoming =
        post("", {{"host", "hooks.example.com"},
                  {"x-signature", hex_with(written_key, "https://hooks.example.com/webhooks/sender")}});
    EXPECT_EQ(explain(source, incoming).back().remedy,
              "it would match if: the sender signed https://hooks.example.com and not public_url "
              "https://internal.example");
}

TEST(explanation, names_a_secret_that_has_expired) {
    auto source =
        source_with(check_of(body_mac("x-signature", "")),
                    {secret_of(written_key, second(1'600'000'000)), secret_of("another-secret-of-length")});
    EXPECT_EQ(explain(source, post("b", {{"x-signature", hex_with(written_key, "b")}})).back().remedy,
              "secret signing#0 made it, and has expired");
}

TEST(explanation, shows_each_step_and_no_secret) {
    auto source = source_with(all({check_of(body_mac("x-signature", "")), peer_in({"192.0.2.0/24"})}),
                              {secret_of(written_key)});
    auto const findings = explain(source, post("abc", {{"x-signature", hex_with(written_key, "abc")}}));
    std::string whole;
    for (auto const& one : findings) {
        whole += one.check + " | " + one.step + " | " + (one.held ? "yes" : "no") + " | " + one.said + "\n";
    }
    // printf abc | sha256sum
    EXPECT_EQ(whole,
              "all[1].peer | address | yes | 192.0.2.7 is in an allowed range\n"
              "all[0].mac | signature | yes | header x-signature has 1 to try\n"
              "all[0].mac | content | yes | 3 bytes are signed, SHA-256 "
              "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\n"
              "all[0].mac | compare | yes | the signature matches secret signing#0\n"
              "verify | verdict | yes | accepted: mac+peer\n");
}

TEST(explanation, of_a_missing_header_says_which) {
    auto const source = source_with(check_of(body_mac("x-signature", "")), {secret_of(written_key)});
    auto const last = explain(source, post("abc")).back();
    EXPECT_FALSE(last.held);
    EXPECT_EQ(last.said, "mac: header x-signature is missing");
    EXPECT_FALSE(last.remedy.empty());
}

}  // namespace
}  // namespace headgate::auth
