#include "auth/allowed_urls.hpp"
#include "auth/crypto.hpp"
#include "auth/token_keys.hpp"
#include "core/encoding.hpp"
#include "tests/support/asked_by.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

// Checks that need what others have: the certificate of a signature, a key by its name, an answer of the
// sender. The certificates are those of tests/presets.

namespace headgate::auth {
namespace {

using namespace testing_support;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::filesystem::path file(std::string const& name) {
    return std::filesystem::path{HEADGATE_SOURCE_DIR} / "tests/presets/certificates" / name;
}

std::string text_in(std::string const& name) {
    std::ifstream stream{file(name), std::ios::binary};
    return {std::istreambuf_iterator<char>{stream}, {}};
}

// RSA with SHA-256, PKCS #1 v1.5, by tests/presets/rsa.py: key_of("sns").sign("1767225600{}").
constexpr char const* by_sns =
    "wVzAX6R2qZda7ncvVpbwSkhZ1RcUFUB/rwNv6bkFn360EYlKv/XT0G70zBfP+w3oCXiZFqX6TeB5kkDfyC5Ly3dbDcVyNcKn"
    "z7yzFWJhtGvEJM9+kSXE2xuA9veSCgn1ShJhr8W2MmCsk7lNQKBNjfA4AXlOxkyuWvwA5rWzRRNNqVv5OumXi42NcabYHWth"
    "2H11nojYJhZ7BpVlt9+C5vpoT1ndanBZkZoEHES3AzXY/cb1M93VZ3o7MQW4YRdJGoW/pUiB8Z/qFRmjp9HmUGmPyRcglmHx"
    "nMI+P5Vz8YemLdvnaIUsvymllc3AxgIuCdyFCJgiFAy0pB4q3jUPEA==";
// key_of("paypal").sign("1767225600{}")
constexpr char const* by_paypal =
    "geGqwcPWZmIBf7BQZQ0xiaxiBR+BTRViDMiuetWb0t7pQ5E0AtHYxGPoAyznemtkrLYLVKZPsJL80moq7Cm4Ab6O7rQRER7H"
    "cqDHisXukUsFWAwi3RTw0caka+hfROLbtYq4UjcXzaUM+TP0+xOd0HHJhXaP+VcKk8r8biK+4hP4w+8RRc2e6Siqg0esQZA5"
    "4iHzuHpPQ4gqXrY6PNJcDk3/CtKzuEQf+F6BhlXskNcS7YdBlA8sf1j9RNwj2GXZpXOo5l+hIg853sHUQlJ/VU3C3LmRsFIp"
    "Z64bEGjU2F7nQ8gtZb9pJhbcmMSAPt2RHea0Y2JG+eyYI9Y4ZCYs/g==";
// key_of("sns").sign("{}")
constexpr char const* of_body_alone =
    "dylMUuRFibF/7isdkzwNi4c6yXi91KSVYkf4Vzwmn7kh4JIGDTjRts83RnvVcUaTzFHsY9QwgEiVcaDzGc1IyxzmCmOx2ugo"
    "IukAZ3CCij8pwqtXYKiiPOCxAJYv9AO0U6uKg8KxCp3E/7knGWtK/JGSbNX48CWjcuzEbZPfhK+I9o8c09jl2Twp452pn4Mf"
    "UisgSYcrsc784cRjmkN/wRyMOJ0b1mQc6zE0E6r0hTuB2gEEFYIIasi9xrTPFc8vUCl6DVXjVWJnDW9tKXuZk5r+pXyjOenh"
    "6xD/Apt3KHUQAWKiIcRKcgsIS9vpiTnNYOID1eNHp6Z95IrvYaLCgg==";

// ---- Where a request may send us

TEST(allowed_urls, are_https_at_one_of_the_hosts_with_a_path_of_the_form_and_nothing_else) {
    problems found;
    reporter notes{found};
    allowed_urls const urls{
        {"sns.{region}.amazonaws.com", "localhost:8443"}, "/S-[0-9a-f]+\\.pem", "at", notes};
    EXPECT_THAT(found, IsEmpty());
    for (auto const* good :
         {"https://sns.us-east-1.amazonaws.com/S-0a.pem", "https://localhost:8443/S-1.pem"})
        EXPECT_TRUE(urls.allow(good)) << good;
    for (auto const* bad : {
             "http://sns.us-east-1.amazonaws.com/S-0a.pem",
             "HTTPS://sns.us-east-1.amazonaws.com/S-0a.pem",
             "https://sns.us-east-1.amazonaws.com.evil.example/S-0a.pem",
             "https://sns.evil.example/.amazonaws.com/S-0a.pem",
             "https://sns..amazonaws.com/S-0a.pem",
             "https://sns.a.b.amazonaws.com/S-0a.pem",
             "https://sns.US-EAST-1.amazonaws.com/S-0a.pem",
             "https://u@sns.us-east-1.amazonaws.com/S-0a.pem",
             "https://sns.us-east-1.amazonaws.com:443/S-0a.pem",
             "https://sns.us-east-1.amazonaws.com:443@evil.example/S-0a.pem",
             "https://sns.us-east-1.amazonaws.com/x/../S-0a.pem",
             "https://sns.us-east-1.amazonaws.com/S-0a.pem?a=b",
             "https://sns.us-east-1.amazonaws.com/S-0a.pem#a",
             "https://sns.us-east-1.amazonaws.com/S-0a.pem\n",
             "https://sns.us-east-1.amazonaws.com\\@evil.example/S-0a.pem",
             "https://sns.us-east-1.amazonaws.com",
             "https://localhost/S-1.pem",
             "https://localhost:84430/S-1.pem",
             "https://s3.amazonaws.com/S-1.pem",
             "https://sns.s3.amazonaws.com/S-1.pem",
             "https://sns.s3-us-west-2.amazonaws.com/S-1.pem",
             "https://sns.us-east-1-.amazonaws.com/S-1.pem",
             "",
         })
        EXPECT_FALSE(urls.allow(bad)) << bad;
}

TEST(allowed_urls, are_refused_when_they_would_allow_anything) {
    problems found;
    reporter notes{found};
    allowed_urls const none{{}, "", "at", notes};
    allowed_urls const wrong{{"*.example.com", "Example.com", "https://a"}, "[", "at", notes};
    allowed_urls const last{{"sns.{region}", "{region}example.com"}, "/a", "at", notes};
    std::vector<std::string> paths;
    for (auto const& one : found) paths.push_back(one.path);
    EXPECT_THAT(paths, ElementsAre("at.hosts", "at.path", "at.hosts", "at.hosts", "at.hosts", "at.path",
                                   "at.hosts", "at.hosts"));
}

// ---- The certificate of a signature

settings certified(std::vector<std::string> san = {"sns.amazonaws.com"}) {
    sig_check sig;
    sig.algorithm = signature_algorithm::rsa_pkcs1_sha256;
    certificate_source from;
    from.url = header_named("x-cert");
    from.hosts = {"certs.example.com"};
    from.path = "/[a-z]+\\.pem";
    from.anchors_pem = text_in("authority.pem");
    from.san = std::move(san);
    sig.key = std::move(from);
    sig.signs = values{header_named("x-time"), body()};
    sig.signature.from = header_named("x-signature");
    sig.signature.decode = signature_encoding::b64;
    check whole{std::move(sig), {}, {}, {}};
    whole.time = time_in(header_named("x-time"));
    return source_with(std::move(whole));
}

request genuine(std::string const& signature = by_sns) {
    return post("{}", {{"x-time", "1767225600"},
                       {"x-cert", "https://certs.example.com/one.pem"},
                       {"x-signature", signature}});
}

fact certificate_in(std::string const& name) {
    fetch_rule by{.what = fetch_rule::kind::certificate};
    return read_fact(by, {}, {.status = 200, .fields = {}, .body = text_in(name)}).value();
}

TEST(certificate, of_the_signature_is_asked_for_when_everything_cheap_holds) {
    auto const url = std::string{"https://certs.example.com/one.pem"};
    EXPECT_THAT(asked_by(certified(), genuine()), ElementsAre("GET " + url + " " + url));
    EXPECT_THAT(asked_by(certified(), genuine(), in_2026 + std::chrono::seconds{301}), IsEmpty());
    auto const without = [&](std::size_t header, std::string const& value) {
        auto incoming = genuine();
        incoming.head.fields[header].value = value;
        return asked_by(certified(), incoming);
    };
    EXPECT_THAT(without(1, "https://evil.example/one.pem"), IsEmpty());
    EXPECT_THAT(without(2, "AAAA"), IsEmpty());
    EXPECT_THAT(without(2, ""), IsEmpty());
    EXPECT_THAT(without(0, "x"), IsEmpty());
}

TEST(certificate, must_be_good_now_and_the_senders) {
    EXPECT_EQ(said_with(certified(), genuine(), certificate_in("sns.pem")), "accepted by sig");
    EXPECT_EQ(said_with(certified(), genuine(), {}), "sig: the certificate of the signature is not known");
    EXPECT_EQ(said_with(certified(), genuine(by_paypal), certificate_in("sns.pem")),
              "sig: the signature does not match");
    EXPECT_EQ(said_with(certified(), genuine(by_paypal), certificate_in("paypal.pem")),
              "sig: the certificate has none of the names");
    EXPECT_EQ(said_with(certified({"a", "SNS.amazonaws.com"}), genuine(), certificate_in("sns.pem")),
              "accepted by sig");
    auto other = certified();
    std::get<certificate_source>(std::get<sig_check>(other.verify->is).key).anchors_pem =
        text_in("client.pem");
    EXPECT_THAT(said_with(other, genuine(), certificate_in("sns.pem")),
                HasSubstr("local issuer certificate"));
    auto named = certified({});
    auto& from = std::get<certificate_source>(std::get<sig_check>(named.verify->is).key);
    from.cn = {"sns.amazonaws.com"};
    EXPECT_EQ(said_with(named, genuine(), certificate_in("sns.pem")), "accepted by sig");
    from.cn = {"amazonaws.com"};
    EXPECT_EQ(said_with(named, genuine(), certificate_in("sns.pem")),
              "sig: the certificate has another common name");
    auto old = certified();
    std::get<sig_check>(old.verify->is).signs = values{body()};
    old.verify->time.reset();
    auto const incoming =
        post("{}", {{"x-cert", "https://certs.example.com/one.pem"}, {"x-signature", of_body_alone}});
    EXPECT_EQ(said_with(old, incoming, certificate_in("sns.pem")), "accepted by sig");
    EXPECT_EQ(said_with(old, incoming, certificate_in("sns.pem"), second(2'700'000'000)),
              "sig: the certificate of the signature is not good: certificate has expired");
    EXPECT_EQ(said_with(old, incoming, certificate_in("sns.pem"), second(1'700'000'000)),
              "sig: the certificate of the signature is not good: certificate is not yet valid");
}

// It is looked at once, and again when its time is over.
TEST(certificate, that_was_good_is_not_good_at_any_time) {
    auto source = certified();
    std::get<sig_check>(source.verify->is).signs = values{body()};
    source.verify->time.reset();
    auto const made = authenticator_of(source);
    auto const said = [&](wall_time at) {
        auto const incoming =
            post("{}", {{"x-cert", "https://certs.example.com/one.pem"}, {"x-signature", of_body_alone}});
        auto const known =
            gather(made.checks(), incoming, at, [](wanted_fact const&) { return certificate_in("sns.pem"); });
        auto const judged = made.checks().verify(incoming, known, at);
        return judged ? "accepted" : judged.error().message;
    };
    EXPECT_EQ(said(in_2026), "accepted");
    EXPECT_EQ(said(in_2026), "accepted");
    EXPECT_THAT(said(second(2'700'000'000)), HasSubstr("certificate has expired"));
    EXPECT_THAT(said(second(1'700'000'000)), HasSubstr("certificate is not yet valid"));
    EXPECT_EQ(said(in_2026), "accepted");
}

TEST(certificate, is_not_what_is_none) {
    fetch_rule const by{.what = fetch_rule::kind::certificate};
    outgoing const asked{.method = "GET", .url = "https://a/b", .fields = {}, .body = {}};
    for (auto const& [status, text, said] :
         {std::tuple{404U, text_in("sns.pem"), "https://a/b answers 404"},
          std::tuple{200U, std::string{"<html>"}, "https://a/b: is not 1 to 8 certificates in PEM"},
          std::tuple{200U, std::string{"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"},
                     "https://a/b: is not 1 to 8 certificates in PEM"}}) {
        auto const read = read_fact(by, asked, {.status = status, .fields = {}, .body = text});
        ASSERT_FALSE(read);
        EXPECT_EQ(read.error().message, said);
    }
}

// ---- A key by its name

// RFC 8037, A.2.
constexpr char const* ed25519 =
    R"({"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo","kid":"k")";

settings with_endpoint() {
    jwt_check jwt;
    jwt.from = header_named("x-token");
    jwt.algorithms = {token_algorithm::eddsa};
    jwt.require.clear();
    key_endpoint from;
    from.kept.url = "https://a/key";
    from.kept.key_at = "/key";
    from.kept.until_at = "/key/expired_at";
    from.json = {{"client", {constant("c\"1")}}, {"secret", {secret_named("api")}}};
    from.key_id_as = "key_id";
    jwt.keys = std::move(from);
    auto source = source_with({std::move(jwt), {}, {}, {}});
    source.secrets["api"] = {secret_of("gone by now", in_2026), secret_of("s3cr3t of the api")};
    return source;
}

TEST(key_endpoint, is_asked_for_the_key_that_the_token_names_with_the_secret_of_today) {
    auto const made = authenticator_of(with_endpoint());
    auto const token = [](std::string const& head) {
        return encode_base64(head, base64_alphabet::url) + ".e30." + "AAAA";
    };
    auto const wanted = wanted_by(made, post("{}", {{"x-token", token(R"({"alg":"EdDSA","kid":"k"})")}}));
    ASSERT_EQ(wanted.size(), 1U);
    auto another = with_endpoint();
    another.secrets["api"] = {secret_of("s3cr3t of another account")};
    auto const of_another = authenticator_of(another);
    auto const also = wanted_by(of_another, post("{}", {{"x-token", token(R"({"alg":"EdDSA","kid":"k"})")}}));
    ASSERT_EQ(also.size(), 1U);
    EXPECT_NE(wanted[0].name, also[0].name) << "a key is known to those alone who were given it";
    EXPECT_EQ(wanted[0].asks.method, "POST");
    EXPECT_EQ(wanted[0].asks.url, "https://a/key");
    EXPECT_EQ(wanted[0].asks.body, R"({"client":"c\"1","secret":"s3cr3t of the api","key_id":"k"})");
    EXPECT_THAT(wanted_by(made, post("{}", {{"x-token", token(R"({"alg":"EdDSA"})")}})), IsEmpty());
    EXPECT_THAT(wanted_by(made, post("{}", {{"x-token", token(R"({"alg":"ES256","kid":"k"})")}})), IsEmpty());
}

// What is refused without a key makes nobody ask for one, and what is not does.
TEST(fetched_checks, ask_for_no_more_than_the_limits_of_the_source_allow) {
    auto source = with_endpoint();
    auto const token = encode_base64(R"({"alg":"EdDSA","kid":"k"})", base64_alphabet::url) + "." +
                       encode_base64(R"({"a":")" + std::string(9000, 'a') + R"("})", base64_alphabet::url) +
                       ".AAAA";
    auto const incoming = post("{}", {{"x-token", token}});
    EXPECT_THAT(asked_by(source, incoming), IsEmpty());
    source.limits.token_bytes_max = token.size();
    EXPECT_EQ(asked_by(source, incoming).size(), 1U);

    auto listed = certified();
    std::get<sig_check>(listed.verify->is).signature.list = " ";
    auto const twice = genuine(std::string{by_sns} + " " + by_sns);
    EXPECT_EQ(asked_by(listed, twice).size(), 1U);
    listed.limits.signatures_max = 1;
    EXPECT_THAT(asked_by(listed, twice), IsEmpty());
}

// They change without us, and must not become time series.
TEST(key_names, of_what_is_fetched_are_one_name) {
    EXPECT_THAT(authenticator_of(with_endpoint()).key_names(), ElementsAre("issuer"));
    auto const made = authenticator_of(certified());
    EXPECT_THAT(made.key_names(), ElementsAre("certificate"));
    auto const known =
        gather(made.checks(), genuine(), in_2026, [](auto const&) { return certificate_in("sns.pem"); });
    auto const judged = made.checks().verify(genuine(), known, in_2026);
    ASSERT_TRUE(judged) << judged.error().message;
    EXPECT_THAT(judged->keys, ElementsAre("certificate"));
    EXPECT_NE(judged->sender.key_id, "certificate") << "an event shows which";
}

TEST(key_endpoint, gives_a_key_until_its_end) {
    auto const by = std::get<key_endpoint>(std::get<jwt_check>(with_endpoint().verify->is).keys).kept;
    auto const read = [&](std::string const& json) {
        return read_fact(by, {.method = "POST", .url = "u", .fields = {}, .body = {}},
                         {.status = 200, .fields = {}, .body = json});
    };
    auto const key = std::string{R"({"key":)"} + ed25519;
    EXPECT_EQ(read(key + R"(,"expired_at":null}})")->keys->keys.front().until, std::nullopt);
    EXPECT_EQ(read(key + "}}")->keys->keys.front().until, std::nullopt);
    EXPECT_EQ(read(key + R"(,"expired_at":1767225600}})")->keys->keys.front().until, in_2026);
    EXPECT_EQ(read(key + R"(,"expired_at":"soon"}})").error().message, "u: has an end that is no time");
    EXPECT_EQ(read("{}").error().message, "u: has no key at /key");
}

// https://plaid.com/docs/errors/: wrong credentials and an unknown key are both answered 400.
TEST(fetched_checks, tell_who_is_refused_from_what_nobody_has) {
    using kind = fetch_rule::kind;
    auto const code_of = [](fetch_rule const& by, unsigned status, std::string const& body = {}) {
        auto const read = read_fact(by, {.method = "POST", .url = "u", .fields = {}, .body = {}},
                                    {.status = status, .fields = {}, .body = body});
        return read ? errc::internal : read.error().code;
    };
    fetch_rule told{.what = kind::key};
    told.unknown = {{"/error_code", "INVALID_WEBHOOK_VERIFICATION_KEY_ID"}};
    EXPECT_EQ(code_of(told, 400, R"({"error_code":"INVALID_WEBHOOK_VERIFICATION_KEY_ID"})"), errc::not_found);
    for (auto const* other :
         {R"({"error_code":"INVALID_API_KEYS"})", R"({"error_code":400})", "{}", "<html>", "",
          R"({"error_code":"","error_code":"INVALID_WEBHOOK_VERIFICATION_KEY_ID"})"}) {
        EXPECT_EQ(code_of(told, 400, other), errc::permission_denied) << other;
        EXPECT_EQ(code_of(told, 500, other), errc::unavailable) << other;
        EXPECT_EQ(code_of({.what = kind::key}, 400, other), errc::not_found) << other;
    }
    told.unknown = {{"/status", "404"}, {"/is_known", "false"}};
    EXPECT_EQ(code_of(told, 400, R"({"status":404,"is_known":false})"), errc::not_found);
    EXPECT_EQ(code_of(told, 400, R"({"status":"404","is_known":"false"})"), errc::not_found);
    for (auto const* other : {R"({"status":404,"is_known":true})", R"({"status":404,"is_known":null})",
                              R"({"status":[404],"is_known":false})", R"({"status":4040,"is_known":false})"})
        EXPECT_EQ(code_of(told, 400, other), errc::permission_denied) << other;
    for (auto const what : {kind::key, kind::token, kind::answer}) {
        EXPECT_EQ(code_of({.what = what}, 401), errc::unauthenticated);
        EXPECT_EQ(code_of({.what = what}, 403), errc::permission_denied);
        EXPECT_EQ(code_of({.what = what}, 429), errc::unavailable);
    }
    EXPECT_EQ(code_of({.what = kind::token}, 400), errc::permission_denied) << "RFC 6749, 5.2";
    for (auto const what : {kind::certificate, kind::key_set}) {
        for (auto const status : {401U, 403U, 404U})
            EXPECT_EQ(code_of({.what = what}, status), errc::not_found);
    }
}

TEST(fetched_checks, look_at_answers_by_pointers_alone) {
    auto source = with_endpoint();
    auto& kept = std::get<key_endpoint>(std::get<jwt_check>(source.verify->is).keys).kept;
    kept.key_at = "key";
    kept.until_at = "/~2";
    kept.unknown = {{"error", "x"}};
    EXPECT_THAT(mistakes_of(source),
                ElementsAre(R"(sources.test.verify.jwt.keys.key_at: "key" is not a JSON pointer)",
                            R"(sources.test.verify.jwt.keys.until_at: "/~2" is not a JSON pointer)",
                            R"(sources.test.verify.jwt.keys.unknown: "error" is not a JSON pointer)"));
}

TEST(fetched_checks, stand_only_where_somebody_fetches) {
    auto source = source_with(check_of(body_mac("x-signature", "")), {secret_of("a secret of some length")});
    handshake_rule rule;
    rule.when.methods = {"GET"};
    rule.require = *certified().verify;
    source.handshakes = {rule};
    EXPECT_THAT(mistakes_of(source), Contains(HasSubstr("nothing is fetched for a handshake")));
    auto each = source_with(
        {each_check{json_path{"/items"}, std::make_shared<check const>(*certified().verify)}, {}, {}, {}});
    EXPECT_THAT(mistakes_of(each), Contains(HasSubstr("nothing is fetched for the items of an `each`")));
}

// ---- A call that a handshake asks for

settings with_call() {
    auto source = source_with(check_of(body_mac("x-signature", "")), {secret_of("a secret of some length")});
    handshake_rule rule;
    rule.when.json = {{json_path{"/type"}, "confirm"}};
    rule.require = require_verified{};
    rule.call = call_rule{.url = json_at("/url"),
                          .hosts = {"sns.{region}.example.com"},
                          .path = "/",
                          .query = {{"Action", {constant("Confirm")}}, {"Token", {json_at("/token")}}}};
    source.handshakes = {rule};
    return source;
}

TEST(call, goes_to_an_allowed_host_with_a_query_of_signed_members) {
    auto const made = authenticator_of(with_call());
    auto const call = [&](std::string const& url) {
        auto const incoming = post(R"({"type":"confirm","token":"a&b=c /","url":")" + url + "\"}");
        auto const* which = made.handshake_for(incoming);
        auto const wanted = made.call_of(*which, incoming);
        return wanted ? (*wanted)->asks.url : wanted.error().message;
    };
    EXPECT_EQ(call("https://sns.eu-west-1.example.com/?Action=Delete&x=y"),
              "https://sns.eu-west-1.example.com/?Action=Confirm&Token=a%26b%3Dc%20%2F");
    for (auto const* url :
         {"http://sns.eu-west-1.example.com/", "https://evil.example/?https://sns.eu-west-1.example.com/",
          "https://sns.eu-west-1.example.com/other", "https://sns.eu-west-1.example.com"}) {
        EXPECT_EQ(call(url), "handshake: the URL to call is not at an allowed place");
    }
}

TEST(call, is_made_for_nobody_who_has_not_signed_it) {
    auto source = with_call();
    source.handshakes[0].require = require_nothing{};
    EXPECT_THAT(mistakes_of(source), ElementsAre("sources.test.handshake[0].call: is made for anybody"));
    source = with_call();
    source.handshakes[0].call->query.push_back({"h", {header_named("x-other")}});
    EXPECT_THAT(mistakes_of(source),
                ElementsAre("sources.test.handshake[0].call.query.h: header x-other is not signed"));
}

// ---- A batch whose items have ids of their own

TEST(batch, has_the_id_of_its_only_item_or_the_digest_of_all) {
    auto source = source_with(check_of(body_mac("x-signature", "")), {secret_of("0123456789abcdef")});
    source.delivery.each = id_each{json_path{""}, json_of_item("/id")};
    source.delivery.id_signed = true;
    auto const made = authenticator_of(source);
    auto const id_of = [&](std::string const& text) {
        // printf %s TEXT | openssl dgst -sha256 -hmac 0123456789abcdef
        mac_key const key{mac_algorithm::hmac_sha256, "0123456789abcdef"};
        auto const signature = to_hex(key.compute(text).view());
        return verify(made, post(text, {{"x-signature", signature}})).value().sender.delivery_id;
    };
    EXPECT_EQ(id_of(R"([{"id":"a"}])"), "a");
    auto const both = id_of(R"([{"id":"a"},{"id":"b"}])");
    EXPECT_EQ(both.size(), 64U);
    EXPECT_EQ(id_of(R"([ {"id":"a","x":1}, {"id":"b"}])"), both);
    EXPECT_NE(id_of(R"([{"id":"b"},{"id":"a"}])"), both);
    EXPECT_NE(id_of(R"([{"id":"ab"},{"id":""}])"), both);
    for (auto const* none : {"[]", "{}", R"([{"id":"a"},{}])", R"([{"id":"a"},{"id":""}])", "not json"})
        EXPECT_EQ(id_of(none), "") << none;
    source.delivery.id = header_named("x-id");
    EXPECT_THAT(mistakes_of(source), Contains("sources.test.delivery.id_each: stands beside `id`"));
}

}  // namespace
}  // namespace headgate::auth
