#include "auth/public_key.hpp"

#include "auth/openssl_care.hpp"
#include "core/check.hpp"

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <utility>

namespace headgate::auth {
namespace {

using bio = std::unique_ptr<BIO, freed_by<BIO_free>>;
using number = std::unique_ptr<BIGNUM, freed_by<BN_free>>;
using key_context = std::unique_ptr<EVP_PKEY_CTX, freed_by<EVP_PKEY_CTX_free>>;
using digest_context = std::unique_ptr<EVP_MD_CTX, freed_by<EVP_MD_CTX_free>>;
using ecdsa_signature = std::unique_ptr<ECDSA_SIG, freed_by<ECDSA_SIG_free>>;
using parameter_builder = std::unique_ptr<OSSL_PARAM_BLD, freed_by<OSSL_PARAM_BLD_free>>;
using parameters = std::unique_ptr<OSSL_PARAM, freed_by<OSSL_PARAM_free>>;
using shared_key = std::shared_ptr<EVP_PKEY>;

constexpr int rsa_bits_min = 2048;
constexpr int rsa_bits_max = 8192;

unsigned char const* octets(std::string_view bytes) {
    return reinterpret_cast<unsigned char const*>(bytes.data());
}

shared_key owned(EVP_PKEY* key) {
    return {key, EVP_PKEY_free};
}

std::unexpected<error> no_key(std::string what, std::string remedy) {
    return refuse(errc::invalid_argument, std::move(what), std::move(remedy));
}

using key_kind = signature_scheme::key;

struct curve {
    key_kind kind;
    char const* name;  // As OpenSSL calls it.
    std::size_t coordinate_bytes;
};
constexpr std::array curves{curve{key_kind::p256, SN_X9_62_prime256v1, 32},
                            curve{key_kind::p384, SN_secp384r1, 48}, curve{key_kind::p521, SN_secp521r1, 66}};

// Null for kinds that have none.
curve const* curve_of(key_kind kind) {
    auto const found = std::ranges::find(curves, kind, &curve::kind);
    return found == curves.end() ? nullptr : &*found;
}

shared_key made_from(char const* type, OSSL_PARAM* parameters) {
    key_context const context{EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr)};
    if (!context || EVP_PKEY_fromdata_init(context.get()) != 1) return nullptr;
    EVP_PKEY* made = nullptr;
    if (EVP_PKEY_fromdata(context.get(), &made, EVP_PKEY_PUBLIC_KEY, parameters) != 1) return nullptr;
    return owned(made);
}

shared_key read_pem(std::string_view text) {
    bio const from{BIO_new_mem_buf(text.data(), static_cast<int>(text.size()))};
    return owned(PEM_read_bio_PUBKEY(from.get(), nullptr, nullptr, nullptr));
}

shared_key read_spki(std::string_view bytes) {
    auto const* at = octets(bytes);
    auto key = owned(d2i_PUBKEY(nullptr, &at, static_cast<long>(bytes.size())));
    return at == octets(bytes) + bytes.size() ? key : nullptr;
}

// 0x04, X, Y. OpenSSL checks that the point is on the curve.
shared_key read_point(std::string_view bytes, curve const& on) {
    if (bytes.size() != 1 + 2 * on.coordinate_bytes || bytes.front() != 4) return nullptr;
    std::string group = on.name;
    std::string point{bytes};
    std::array parameters{
        OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group.data(), group.size()),
        OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size()),
        OSSL_PARAM_construct_end()};
    return made_from("EC", parameters.data());
}

shared_key read_raw(std::string_view bytes, key_kind kind) {
    if (kind == key_kind::ed25519) {
        return owned(EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, octets(bytes), bytes.size()));
    }
    auto const* on = curve_of(kind);
    return on ? read_point(bytes, *on) : nullptr;
}

shared_key read_key(std::string_view bytes, public_key_shape::form written, key_kind kind) {
    switch (written) {
        case public_key_shape::form::pem: return read_pem(bytes);
        case public_key_shape::form::spki: return read_spki(bytes);
        case public_key_shape::form::raw: return read_raw(bytes, kind);
    }
    return nullptr;
}

bool is_on(curve const& wanted, EVP_PKEY* key) {
    std::array<char, 64> name{};
    std::size_t size = 0;
    return EVP_PKEY_get_group_name(key, name.data(), name.size(), &size) == 1 &&
           std::string_view{name.data(), size} == wanted.name;
}

// FIPS 186-4: an exponent that is odd and greater than one.
bool has_sound_exponent(EVP_PKEY* key) {
    BIGNUM* found = nullptr;
    if (EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_E, &found) != 1) return false;
    number const exponent{found};
    return BN_is_odd(found) == 1 && BN_num_bits(found) > 1;
}

// By kind.
constexpr std::array other_kind{"is not a key of Ed25519", "is not a key on the curve P-256",
                                "is not a key on the curve P-384", "is not a key on the curve P-521",
                                "is not an RSA key"};

bool is_of(key_kind kind, EVP_PKEY* key) {
    if (kind == key_kind::ed25519) return EVP_PKEY_is_a(key, "ED25519") == 1;
    if (kind == key_kind::rsa) return EVP_PKEY_is_a(key, "RSA") == 1;
    return EVP_PKEY_is_a(key, "EC") == 1 && is_on(*curve_of(kind), key);
}

std::optional<error> unfit(EVP_PKEY* key, key_kind kind) {
    if (!is_of(kind, key)) {
        return error{errc::invalid_argument, other_kind[static_cast<std::size_t>(kind)],
                     "copy the sender's public key, or correct alg"};
    }
    if (kind != key_kind::rsa) return std::nullopt;
    auto const bits = EVP_PKEY_get_bits(key);
    if (bits < rsa_bits_min || bits > rsa_bits_max || !has_sound_exponent(key)) {
        return error{errc::invalid_argument, "is an RSA key that is too weak or too large",
                     "use one of 2048 to 8192 bits"};
    }
    return std::nullopt;
}

// r and s, each with its whole length, to the DER that OpenSSL reads. Zero is no coordinate (CVE-2022-21449).
std::optional<std::string> der_of(std::string_view raw, std::size_t coordinate_bytes) {
    if (raw.size() != 2 * coordinate_bytes) return std::nullopt;
    auto const size_of_one = static_cast<int>(coordinate_bytes);
    number r{BN_bin2bn(octets(raw), size_of_one, nullptr)};
    number s{BN_bin2bn(octets(raw) + coordinate_bytes, size_of_one, nullptr)};
    ecdsa_signature const both{ECDSA_SIG_new()};
    if (!r || !s || !both || BN_is_zero(r.get()) || BN_is_zero(s.get())) return std::nullopt;
    if (ECDSA_SIG_set0(both.get(), r.get(), s.get()) != 1) return std::nullopt;
    static_cast<void>(r.release());
    static_cast<void>(s.release());
    unsigned char* written = nullptr;
    auto const size = i2d_ECDSA_SIG(both.get(), &written);
    if (size <= 0) return std::nullopt;
    std::string der{reinterpret_cast<char const*>(written), static_cast<std::size_t>(size)};
    OPENSSL_free(written);
    return der;
}

char const* digest_name(signature_scheme::hash hashed_by) {
    switch (hashed_by) {
        case signature_scheme::hash::none: break;
        case signature_scheme::hash::sha1: return "SHA1";
        case signature_scheme::hash::sha256: return "SHA256";
        case signature_scheme::hash::sha384: return "SHA384";
        case signature_scheme::hash::sha512: return "SHA512";
    }
    return nullptr;
}

// RFC 7518, 3.5: MGF1 with the same hash, and a salt of the hash's length.
bool use_pss(EVP_PKEY_CTX* context) {
    return EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PSS_PADDING) == 1 &&
           EVP_PKEY_CTX_set_rsa_pss_saltlen(context, RSA_PSS_SALTLEN_DIGEST) == 1;
}

shared_key checked(shared_key key, key_kind kind, std::optional<error>& flaw) {
    if (key) flaw = unfit(key.get(), kind);
    return key;
}

}  // namespace

signature_scheme scheme_of(signature_algorithm algorithm) noexcept {
    using enum signature_scheme::hash;
    using form = signature_scheme::form;
    switch (algorithm) {
        case signature_algorithm::ed25519: return {key_kind::ed25519, none, form::plain};
        case signature_algorithm::ecdsa_p256_sha256_der: return {key_kind::p256, sha256, form::der};
        case signature_algorithm::ecdsa_p256_sha256_raw: return {key_kind::p256, sha256, form::raw};
        case signature_algorithm::rsa_pkcs1_sha1: return {key_kind::rsa, sha1, form::plain};
        case signature_algorithm::rsa_pkcs1_sha256: break;
    }
    return {key_kind::rsa, sha256, form::plain};
}

result<public_key> public_key::read(std::string_view bytes, public_key_shape::form written,
                                    signature_scheme scheme) {
    quiet_errors const quiet;
    std::optional<error> flaw;
    auto key = checked(read_key(bytes, written, scheme.made_with), scheme.made_with, flaw);
    if (!key) {
        return no_key(
            "is not a public key in the configured form",
            "form: pem for -----BEGIN PUBLIC KEY-----, spki for its DER bytes, raw for the bare key");
    }
    if (flaw) return std::unexpected{*std::move(flaw)};
    return public_key{scheme, std::move(key)};
}

result<public_key> public_key::of_numbers(std::string_view modulus, std::string_view exponent,
                                          signature_scheme scheme) {
    quiet_errors const quiet;
    constexpr std::size_t bytes_max = rsa_bits_max / 8 + 1;
    bool const fits = modulus.size() <= bytes_max && exponent.size() <= bytes_max;
    number const n{fits ? BN_bin2bn(octets(modulus), static_cast<int>(modulus.size()), nullptr) : nullptr};
    number const e{fits ? BN_bin2bn(octets(exponent), static_cast<int>(exponent.size()), nullptr) : nullptr};
    parameter_builder const builder{OSSL_PARAM_BLD_new()};
    bool const pushed = n && e && builder &&
                        OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, n.get()) == 1 &&
                        OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, e.get()) == 1;
    parameters const both{pushed ? OSSL_PARAM_BLD_to_param(builder.get()) : nullptr};
    std::optional<error> flaw;
    auto key = checked(both ? made_from("RSA", both.get()) : nullptr, key_kind::rsa, flaw);
    if (!key) return no_key("is not an RSA key", "copy the sender's public key again");
    if (flaw) return std::unexpected{*std::move(flaw)};
    return public_key{scheme, std::move(key)};
}

public_key public_key::serving(signature_scheme scheme) const {
    HEADGATE_CHECK(scheme.made_with == scheme_.made_with, "a key serves only schemes of its own kind");
    return {scheme, key_};
}

bool public_key::verifies(std::string_view signature, std::span<text const> pieces) const {
    quiet_errors const quiet;
    std::optional<std::string> der;
    if (scheme_.written == signature_scheme::form::raw) {
        der = der_of(signature, curve_of(scheme_.made_with)->coordinate_bytes);
        if (!der) return false;
        signature = *der;
    }
    digest_context const context{EVP_MD_CTX_new()};
    EVP_PKEY_CTX* own = nullptr;  // The digest's.
    bool const ready = context && EVP_DigestVerifyInit_ex(context.get(), &own, digest_name(scheme_.hashed_by),
                                                          nullptr, nullptr, key_.get(), nullptr) == 1;
    if (!ready) return false;
    if (scheme_.written == signature_scheme::form::pss && !use_pss(own)) return false;
    if (scheme_.made_with == key_kind::ed25519) {  // Looks at the bytes twice, so it wants them whole.
        std::string whole;
        for (auto const& piece : pieces) whole += piece.view();
        return EVP_DigestVerify(context.get(), octets(signature), signature.size(), octets(whole),
                                whole.size()) == 1;
    }
    for (auto const& piece : pieces) {
        auto const bytes = piece.view();
        if (EVP_DigestVerifyUpdate(context.get(), bytes.data(), bytes.size()) != 1) return false;
    }
    return EVP_DigestVerifyFinal(context.get(), octets(signature), signature.size()) == 1;
}

}  // namespace headgate::auth
