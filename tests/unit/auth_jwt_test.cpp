#include "auth/token_keys.hpp"
#include "core/encoding.hpp"
#include "tests/support/asked_by.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>
#include <chrono>
#include <string>
#include <vector>

// `jwt` as a check: what its settings ask for, what others read of its claims, and what the loader refuses.
// Hostile tokens are in auth_tokens_test.cpp.

namespace headgate::auth {
namespace {

using namespace testing_support;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using enum token_algorithm;
using std::chrono::seconds;

constexpr char const* key = "0123456789abcdef0123456789abcdef";
auto const now = second(1'700'000'000);

// HS256, by OpenSSL itself.
std::string token_of(std::string const& claims) {
    auto const written = encode_base64(R"({"alg":"HS256"})", base64_alphabet::url) + "." +
                         encode_base64(claims, base64_alphabet::url);
    std::array<unsigned char, EVP_MAX_MD_SIZE> code{};
    unsigned size = 0;
    HMAC(EVP_sha256(), key, 32, reinterpret_cast<unsigned char const*>(written.data()), written.size(),
         code.data(), &size);
    return written + "." +
           encode_base64({reinterpret_cast<char const*>(code.data()), size}, base64_alphabet::url);
}

request with_token(std::string const& claims, std::string body_text = "{}") {
    return post(std::move(body_text), {{"x-token", token_of(claims)}});
}

jwt_check plain() {
    jwt_check jwt;
    jwt.from = header_named("x-token");
    jwt.algorithms = {hs256};
    jwt.keys = secret_shape{};
    jwt.require.clear();
    return jwt;
}

check check_of_token(jwt_check jwt) {
    return {std::move(jwt), {}, {}, {}};
}

settings source_of(check verify) {
    return source_with(std::move(verify), {secret_of(key)});
}

settings source_of(jwt_check jwt) {
    return source_of(check_of_token(std::move(jwt)));
}

std::string said_of(jwt_check jwt, std::string const& claims, std::string const& body_text = "{}") {
    return refusal(authenticator_of(source_of(std::move(jwt))), with_token(claims, body_text), now);
}

value claim_named(std::string name) {
    return {claim_value{std::move(name)}};
}

TEST(jwt, takes_a_token_in_any_place_and_once_only) {
    auto const source = authenticator_of(source_of(plain()));
    EXPECT_EQ(refusal(source, with_token("{}"), now), "accepted");
    EXPECT_EQ(refusal(source, post("{}"), now), "jwt: header x-token is missing");
    auto twice = with_token("{}");
    twice.head.fields.push_back(twice.head.fields.back());
    EXPECT_EQ(refusal(source, twice, now), "jwt: header x-token stands 2 times");
    auto const long_one = post("{}", {{"x-token", std::string(8193, 'a')}});
    EXPECT_EQ(refusal(source, long_one, now), "jwt: header x-token: the token is over 8192 bytes");
    auto described = source_of(plain());
    described.limits.token_bytes_max = 8193;
    EXPECT_EQ(refusal(authenticator_of(described), long_one, now),
              "jwt: header x-token: the token has not three parts");
}

TEST(jwt, wants_every_required_claim) {
    auto jwt = plain();
    jwt.require = {"exp", "jti"};
    EXPECT_EQ(said_of(jwt, R"({"exp":1700000001})"), "jwt: the token has no claim jti");
    EXPECT_EQ(said_of(jwt, R"({"jti":"a"})"), "jwt: the token has no claim exp");
    EXPECT_EQ(said_of(jwt, R"({"jti":"a","exp":1700000001})"), "accepted");
}

TEST(jwt, judges_times_with_the_leeway_on_both_sides) {
    auto jwt = plain();
    jwt.leeway = seconds{10};
    struct row {
        char const* claims;
        char const* said;
    };
    for (auto const& [claims, said] : {
             row{R"({"exp":1699999991})", "accepted"},
             row{R"({"exp":1699999990})", "jwt: the token has expired 10 s ago"},
             row{R"({"nbf":1700000010})", "accepted"},
             row{R"({"nbf":1700000011})", "jwt: the token is from the future"},
             row{R"({"iat":1700000010})", "accepted"},
             row{R"({"iat":1700000011})", "jwt: the token is from the future"},
             row{R"({"iat":1})", "accepted"},
         }) {
        EXPECT_EQ(said_of(jwt, claims), said) << claims;
    }
    jwt.age_max = seconds{300};
    EXPECT_EQ(said_of(jwt, R"({"iat":1699999700})"), "accepted");
    EXPECT_EQ(said_of(jwt, R"({"iat":1699999699})"), "jwt: the token is 301 s old, 300 s are allowed");
    EXPECT_EQ(said_of(jwt, "{}"), "jwt: the token has no claim iat");
}

TEST(jwt, is_for_us_or_for_nobody) {
    auto jwt = plain();
    EXPECT_EQ(said_of(jwt, R"({"aud":"x"})"), "jwt: the token is for an audience, and none is configured");
    jwt.audience = value{param_value{"audience"}};
    auto source = source_of(jwt);
    source.params["audience"] = {"a", "b"};
    auto const made = authenticator_of(source);
    EXPECT_EQ(refusal(made, with_token(R"({"aud":"b"})"), now), "accepted");
    EXPECT_EQ(refusal(made, with_token(R"({"aud":["x","a"]})"), now), "accepted");
    EXPECT_EQ(refusal(made, with_token(R"({"aud":"c"})"), now), "jwt: the token is not for this audience");
    EXPECT_EQ(refusal(made, with_token("{}"), now), "jwt: the token is not for this audience");
}

TEST(jwt, compares_claims_by_type) {
    auto jwt = plain();
    jwt.claims = {{"email_verified", true}, {"email", constant("a@b")}, {"/realm/roles", constant("ops")}};
    auto const with = [&](char const* verified, char const* email, char const* roles) {
        return said_of(jwt, std::string{R"({"email_verified":)"} + verified + R"(,"email":)" + email +
                                R"(,"realm":{"roles":)" + roles + "}}");
    };
    EXPECT_EQ(with("true", R"("a@b")", R"(["dev","ops"])"), "accepted");
    EXPECT_EQ(with("false", R"("a@b")", R"(["ops"])"), "jwt: the claim email_verified is not as configured");
    EXPECT_EQ(with(R"("true")", R"("a@b")", R"(["ops"])"),
              "jwt: the claim email_verified is not as configured");
    EXPECT_EQ(with("1", R"("a@b")", R"(["ops"])"), "jwt: the claim email_verified is not as configured");
    EXPECT_EQ(with("true", R"("A@b")", R"(["ops"])"), "jwt: the claim email is not as configured");
    EXPECT_EQ(with("true", R"("a@b")", R"("ops")"), "accepted");
    EXPECT_EQ(with("true", R"("a@b")", R"(["ops",1])"), "jwt: the claim /realm/roles is not as configured");
    EXPECT_EQ(with("true", R"("a@b")", "{}"), "jwt: the claim /realm/roles is not as configured");
    EXPECT_EQ(said_of(jwt, R"({"email_verified":true,"email":"a@b"})"),
              "jwt: the token has no claim /realm/roles");
}

// echo -n '{"a":1}' | sha256sum
constexpr char const* body_hash_in_hex = "015abd7f5cc57a2dd94b7590f04ad8084273905ee33ec5cebeae62276a97f862";

TEST(jwt, binds_the_body_by_its_hash) {
    auto jwt = plain();
    jwt.binds_body = body_hash{.claim = "sha"};
    auto const claims = std::string{R"({"sha":")"} + body_hash_in_hex + "\"}";
    EXPECT_EQ(said_of(jwt, claims, R"({"a":1})"), "accepted");
    auto upper = claims;
    upper.replace(upper.find("15abd"), 5, "15ABD");
    EXPECT_EQ(said_of(jwt, upper, R"({"a":1})"), "accepted");
    EXPECT_EQ(said_of(jwt, claims, R"({"a": 1})"),
              "jwt: the body is not the one that the token was made for");
    EXPECT_EQ(said_of(jwt, R"({"sha":""})"), "jwt: the body is not the one that the token was made for");
    EXPECT_EQ(said_of(jwt, R"({"sha":5})"), "jwt: the token has no claim sha");
    EXPECT_EQ(said_of(jwt, "{}"), "jwt: the token has no claim sha");
    EXPECT_EQ(authenticator_of(source_of(jwt)).covers(), coverage::full);
    EXPECT_EQ(authenticator_of(source_of(plain())).covers(), coverage::none);
}

TEST(jwt, says_whom_it_is_about) {
    auto const source = authenticator_of(source_of(plain()));
    auto const about = [&](std::string const& claims) {
        return verify(source, with_token(claims), now).value().sender;
    };
    auto const all = about(R"({"sub":"u","email":"a@b","email_verified":true,"groups":["x","y",3]})");
    EXPECT_EQ(all.subject, "u");
    EXPECT_EQ(all.email, "a@b");
    EXPECT_THAT(all.groups, ElementsAre("x", "y"));
    EXPECT_EQ(about(R"({"email":"a@b"})").email, "a@b");
    EXPECT_EQ(about(R"({"email":"a@b","email_verified":false})").email, "");
    EXPECT_EQ(about(R"({"email":"a@b","email_verified":"true"})").email, "");
    EXPECT_EQ(about(R"({"sub":5,"groups":"x"})").subject, "");
    EXPECT_THAT(about(R"({"sub":5,"groups":"x"})").groups, IsEmpty());
}

TEST(jwt, takes_no_secret_after_its_end_and_says_which_one_matched) {
    auto source = source_of(plain());
    source.secrets["signing"] = {secret_of("another secret of 32 bytes, plus."), secret_of(key, second(100))};
    auto const made = authenticator_of(source);
    EXPECT_EQ(verify(made, with_token("{}"), second(99)).value().sender.key_id, "signing#1");
    EXPECT_EQ(refusal(made, with_token("{}"), second(100)), "jwt: the token's signature does not match");
}

TEST(claims, can_be_an_id_a_time_a_nonce_and_be_compared) {
    auto token = check_of_token(plain());
    token.time = time_in(claim_named("at"));
    token.once = once_rule{claim_named("jti"), seconds{60}};
    auto source = source_of(all({equal(claim_named("conn"), query_named("c")), token}));
    source.delivery.id = claim_named("jti");
    source.delivery.id_signed = true;
    auto const made = authenticator_of(source);
    auto incoming = with_token(R"({"conn":"orders","jti":"j1","at":1700000000})");
    incoming.head.target = "/a?c=orders";
    auto const judged = verify(made, incoming, now);
    ASSERT_TRUE(judged) << judged.error().message;
    EXPECT_EQ(judged->sender.delivery_id, "j1");
    EXPECT_TRUE(judged->sender.delivery_id_signed);
    EXPECT_THAT(judged->once, ElementsAre("j1"));
    EXPECT_EQ(judged->sender.verified_by, "equal+jwt");
    incoming.head.target = "/a?c=other";
    EXPECT_EQ(refusal(made, incoming, now), "all[0].equal: claim conn is not equal to query parameter c");
    EXPECT_THAT(refusal(made, incoming, second(1'700'000'301)),
                HasSubstr("all[1].jwt: claim at: the signed time is 301 s in the past"));
}

TEST(claims, are_compared_before_the_sender_is_asked) {
    postback_check back;
    back.asked.url = "https://a/verify";
    back.json = {{"event", {body()}}};
    back.expect = {{json_path{"/status"}, "SUCCESS"}};
    auto const made = authenticator_of(source_of(all({{std::move(back), {}, {}, {}},
                                                      equal(claim_named("conn"), constant("orders")),
                                                      check_of_token(plain())})));
    EXPECT_THAT(wanted_by(made, with_token(R"({"conn":"orders"})"), now), SizeIs(1));
    EXPECT_THAT(wanted_by(made, with_token(R"({"conn":"other"})"), now), IsEmpty());
}

// The first branch's token is genuine, but what stands beside it does not hold.
TEST(claims, of_one_branch_are_not_read_in_another) {
    auto const open = all({equal(claim_named("a"), constant("1")), check_of_token(plain())});
    auto other = plain();
    other.from = header_named("x-other");
    auto const closed = all({equal(claim_named("a"), constant("2")), check_of_token(other)});
    auto const made = authenticator_of(source_of(any({open, closed})));
    EXPECT_EQ(refusal(made, with_token(R"({"a":"1"})"), now), "accepted");
    EXPECT_THAT(refusal(made, with_token(R"({"a":"2"})"), now), HasSubstr("header x-other is missing"));
}

// Also where an `any` stands beside the `jwt`: its branches may compare claims, and none of them changes
// whose claims are read beside it.
TEST(claims, are_those_of_the_token_beside) {
    auto const conn = [](char const* name) { return equal(claim_named("conn"), constant(name)); };
    auto const either =
        authenticator_of(source_of(all({check_of_token(plain()), any({conn("orders"), conn("returns")})})));
    EXPECT_EQ(refusal(either, with_token(R"({"conn":"returns"})"), now), "accepted");
    EXPECT_THAT(refusal(either, with_token(R"({"conn":"other"})"), now),
                HasSubstr("claim conn is not equal to constant"));

    auto inner = plain();
    inner.from = header_named("x-other");
    auto const both = authenticator_of(
        source_of(all({check_of_token(plain()), any({check_of_token(inner)}), conn("orders")})));
    auto const said = [&](std::string const& beside, std::string const& inside) {
        auto incoming = with_token(beside);
        incoming.head.fields.push_back({"x-other", token_of(inside)});
        return refusal(both, incoming, now);
    };
    EXPECT_EQ(said(R"({"conn":"orders"})", "{}"), "accepted");
    EXPECT_EQ(said("{}", R"({"conn":"orders"})"), "all[2].equal: claim conn is missing");
}

// Each try costs as much as a hundred MACs. The keys are those of RFC 8032, 7.1, test 2, and of RFC 8037,
// A.2; the token is by the second, {"alg":"EdDSA"} and {} signed by Python's cryptography.
TEST(jwt, tries_a_bounded_number_of_public_keys) {
    auto jwt = plain();
    jwt.algorithms = {eddsa};
    jwt.keys = token_key_shape{.from = {}, .is = token_key_shape::form::jwk};
    auto const jwk = [](char const* x) {
        return secret_of(std::string{R"({"kty":"OKP","crv":"Ed25519","x":")"} + x + R"("})");
    };
    auto source = source_with(check_of_token(jwt), {jwk("PUAXw-hDiVqStwqnTRt-vJyYLM8uxJaMwM1V8Sr0Zgw"),
                                                    jwk("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo")});
    auto const incoming = post("{}", {{"x-token",
                                       "eyJhbGciOiJFZERTQSJ9.e30.q2YtAzOI5D98FVaL9pIlZHuiZfAZWrwm0Ib43wXTdYuG"
                                       "WpMICzrAb8JTyNe_mFN_eRTD_Y0mSmXBOZZT0EUJDQ"}});
    source.limits.key_tries_max = 2;
    EXPECT_EQ(refusal(authenticator_of(source), incoming, now), "accepted");
    source.limits.key_tries_max = 1;
    EXPECT_EQ(refusal(authenticator_of(source), incoming, now),
              "jwt: the token's signature matches none of the keys that were tried");
}

std::vector<std::string> mistakes_in(jwt_check jwt) {
    return mistakes_of(source_of(std::move(jwt)));
}

TEST(jwt_loader, refuses_algorithms_that_do_not_belong_together) {
    auto jwt = plain();
    auto const algs = [&](std::vector<token_algorithm> all) {
        jwt.algorithms = std::move(all);
        return mistakes_in(jwt);
    };
    EXPECT_THAT(algs({}), Contains("sources.test.verify.jwt.algs: allows no algorithm"));
    EXPECT_THAT(algs({hs256, rs256}), Contains("sources.test.verify.jwt.algs: mixes families of algorithms"));
    EXPECT_THAT(algs({rs256, ps256}), Contains("sources.test.verify.jwt.algs: mixes families of algorithms"));
    EXPECT_THAT(
        algs({rs256}),
        ElementsAre("sources.test.verify.jwt.keys: a shared secret cannot make tokens of these algs"));
    jwt.keys = token_key_shape{};
    EXPECT_THAT(algs({hs256}), ElementsAre("sources.test.verify.jwt.keys: public keys cannot make tokens of "
                                           "HS…, or everybody could"));
}

TEST(jwt_loader, refuses_secrets_that_are_none) {
    auto const with = [](std::string bytes, std::vector<token_algorithm> algorithms,
                         bool allow_weak = false) {
        auto jwt = plain();
        jwt.algorithms = std::move(algorithms);
        jwt.allow_weak = allow_weak;
        return mistakes_of(source_with(check_of_token(jwt), {secret_of(std::move(bytes))}));
    };
    auto const at = std::string{"sources.test.verify.jwt.keys: a secret has "};
    EXPECT_THAT(with(std::string(31, 'k'), {hs256}),
                ElementsAre(at + "31 bytes; HS256 wants 32 or more (RFC 7518, 3.2)"));
    EXPECT_THAT(with(std::string(47, 'k'), {hs384}),
                ElementsAre(at + "47 bytes; HS384 wants 48 or more (RFC 7518, 3.2)"));
    EXPECT_THAT(with(std::string(63, 'k'), {hs512}),
                ElementsAre(at + "63 bytes; HS512 wants 64 or more (RFC 7518, 3.2)"));
    EXPECT_THAT(with(std::string(64, 'k'), {hs512}), IsEmpty());
    EXPECT_THAT(with(std::string(20, 'k'), {hs256}, true), IsEmpty());
    EXPECT_THAT(with("", {hs256}, true), ElementsAre(HasSubstr("is empty")));
    for (auto const* confused : {"-----BEGIN PUBLIC KEY-----\nMIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEA",
                                 R"({"kty":"RSA","n":"0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78L"})"}) {
        EXPECT_THAT(with(confused, {hs256}),
                    ElementsAre("sources.test.verify.jwt.keys: the secret is a public key or a certificate, "
                                "which anybody has"));
    }
    auto jwt = plain();
    EXPECT_THAT(mistakes_of(source_with(check_of_token(jwt))),
                ElementsAre("sources.test.secrets.signing: there is no secret named signing"));
}

TEST(jwt_loader, refuses_what_the_request_could_choose) {
    auto jwt = plain();
    jwt.audience = header_named("host");
    EXPECT_THAT(mistakes_in(jwt), ElementsAre("sources.test.verify.jwt.aud: must not come from the request"));
    jwt.audience = constant("");
    EXPECT_THAT(mistakes_in(jwt), ElementsAre("sources.test.verify.jwt.aud: must not come from the request"));
    jwt.audience = value{param_value{"audience"}};
    EXPECT_THAT(mistakes_in(jwt),
                ElementsAre("sources.test.verify.jwt.aud: the param audience is not configured"));
    jwt = plain();
    jwt.from = constant("a.b.c");
    EXPECT_THAT(mistakes_in(jwt), ElementsAre("sources.test.verify.jwt.from: is no place of a token"));
    jwt = plain();
    jwt.claims = {{"a", claim_named("b")}};
    EXPECT_THAT(
        mistakes_in(jwt),
        ElementsAre("sources.test.verify.jwt.claims.a: no token is verified before the claim b is read"));
}

TEST(jwt_loader, refuses_what_can_never_or_always_hold) {
    auto jwt = plain();
    jwt.issuers = {""};
    EXPECT_THAT(mistakes_in(jwt), ElementsAre("sources.test.verify.jwt.iss: has an empty issuer"));
    jwt = plain();
    jwt.require = {""};
    EXPECT_THAT(mistakes_in(jwt), ElementsAre("sources.test.verify.jwt.require: has a claim without a name"));
    jwt = plain();
    jwt.claims = {{"", true}};
    EXPECT_THAT(mistakes_in(jwt), ElementsAre("sources.test.verify.jwt.claims: has a claim without a name"));
    jwt = plain();
    jwt.leeway = seconds{61};
    EXPECT_THAT(mistakes_in(jwt), ElementsAre("sources.test.verify.jwt.leeway: is not from 0 to 60 s"));
    jwt = plain();
    jwt.age_max = seconds{0};
    EXPECT_THAT(mistakes_in(jwt), ElementsAre("sources.test.verify.jwt.max_age: allows no token at all"));
    jwt = plain();
    jwt.binds_body = body_hash{.claim = "", .algorithm = hash_name::crc32, .out = text_form::dec};
    EXPECT_THAT(mistakes_in(jwt),
                ElementsAre("sources.test.verify.jwt.body_hash: names no claim",
                            "sources.test.verify.jwt.body_hash: is not collision resistant",
                            "sources.test.verify.jwt.body_hash: only a crc32 has a decimal form"));
}

TEST(jwt_loader, refuses_key_sets_that_nobody_should_fetch) {
    auto jwt = plain();
    jwt.algorithms = {rs256};
    auto const at = std::string{"sources.test.verify.jwt.keys.jwks: "};
    for (auto const* url : {"", "http://a/k", "https://", "https:///k", "https://u:p@a/k", "https://a/k#x",
                            "https://a\\b", "ftp://a", "https://a /k", "https://a:abc/k", "https://a:0/k",
                            "https://a:65536/k", "https://[::1/k", "https://a/%zz"}) {
        jwt.keys = fetch_rule{.url = url};
        EXPECT_THAT(mistakes_of(source_with(check_of_token(jwt))),
                    ElementsAre(at + '"' + url + "\" is not an https URL"));
    }
    jwt.keys = fetch_rule{.url = "https://a", .refresh = seconds{10}, .interval = seconds{11}};
    EXPECT_THAT(
        mistakes_of(source_with(check_of_token(jwt))),
        ElementsAre("sources.test.verify.jwt.keys.refresh: is shorter than `interval`, which bounds it"));
    jwt.keys = fetch_rule{.url = "https://a", .stale = seconds{3599}};
    EXPECT_THAT(mistakes_of(source_with(check_of_token(jwt))),
                ElementsAre("sources.test.verify.jwt.keys.stale: is shorter than `refresh`: the keys would "
                            "lapse in between"));
    jwt.keys = fetch_rule{.url = "https://a"};
    EXPECT_THAT(warnings_of(source_with(check_of_token(jwt))),
                Contains(HasSubstr("jwt.aud: is not configured")));
    auto source = source_with(check_of(body_mac("x-signature", "")), {secret_of(key)});
    handshake_rule rule;
    rule.when.methods = {"GET"};
    rule.require = check_of_token(jwt);
    source.handshakes = {rule};
    EXPECT_THAT(
        mistakes_of(source),
        ElementsAre("sources.test.handshake[0].require.jwt.keys: nothing is fetched for a handshake"));
}

TEST(jwt, asks_for_keys_only_when_everything_else_holds) {
    auto jwt = plain();
    jwt.algorithms = {rs256};
    jwt.keys = fetch_rule{.url = "https://a"};
    jwt.require = {"exp"};
    auto const source = authenticator_of(source_with(
        all({equal(query_named("t"), secret_named("signing")), check_of_token(jwt)}), {secret_of(key)}));
    auto const asked = [&](std::string const& header, std::string const& claims, std::string const& query) {
        auto incoming = post("{}", {{"x-token", encode_base64(header, base64_alphabet::url) + "." +
                                                    encode_base64(claims, base64_alphabet::url) + ".AAAA"}});
        incoming.head.target = "/a?t=" + query;
        std::vector<std::string> all;
        for (auto const& each : source.checks().needs(incoming, {}, now)) {
            auto const& wanted = std::get<wanted_fact>(each);
            all.push_back(wanted.from->url + " " + wanted.name);
        }
        return all;
    };
    std::string const good = R"({"exp":1700000001})";
    EXPECT_THAT(asked(R"({"alg":"RS256","kid":"k"})", good, key), ElementsAre("https://a k"));
    EXPECT_THAT(asked(R"({"alg":"RS256"})", good, key), ElementsAre("https://a "));
    EXPECT_THAT(asked(R"({"alg":"RS256","kid":"k"})", good, "wrong"), IsEmpty());
    EXPECT_THAT(asked(R"({"alg":"RS256","kid":"k"})", R"({"exp":1})", key), IsEmpty());
    EXPECT_THAT(asked(R"({"alg":"RS256","kid":"k"})", "{}", key), IsEmpty());
    EXPECT_THAT(asked(R"({"alg":"HS256","kid":"k"})", good, key), IsEmpty());
    EXPECT_THAT(asked(R"({"alg":"RS256","kid":5})", good, key), IsEmpty());
}

TEST(jwt_loader, lets_claims_stand_only_where_a_token_was_verified_before) {
    auto const token = check_of_token(plain());
    auto const alone = equal(claim_named("a"), constant("1"));
    EXPECT_THAT(mistakes_of(source_of(any({token, alone}))), Contains(HasSubstr("any[1].equal.a: no token")));
    EXPECT_THAT(mistakes_of(source_of(all({token, alone}))), IsEmpty());
    auto mac = body_mac("x-signature", "");
    mac.signs = values{claim_named("a"), body()};
    EXPECT_THAT(mistakes_of(source_of(all({token, check_of(mac)}))), Contains(HasSubstr("no token")));
    EXPECT_THAT(mistakes_of(source_of(all({token, token}))), ElementsAre(HasSubstr("several tokens")));
    auto timed = all({token, alone});
    timed.time = time_in(claim_named("iat"));
    EXPECT_THAT(mistakes_of(source_of(timed)), ElementsAre(HasSubstr("all.time: no token")));
    auto source = source_with(check_of(body_mac("x-signature", "")), {secret_of(key)});
    source.delivery.id = claim_named("jti");
    EXPECT_THAT(mistakes_of(source), ElementsAre(HasSubstr("delivery.id: no token")));
}

TEST(jwt_loader, warns_of_tokens_that_never_end) {
    EXPECT_THAT(warnings_of(source_of(plain())),
                ElementsAre("sources.test.verify.jwt: a token without exp is accepted for ever"));
    auto jwt = plain();
    jwt.require = {"exp"};
    EXPECT_THAT(warnings_of(source_of(jwt)), IsEmpty());
}

}  // namespace
}  // namespace headgate::auth
