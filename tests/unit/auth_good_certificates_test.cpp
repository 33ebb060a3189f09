#include "auth/good_certificates.hpp"
#include "tests/support/senders.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <string>

// What is remembered of certificates. Time is passed in.

namespace headgate::auth {
namespace {

using testing_support::second;

// A raw key of Ed25519: RFC 8032, 7.1, test 1.
good_certificates::key_ptr some_key() {
    std::string const raw =
        "\xd7\x5a\x98\x01\x82\xb1\x0a\xb7\xd5\x4b\xfe\xd3\xc9\x64\x07\x3a\x0e\xe1\x72\xf3\xda\xa6\x23\x25\xaf"
        "\x02\x1a\x68\xf7\x07\x51\x1a";
    return std::make_shared<public_key const>(
        public_key::read(raw, public_key_shape::form::raw, scheme_of(signature_algorithm::ed25519)).value());
}

TEST(good_certificates, are_known_as_long_as_they_are_good) {
    good_certificates all;
    auto const key = some_key();
    all.keep("a", key, second(100), second(200));
    EXPECT_EQ(all.find("a", second(100)), key);
    EXPECT_EQ(all.find("a", second(199)), key);
    EXPECT_EQ(all.find("a", second(99)), nullptr);
    EXPECT_EQ(all.find("a", second(200)), nullptr);
    EXPECT_EQ(all.find("b", second(100)), nullptr);
    all.keep("a", key, second(200), second(300));
    EXPECT_EQ(all.find("a", second(250)), key);
}

TEST(good_certificates, are_bounded_in_number) {
    good_certificates all;
    auto const key = some_key();
    for (std::size_t i = 0; i < good_certificates::kept_max; ++i)
        all.keep(std::to_string(i), key, second(1), second(9));
    EXPECT_EQ(all.find("0", second(1)), key);
    all.keep("one more", key, second(1), second(9));
    EXPECT_EQ(all.find("0", second(1)), nullptr);
    EXPECT_EQ(all.find("one more", second(1)), key);
}

}  // namespace
}  // namespace headgate::auth
