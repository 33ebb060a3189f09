#include "auth/authenticator.hpp"
#include "auth/crypto.hpp"
#include "auth/encoding.hpp"
#include "core/encoding.hpp"
#include "json/parse.hpp"
#include "json/write.hpp"
#include "tests/support/senders.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <string>
#include <utility>
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
    EXPECT_EQ(hint(as_text, written_key, post("b"), hex_with(std::string{written_key} + "\n", "b")),
              "it would match if: the sender's secret has a line end after it, and signing#0 has not");
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

// What frameworks make of a body: Python's json.dumps, its ensure_ascii, PHP's json_encode.
TEST(explanation, knows_how_frameworks_write_json) {
    secret_shape const as_text;
    for (auto const* const original :
         {R"({"a": [1, 2], "b": "x, y: \"z\""})", R"({"a":"caf\u00e9 \ud83d\ude00"})",
          R"({"a": "caf\u00e9"})", R"({"a":"\/b\/\u00e9"})", R"({"a":"é"})"}) {
        json::arena where;
        auto const anew = json::write_indented(json::parse(original, where)->root) + " ";
        EXPECT_EQ(hint(as_text, written_key, post(anew), hex_with(written_key, original)),
                  "it would match if: the body was parsed and written anew on the way: sign and send the "
                  "same bytes")
            << original;
    }
}

TEST(explanation, names_a_body_that_is_not_the_senders) {
    secret_shape const as_text;
    EXPECT_EQ(hint(as_text, written_key, post("b"), hex_with(written_key, "")),
              "it would match if: the sender signed no body at all: is this its request?");
    EXPECT_EQ(hint(as_text, written_key, post("\xEF\xBB\xBF{}"), hex_with(written_key, "{}")),
              "it would match if: a byte order mark was put before the body on the way");
    EXPECT_EQ(hint(as_text, '"' + std::string{written_key} + '"', post("b"), hex_with(written_key, "b")),
              "it would match if: secret signing#0 stands in quotes that do not belong to it");
}

// Each: what stands in the header where "sha256=" and 64 hex digits are expected, and what the operator
// reads.
TEST(explanation, says_what_a_malformed_signature_looks_like) {
    auto mac = body_mac("x-signature", "sha256=");
    auto const source = source_with(check_of(std::move(mac)), {secret_of(written_key)});
    auto const hex = hex_with(written_key, "b");
    auto const base64 = encode(*decode_hex(hex, hex_case::lower), text_form::b64);
    auto upper = hex;
    for (auto& c : upper) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    for (auto const& [sent, said] : std::vector<std::pair<std::string, std::string>>{
             {hex, "it is the digest alone: the sender, or a proxy, leaves out \"sha256=\""},
             {"sha256=" + base64, "it is written in base64"},
             {"sha256=" + upper, "it is written in upper case: decode: hex-any-case takes that"},
             {"v1=" + hex,
              "\"v1=\" stands before the digest: is it another sender's scheme, or an older one?"},
             {"sha256=" + hex.substr(0, 40),
              "it has 20 bytes, as SHA-1 has: is this the sender's older signature?"},
             {"sha256=" + hex + hex, "it has 64 bytes, as SHA-512 has"},
             {"sha256=\"" + hex + "\"", "it has quotes or blanks in it"}}) {
        EXPECT_EQ(explain(source, post("b", {{"x-signature", sent}})).back().remedy, said) << sent;
    }
}

// The same where items have labels: "id.body" in base64 is expected after "v1,".
TEST(explanation, says_what_a_labelled_signature_looks_like_and_what_else_was_signed) {
    mac_check mac;
    mac.signs = values{header_named("x-id"), constant("."), body()};
    mac.signature = {.from = header_named("x-signature"),
                     .list = " ",
                     .pair = ",",
                     .take = "v1",
                     .decode = signature_encoding::b64};
    auto const source = source_with(check_of(std::move(mac)), {secret_of(written_key)});
    auto const said = [&](std::string const& sent) {
        return explain(source, post("b", {{"x-id", "7"}, {"x-signature", sent}})).back().remedy;
    };
    auto const in_base64 = [](std::string_view bytes) {
        return encode(*decode_hex(hex_with(written_key, bytes), hex_case::lower), text_form::b64);
    };
    auto url_safe = in_base64("7.b");
    std::ranges::replace(url_safe, '+', '-');
    std::ranges::replace(url_safe, '/', '_');
    EXPECT_EQ(said(in_base64("7.b")), "it is the digest alone: the sender, or a proxy, leaves out \"v1,\"");
    EXPECT_EQ(said("v1," + hex_with(written_key, "7.b")), "it is written in hex");
    EXPECT_EQ(said("v1," + url_safe.substr(0, 43)),
              "it is written in base64url, or without padding: see `decode`");
    EXPECT_EQ(
        said("v1," + in_base64("b")),
        "it would match if: the sender signs the body alone: is it another sender, or an older version?");
    EXPECT_EQ(said("v1," + in_base64("7b")),
              "it would match if: the sender puts nothing between what it signs");
}

// What is refused for another reason is not said to be written wrongly: Stripe's form, without its time, and
// with more items than are looked at.
TEST(explanation, says_nothing_of_how_a_signature_is_written_that_is_written_well) {
    mac_check mac;
    mac.signs = values{{part_value{"t"}}, constant("."), body()};
    mac.signature = {
        .from = header_named("x-signature"), .list = ",", .pair = "=", .take = "v1", .parts = {"t"}};
    auto source = source_with(check_of(std::move(mac)), {secret_of(written_key)});
    source.limits.signatures_max = 2;
    auto const item = "v1=" + hex_with(written_key, "7.b");
    auto const last = explain(source, post("b", {{"x-signature", item}})).back();
    EXPECT_EQ(last.said, "mac: header x-signature: the signature has 0 items labelled t, not one");
    EXPECT_EQ(last.remedy, "does the sender sign with this version of its scheme?");
    auto const many = explain(source, post("b", {{"x-signature", item + "," + item + ",t=7"}})).back();
    EXPECT_EQ(many.said, "mac: header x-signature: the signature has more than 2 items");
    EXPECT_EQ(many.remedy, "raise limits.signatures_max of the source if the sender writes so many");
}

TEST(explanation, says_that_a_base64_signature_has_padding_where_none_belongs) {
    auto const source = source_with(check_of(body_mac("x-signature", "", signature_encoding::b64url)),
                                    {secret_of(written_key)});
    auto const sent = encode(*decode_hex(hex_with(written_key, "b"), hex_case::lower), text_form::b64);
    EXPECT_EQ(explain(source, post("b", {{"x-signature", sent}})).back().remedy,
              "it is written in base64 with padding: see `decode`");
}

TEST(explanation, says_that_only_the_time_is_wrong) {
    auto mac = body_mac("x-signature", "");
    mac.signs = values{header_named("x-time"), body()};
    auto source = source_with(check_of(std::move(mac)), {secret_of(written_key)});
    source.verify->time = time_in(header_named("x-time"));
    auto const old = explain(
        source, post("b", {{"x-time", "1699999000"}, {"x-signature", hex_with(written_key, "1699999000b")}}));
    EXPECT_EQ(old.back().said,
              "mac: header x-time: the signed time is 1000 s in the past, 300 s are allowed");
    EXPECT_EQ(old[old.size() - 3].said, "the signature itself is right: only the time is not");
    source.verify->time->unit = time_unit::milliseconds;
    auto const unit = explain(
        source, post("b", {{"x-time", "1700000000"}, {"x-signature", hex_with(written_key, "1700000000b")}}));
    EXPECT_EQ(unit.back().remedy, "the sender writes seconds, and the unit is ms");
}

TEST(explanation, names_the_usual_mistakes_with_tokens) {
    auto const said = [](std::string secret_text, std::string sent) {
        auto const source = source_with(equal(header_named("authorization"), secret_named("signing")),
                                        {secret_of(std::move(secret_text))});
        return explain(source, post("b", {{"authorization", std::move(sent)}})).back().remedy;
    };
    std::string const token = "a-token-of-some-length";
    EXPECT_EQ(said(token + "\n", token), "it would be equal if: the secret has a line end after it");
    EXPECT_EQ(said('"' + token + '"', token),
              "it would be equal if: the secret stands in quotes that do not belong to it");
    EXPECT_EQ(said("Bearer " + token, token),
              "it would be equal if: the secret begins with \"Bearer \", which this check does not compare");
    EXPECT_EQ(said(token, "Bearer " + token),
              "it would be equal if: the sender puts a scheme before the token: compare with scheme: Bearer");
    EXPECT_EQ(said(token, encode(token, text_form::b64)),
              "it would be equal if: the sender writes the token in base64");
    EXPECT_EQ(said(encode(token, text_form::b64), token),
              "it would be equal if: the secret is written in base64; write it as USER:PASSWORD");
    EXPECT_EQ(said(token, "another-token-of-length"), "does the sender use the current one?");
}

TEST(explanation, of_a_key_pair_names_what_happened_to_the_body) {
    // RFC 8032, 7.1, test 2: the key and the signature of the one byte 72.
    sig_check sig;
    sig.algorithm = signature_algorithm::ed25519;
    sig.key = public_key_shape{{.name = "signing", .strip = {}, .encoding = key_encoding::hex},
                               public_key_shape::form::raw};
    sig.signs = values{body()};
    sig.signature.from = header_named("x-signature");
    auto const source =
        source_with({std::move(sig), {}, {}, {}},
                    {secret_of("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c")});
    auto const signature =
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b"
        "2eaeb4302a"
        "eeb00d291612bb0c00";
    auto const hint_for = [&](std::string bytes) {
        return explain(source, post(std::move(bytes), {{"x-signature", signature}})).back();
    };
    EXPECT_TRUE(hint_for("r").held);
    EXPECT_EQ(hint_for("r\n").remedy,
              "it would match if: a line end was added to the body on the way (curl: use --data-binary)");
    EXPECT_EQ(hint_for("s").remedy,
              "none of the usual mistakes explains it: most likely the public key of another sender");
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

TEST(explanation, names_a_url_that_is_written_otherwise) {
    auto mac = body_mac("x-signature", "");
    mac.signs = values{{url_value{}}};
    auto source = source_with(check_of(std::move(mac)), {secret_of(written_key)});
    source.public_url = "https://hooks.example.com";
    for (auto const* const signed_one : {"http://hooks.example.com", "https://hooks.example.com:443"}) {
        auto const signature = hex_with(written_key, std::string{signed_one} + "/webhooks/sender");
        EXPECT_EQ(explain(source, post("", {{"x-signature", signature}})).back().remedy,
                  "it would match if: the sender signed " + std::string{signed_one} +
                      " and not public_url https://hooks.example.com");
    }
    mac = body_mac("x-signature", "");
    mac.signs = values{{param_value{"url"}}, body()};
    source = source_with(check_of(std::move(mac)), {secret_of(written_key)});
    source.params["url"] = {"https://hooks.example.com/a"};
    for (auto const* const signed_one : {"https://hooks.example.com/a/", "http://hooks.example.com/a"}) {
        auto const signature = hex_with(written_key, std::string{signed_one} + "b");
        EXPECT_EQ(explain(source, post("b", {{"x-signature", signature}})).back().remedy,
                  "it would match if: the sender signed " + std::string{signed_one} +
                      " and not the param url, https://hooks.example.com/a");
    }
}

// Behind a proxy: what it says the sender called, or a slash more or less.
TEST(explanation, names_the_path_that_the_sender_called) {
    auto mac = body_mac("x-signature", "");
    mac.signs = values{{url_value{}}};
    auto source = source_with(check_of(std::move(mac)), {secret_of(written_key)});
    source.public_url = "https://hooks.example.com";
    auto const said = [&](std::string const& called, headers fields) {
        fields.push_back({"x-signature", hex_with(written_key, "https://hooks.example.com" + called)});
        return explain(source, post("", std::move(fields))).back().remedy;
    };
    for (auto const& [called, fields] : std::vector<std::pair<std::string, headers>>{
             {"/public/webhooks/sender", {{"x-forwarded-prefix", "/public"}}},
             {"/v1/hooks?a=1", {{"x-original-uri", "/v1/hooks?a=1"}}},
             {"/webhooks/sender/", {}}}) {
        EXPECT_EQ(said(called, fields),
                  "it would match if: the sender called " + called +
                      " and not /webhooks/sender: does a proxy in front change the path?");
    }
    EXPECT_EQ(said("/elsewhere", {{"x-forwarded-host", "hooks.example.org"}}),
              "none of the usual mistakes explains it: most likely another secret");
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
    EXPECT_EQ(explain(source, post("abc", {{"svix-signature", "v1,a"}})).back().remedy,
              "there is svix-signature: is it another sender, or another version? see `headgate presets`");
}

}  // namespace
}  // namespace headgate::auth
