#include "auth/token.hpp"
#include "auth/token_keys.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

// JWK and JWK sets: which keys are used, and for what. The keys are those of RFC 7515, A.2 and A.3, and of
// RFC 8037, A.2.

namespace headgate::auth {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string const rsa_numbers =
    R"("n":")"
    "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0B"
    "m4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5"
    "z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7"
    "aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ"
    R"(","e":"AQAB")";
std::string const p256_x = R"("x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU")";
std::string const p256_y = R"("y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0")";
std::string const p256 = R"("kty":"EC","crv":"P-256",)" + p256_x + "," + p256_y;
std::string const ed25519 =
    R"("kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo")";

std::string rsa(std::string const& more = {}) {
    return R"({"kty":"RSA",)" + rsa_numbers + more + "}";
}

// What is read of it: "RS256 name" …, or why nothing is.
std::vector<std::string> read(std::string const& json) {
    auto const keys = read_jwks(json);
    if (!keys) return {keys.error().message};
    std::vector<std::string> all;
    for (auto const& each : *keys) {
        all.push_back(std::string{name_of(each.algorithm)} + (each.key_id.empty() ? "" : " " + each.key_id));
    }
    return all;
}

TEST(jwk, serves_the_algorithms_of_its_kind_or_the_one_that_it_names) {
    EXPECT_THAT(read(rsa()), ElementsAre("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"));
    EXPECT_THAT(read(rsa(R"(,"alg":"PS384","kid":"a")")), ElementsAre("PS384 a"));
    EXPECT_THAT(read("{" + p256 + "}"), ElementsAre("ES256"));
    EXPECT_THAT(read("{" + ed25519 + "}"), ElementsAre("EdDSA"));
}

TEST(jwk, is_refused_when_it_is_no_public_key_for_signatures) {
    auto const wrong_point = R"({"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",)"
                             R"("y":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"})";
    struct row {
        std::string json;
        char const* said;
    };
    for (auto const& [json, said] : {
             row{rsa(R"(,"use":"enc")"), "not for signatures"},
             row{rsa(R"(,"use":5)"), "not for signatures"},
             row{rsa(R"(,"key_ops":["encrypt"])"), "not for signatures"},
             row{rsa(R"(,"key_ops":"verify")"), "not for signatures"},
             row{rsa(R"(,"alg":"ES256")"), "alg does not fit"},
             row{rsa(R"(,"alg":"HS256")"), "alg does not fit"},
             row{rsa(R"(,"alg":"RSA-OAEP")"), "alg does not fit"},
             row{rsa(R"(,"alg":5)"), "alg does not fit"},
             row{rsa(R"(,"kid":5)"), "kid is no name"},
             row{rsa(R"(,"kid":"")"), "kid is no name"},
             row{rsa(R"(,"kid":"a b")"), "kid is no name"},
             row{rsa(R"(,"d":"AQ")"), "is a private key"},
             row{rsa(R"(,"e":"AQAB")"), "stands twice"},
             row{R"({"kty":"oct","k":"AAAA"})", "kind that is not known"},
             row{R"({"kty":"EC","crv":"secp256k1"})", "kind that is not known"},
             row{R"({"kty":"OKP","crv":"X25519"})", "kind that is not known"},
             row{R"({"kty":"rsa"})", "kind that is not known"},
             row{R"({"kty":"RSA","e":"AQAB"})", "without canonical n and e"},
             row{R"({"kty":"RSA","n":"AQ==","e":"AQAB"})", "without canonical n and e"},
             row{R"({"kty":"RSA","n":"wQAB","e":"AQAB"})", "too weak or too large"},
             row{R"({"kty":"EC","crv":"P-256",)" + p256_x + "}", "without canonical x and y"},
             row{R"({"kty":"EC","crv":"P-384",)" + p256_x + "," + p256_y + "}", "not a public key"},
             row{wrong_point, "not a public key"},
             row{R"({"kty":"OKP","crv":"Ed25519","x":"AAAA"})", "not a public key"},
             row{"[]", "no JSON object of keys"},
             row{"", "no JSON object of keys"},
             row{R"({"keys":{}})", "has no list of keys"},
             row{R"({"keys":[]})", "has no keys"},
             row{R"({"keys":[5]})", "its first key is no JWK"},
         }) {
        EXPECT_THAT(read(json), ElementsAre(HasSubstr(said))) << json;
    }
}

TEST(jwk, with_a_weak_exponent_is_refused) {
    auto weak = rsa();
    weak.replace(weak.find("AQAB"), 4, "AQ");
    EXPECT_THAT(read(weak), ElementsAre(HasSubstr("too weak or too large")));
    auto even = rsa();
    even.replace(even.find("AQAB"), 4, "AQAA");
    EXPECT_THAT(read(even), ElementsAre(HasSubstr("too weak or too large")));
}

TEST(jwks, leaves_out_what_is_of_no_use) {
    EXPECT_THAT(read(R"({"keys":[{"kty":"oct","k":"AAAA","kid":"s"},{"kty":"new"},{)" + p256 +
                     R"(,"kid":"a"},{)" + p256 + R"(,"use":"enc","kid":"b"},{)" + ed25519 + "}]}"),
                ElementsAre("ES256 a", "EdDSA"));
}

TEST(jwks, has_a_bounded_number_of_keys) {
    auto const of = [](std::size_t count) {
        std::string json = R"({"keys":[)";
        for (std::size_t i = 0; i < count; ++i) json += (i ? ",{" : "{") + ed25519 + "}";
        return read(json + "]}");
    };
    EXPECT_EQ(of(64).size(), 64U);
    EXPECT_THAT(of(65), ElementsAre("has more than 64 keys"));
}

}  // namespace
}  // namespace headgate::auth
