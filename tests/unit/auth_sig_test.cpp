#include "core/encoding.hpp"
#include "tests/support/senders.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

// `sig` as a check: keys from secrets, several of them, and what it costs at most. The cryptography itself is
// in auth_public_key_test.cpp.

namespace headgate::auth {
namespace {

using namespace testing_support;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// RFC 8032, 7.1: tests 2 and 3.
constexpr char const* first_key = "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c";
constexpr char const* first_body = "\x72";
constexpr char const* first_signature =
    "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eae"
    "b4302aeeb0"
    "0d291612bb0c00";
constexpr char const* second_key = "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025";
constexpr char const* second_body = "\xaf\x82";
constexpr char const* second_signature =
    "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9"
    "716ed28dc0"
    "27beceea1ec40a";

sig_check ed25519_in_hex() {
    public_key_shape key;
    key.is = public_key_shape::form::raw;
    key.from.encoding = key_encoding::hex;
    sig_check sig;
    sig.key = key;
    sig.signs = values{body()};
    sig.signature.from = header_named("x-signature");
    return sig;
}

settings with_keys(std::vector<secret_entry> keys, sig_check sig = ed25519_in_hex()) {
    return source_with({std::move(sig), {}, {}, {}}, std::move(keys));
}

request with_signature(char const* body_text, std::string signature) {
    return post(body_text, {{"x-signature", std::move(signature)}});
}

TEST(sig, says_which_key_matched) {
    auto const source = authenticator_of(with_keys({secret_of(first_key), secret_of(second_key)}));
    auto const proof = verify(source, with_signature(second_body, second_signature));
    ASSERT_TRUE(proof) << proof.error().message;
    EXPECT_EQ(proof->sender.verified_by, "sig");
    EXPECT_EQ(proof->sender.key_id, "signing#1");
    EXPECT_EQ(proof->sender.covers, coverage::full);
    EXPECT_EQ(verify(source, with_signature(first_body, first_signature))->sender.key_id, "signing#0");
}

TEST(sig, refuses_whatever_is_off_by_a_little) {
    auto const source = authenticator_of(with_keys({secret_of(first_key)}));
    EXPECT_EQ(refusal(source, with_signature(second_body, second_signature)),
              "sig: the signature does not match");
    EXPECT_EQ(refusal(source, with_signature("", first_signature)), "sig: the signature does not match");
    EXPECT_EQ(refusal(source, post(first_body)), "sig: header x-signature is missing");
    std::string const whole = first_signature;
    EXPECT_EQ(refusal(source, with_signature(first_body, whole.substr(2))),
              "sig: header x-signature: the signature has 63 bytes, not 64");
    EXPECT_EQ(refusal(source, with_signature(first_body, "0x" + whole.substr(2))),
              "sig: header x-signature: the signature is not lower-case hex");
    auto twice = with_signature(first_body, whole);
    twice.head.fields.push_back(twice.head.fields.back());
    EXPECT_EQ(refusal(source, twice), "sig: header x-signature stands 2 times");
}

TEST(sig, takes_no_key_after_its_end) {
    auto const source = authenticator_of(with_keys({secret_of(first_key, second(100))}));
    EXPECT_TRUE(verify(source, with_signature(first_body, first_signature), second(99)));
    EXPECT_EQ(refusal(source, with_signature(first_body, first_signature), second(100)),
              "sig: every secret named signing has expired");
}

// Each try costs as much as a hundred MACs: whoever knows no key must not buy more of them with a longer
// header.
TEST(sig, tries_a_bounded_number_of_signatures) {
    auto sig = ed25519_in_hex();
    sig.signature.list = ",";
    auto const all = [&](std::size_t wrong_ones) {
        std::string header;
        for (std::size_t i = 0; i < wrong_ones; ++i) header += std::string{second_signature} + ",";
        return with_signature(first_body, header + first_signature);
    };
    auto const one_key = authenticator_of(with_keys({secret_of(first_key)}, sig));
    EXPECT_EQ(refusal(one_key, all(15)), "accepted");
    EXPECT_EQ(refusal(one_key, all(16)), "sig: header x-signature: the signature has more than 16 items");
    auto const two_keys = authenticator_of(with_keys({secret_of(second_key), secret_of(first_key)}, sig));
    EXPECT_EQ(refusal(two_keys, all(7)), "accepted");
    EXPECT_EQ(refusal(two_keys, all(8)), "sig: the signature does not match");
    EXPECT_EQ(two_keys.explain(all(8), {}, second(0)).back().remedy,
              "only 16 pairs of a key and a signature were tried: see limits.key_tries_max of the source");

    auto wider = with_keys({secret_of(second_key), secret_of(first_key)}, sig);
    wider.limits.key_tries_max = 18;
    EXPECT_EQ(refusal(authenticator_of(wider), all(8)), "accepted");
    EXPECT_EQ(refusal(authenticator_of(wider), all(9)), "sig: the signature does not match");
}

TEST(sig, refuses_keys_that_are_none) {
    auto source = with_keys({secret_of(first_key), secret_of("00")});
    EXPECT_THAT(mistakes_of(source),
                ElementsAre("sources.test.secrets.signing[1]: is not a public key in the configured form"));
    source = with_keys({secret_of("not hex at all, but long enough")});
    EXPECT_THAT(mistakes_of(source), ElementsAre("sources.test.secrets.signing[0]: is not canonical hex"));
    source.secrets.clear();
    EXPECT_THAT(mistakes_of(source),
                ElementsAre("sources.test.secrets.signing: there is no secret named signing"));
}

TEST(sig, refuses_sha_1_unless_it_is_wanted_and_a_time_that_is_not_signed) {
    auto weak = ed25519_in_hex();
    weak.algorithm = signature_algorithm::rsa_pkcs1_sha1;
    EXPECT_THAT(mistakes_of(with_keys({secret_of(first_key)}, weak)),
                ::testing::Contains("sources.test.verify.sig: rsa-pkcs1-sha1 is a weak algorithm"));
    auto timed = with_keys({secret_of(first_key)});
    timed.verify->time = time_in(header_named("x-time"));
    EXPECT_THAT(mistakes_of(timed), ElementsAre(HasSubstr("header x-time is not signed")));
}

TEST(sig, is_reached_only_after_the_cheap_checks) {
    auto const source = authenticator_of([] {
        auto both = with_keys({secret_of(first_key)});
        both.verify = all({{ed25519_in_hex(), {}, {}, {}}, peer_in({"198.51.100.0/24"})});
        return both;
    }());
    EXPECT_THAT(refusal(source, with_signature(second_body, second_signature)), HasSubstr("all[1].peer"));
}

}  // namespace
}  // namespace headgate::auth
