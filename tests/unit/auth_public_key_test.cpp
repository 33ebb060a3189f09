#include "auth/public_key.hpp"
#include "core/encoding.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

namespace headgate::auth {
namespace {

using algorithm = signature_algorithm;
using form = public_key_shape::form;

std::string hex(std::string_view text) {
    return decode_hex(text, hex_case::any).value();
}

std::string base64(std::string_view text) {
    return decode_base64(text, base64_alphabet::standard).value();
}

struct vector_row {
    char const* name;
    algorithm by;
    form written;
    std::string key;
    std::string message;
    std::string signature;
};

// RFC 6979, A.2.5: P-256, SHA-256, "sample". The key as `openssl pkey -pubin -text` reads it.
std::string const p256_point =
    hex("0460FED4BA255A9D31C961EB74C6356D68C049B8923B61FA6CE669622E60F29FB67903FE1008B8BC99A41AE9E95628BC64F2"
        "F1B20C2D7E9F51"
        "77A3C294D4462299");
std::string const p256_signature =
    hex("EFD48B2AACB6A8FD1140DD9CD45E81D69D2C877B56AAF991C34D0EA84EAF3716"
        "F7CB1C942D657C41D436C7A1B6E29F65F3E900DBB9AFF4064DC4AB2F843ACDA8");
std::string const p256_der =
    hex("3046022100EFD48B2AACB6A8FD1140DD9CD45E81D69D2C877B56AAF991C34D0EA84EAF3716"
        "022100F7CB1C942D657C41D436C7A1B6E29F65F3E900DBB9AFF4064DC4AB2F843ACDA8");
std::string const p256_spki = base64(
    "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEYP7UuiVanTHJYet0xjVtaMBJuJI7Yfps5mliLmDyn7Z5A/"
    "4QCLi8maQa6elWKLxk8vGyDC1+"
    "n1F3o8KU1EYimQ==");

// RFC 7515, A.2: the key in the form `openssl pkey` writes it.
std::string const rsa_pem = R"(-----BEGIN PUBLIC KEY-----
MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAofgWCuLjybRlzo0tZWJj
NiuSfb4p4fAkd/wWJcyQoTbji9k0l8W26mPddxHmfHQp+Vaw+4qPCJrcS2mJPMEz
P1Pt0Bm4d4QlL+yRT+SFd2lZS+pCgNMsD1W/YpRPEwOWvG6b32690r2jZ47soMZo
9wGzjb/7OMg0LOL+bSf63kpaSHSXndS5z5rexMdbBYUsLA9e+KXBdQOS+UTo7WTB
EMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6/I5IhlJH7aGhyxX
FvUK+DWNmoudF8NAco9/h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXp
oQIDAQAB
-----END PUBLIC KEY-----
)";
std::string const rsa_message =
    "eyJhbGciOiJSUzI1NiJ9."
    "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
std::string const rsa_signature =
    decode_base64(
        "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_"
        "O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZ"
        "cAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_"
        "dO--xi12jzDwusC-e"
        "OkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_"
        "IoypGlUPQGe77Rw",
        base64_alphabet::url)
        .value();

// RFC 8032, 7.1: tests 1 to 3.
std::string const ed25519_key = hex("fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025");
std::string const ed25519_signature =
    hex("6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
        "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a");
std::string const ed25519_spki_prefix = hex("302a300506032b6570032100");

std::vector<vector_row> const& published() {
    static std::vector<vector_row> const rows{
        {"ed25519_1", algorithm::ed25519, form::raw,
         hex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"), "",
         hex("e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46"
             "bd25bf5f0595b"
             "be24655141438e7a100b")},
        {"ed25519_2", algorithm::ed25519, form::raw,
         hex("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c"), "\x72",
         hex("92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8"
             "c387b2eaeb430"
             "2aeeb00d291612bb0c00")},
        {"ed25519_3", algorithm::ed25519, form::raw, ed25519_key, "\xaf\x82", ed25519_signature},
        {"ed25519_spki", algorithm::ed25519, form::spki, ed25519_spki_prefix + ed25519_key, "\xaf\x82",
         ed25519_signature},
        {"p256_raw", algorithm::ecdsa_p256_sha256_raw, form::raw, p256_point, "sample", p256_signature},
        {"p256_der", algorithm::ecdsa_p256_sha256_der, form::spki, p256_spki, "sample", p256_der},
        {"rsa", algorithm::rsa_pkcs1_sha256, form::pem, rsa_pem, rsa_message, rsa_signature},
    };
    return rows;
}

public_key key_of(vector_row const& row) {
    return public_key::read(row.key, row.written, scheme_of(row.by)).value();
}

bool verifies(vector_row const& row, std::string_view signature, std::string_view message) {
    std::vector<text> const pieces{text{message.substr(0, message.size() / 2)},
                                   text{message.substr(message.size() / 2)}};
    return key_of(row).verifies(signature, pieces);
}

class published_signatures : public ::testing::TestWithParam<vector_row> {};

TEST_P(published_signatures, are_genuine) {
    EXPECT_TRUE(verifies(GetParam(), GetParam().signature, GetParam().message));
}

TEST_P(published_signatures, are_of_one_message_only) {
    EXPECT_FALSE(verifies(GetParam(), GetParam().signature, GetParam().message + "x"));
}

TEST_P(published_signatures, are_refused_with_any_bit_flipped) {
    auto const& row = GetParam();
    for (std::size_t i = 0; i < row.signature.size(); ++i) {
        auto changed = row.signature;
        changed[i] = static_cast<char>(changed[i] ^ 1 << (i % 8));
        EXPECT_FALSE(verifies(row, changed, row.message)) << "byte " << i;
    }
}

TEST_P(published_signatures, are_refused_cut_or_with_more) {
    auto const& row = GetParam();
    for (std::size_t size = 0; size < row.signature.size(); ++size) {
        EXPECT_FALSE(verifies(row, row.signature.substr(0, size), row.message)) << size;
    }
    EXPECT_FALSE(verifies(row, row.signature + '\0', row.message));
    EXPECT_FALSE(verifies(row, '\0' + row.signature, row.message));
    EXPECT_FALSE(verifies(row, row.signature + row.signature, row.message));
}

INSTANTIATE_TEST_SUITE_P(rows, published_signatures, ::testing::ValuesIn(published()),
                         [](auto const& row) { return std::string{row.param.name}; });

TEST(ecdsa, refuses_zero_and_the_other_form) {
    auto const& raw = published()[4];
    auto const& der = published()[5];
    std::string const zeros(64, '\0');
    EXPECT_FALSE(verifies(raw, zeros, "sample")) << "CVE-2022-21449";
    EXPECT_FALSE(verifies(raw, p256_signature.substr(0, 32) + zeros.substr(0, 32), "sample"));
    EXPECT_FALSE(verifies(raw, zeros.substr(0, 32) + p256_signature.substr(32), "sample"));
    EXPECT_FALSE(verifies(raw, p256_der, "sample"));
    EXPECT_FALSE(verifies(der, p256_signature, "sample"));
    EXPECT_FALSE(verifies(der, hex("3006020100020100"), "sample"));
    // A length in two bytes where one does: BER, and no second spelling is taken.
    EXPECT_FALSE(verifies(der, hex("308146") + p256_der.substr(2), "sample"));
}

struct wrong_key {
    char const* name;
    algorithm by;
    form written;
    std::string bytes;
    std::string said;
};

class wrong_keys : public ::testing::TestWithParam<wrong_key> {};

TEST_P(wrong_keys, are_refused) {
    auto const& row = GetParam();
    auto const read = public_key::read(row.bytes, row.written, scheme_of(row.by));
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().code, errc::invalid_argument);
    EXPECT_EQ(read.error().message, row.said);
    EXPECT_FALSE(read.error().remedy.empty());
}

std::string const no_key = "is not a public key in the configured form";

// openssl genrsa 1024 | openssl pkey -pubout -outform DER
std::string const rsa_1024_spki = base64(
    "MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQC694VmbxzGOCfJbJuy/AGtPOQkxqk7VJ1y2lCxEop1c2Amcew8SwwFRJu5QQyd"
    "nMnZ+yJclVwrRI5mwQPyBLK08yQb4HzypUVlBinvYXajHraL2+yIojmlyDjjFLP7zdRPkTXabO8BX9iRh8mDQ4NvgOYgDyydpPWh"
    "cjPxlGkSmwIDAQAB");
// openssl ecparam -name secp384r1 -genkey -noout | openssl pkey -pubout -outform DER
std::string const p384_spki = base64(
    "MHYwEAYHKoZIzj0CAQYFK4EEACIDYgAEow0Cv2qE73rfm/nfmWxmXiIjqBBBTWdRC5qfWb9vhlsYBjoBAH36HJ+Akdul+iMwSDsk"
    "y6rSfL250qJWbqVh1cmMPnhhrLRTwj9rgiFjslgGYG/+2eN3IHSqBPPIRurr");

INSTANTIATE_TEST_SUITE_P(
    rows, wrong_keys,
    ::testing::Values(
        wrong_key{"empty", algorithm::ed25519, form::raw, "", no_key},
        wrong_key{"a_byte_short", algorithm::ed25519, form::raw, ed25519_key.substr(1), no_key},
        wrong_key{"a_byte_long", algorithm::ed25519, form::raw, ed25519_key + "x", no_key},
        wrong_key{"raw_as_spki", algorithm::ed25519, form::spki, ed25519_key, no_key},
        wrong_key{"spki_as_pem", algorithm::ed25519, form::pem, ed25519_spki_prefix + ed25519_key, no_key},
        wrong_key{"spki_with_more", algorithm::ed25519, form::spki, ed25519_spki_prefix + ed25519_key + "x",
                  no_key},
        wrong_key{"raw_rsa", algorithm::rsa_pkcs1_sha256, form::raw, ed25519_key, no_key},
        wrong_key{"compressed_point", algorithm::ecdsa_p256_sha256_raw, form::raw,
                  "\x02" + p256_point.substr(1, 32), no_key},
        wrong_key{"point_off_the_curve", algorithm::ecdsa_p256_sha256_raw, form::raw,
                  p256_point.substr(0, 64) + "x", no_key},
        wrong_key{"point_at_infinity", algorithm::ecdsa_p256_sha256_raw, form::raw, std::string(1, '\0'),
                  no_key},
        wrong_key{"p256_for_ed25519", algorithm::ed25519, form::spki, p256_spki, "is not a key of Ed25519"},
        wrong_key{"ed25519_for_p256", algorithm::ecdsa_p256_sha256_der, form::spki,
                  ed25519_spki_prefix + ed25519_key, "is not a key on the curve P-256"},
        wrong_key{"p384_for_p256", algorithm::ecdsa_p256_sha256_raw, form::spki, p384_spki,
                  "is not a key on the curve P-256"},
        wrong_key{"p256_for_rsa", algorithm::rsa_pkcs1_sha256, form::spki, p256_spki, "is not an RSA key"},
        wrong_key{"rsa_for_p256", algorithm::ecdsa_p256_sha256_der, form::pem, rsa_pem,
                  "is not a key on the curve P-256"},
        wrong_key{"rsa_of_1024_bits", algorithm::rsa_pkcs1_sha256, form::spki, rsa_1024_spki,
                  "is an RSA key that is too weak or too large"}),
    [](auto const& row) { return std::string{row.param.name}; });

}  // namespace
}  // namespace headgate::auth
