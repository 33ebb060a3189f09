#include "auth/public_key.hpp"

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <array>
#include <optional>
#include <string>
#include <utility>

namespace headgate::auth {
namespace {

template <auto Free>
struct freed_by {
    template <class T>
    void operator()(T* it) const noexcept {
        Free(it);
    }
};
using bio = std::unique_ptr<BIO, freed_by<BIO_free>>;
using number = std::unique_ptr<BIGNUM, freed_by<BN_free>>;
using key_context = std::unique_ptr<EVP_PKEY_CTX, freed_by<EVP_PKEY_CTX_free>>;
using digest_context = std::unique_ptr<EVP_MD_CTX, freed_by<EVP_MD_CTX_free>>;
using ecdsa_signature = std::unique_ptr<ECDSA_SIG, freed_by<ECDSA_SIG_free>>;
using shared_key = std::shared_ptr<EVP_PKEY>;

constexpr std::size_t coordinate_bytes = 32;  // Of P-256.
constexpr std::size_t raw_signature_bytes = 2 * coordinate_bytes;
constexpr int rsa_bits_min = 2048;
constexpr int rsa_bits_max = 8192;

// OpenSSL keeps its complaints per thread, and whoever asks next would take them for its own.
struct quiet_errors {
    quiet_errors() = default;
    ~quiet_errors() { ERR_clear_error(); }
    quiet_errors(quiet_errors const&) = delete;
    quiet_errors& operator=(quiet_errors const&) = delete;
};

unsigned char const* octets(std::string_view bytes) {
    return reinterpret_cast<unsigned char const*>(bytes.data());
}

shared_key owned(EVP_PKEY* key) {
    return {key, EVP_PKEY_free};
}

std::unexpected<error> no_key(std::string what, std::string remedy) {
    return refuse(errc::invalid_argument, std::move(what), std::move(remedy));
}

bool is_ecdsa(signature_algorithm algorithm) {
    return algorithm == signature_algorithm::ecdsa_p256_sha256_der ||
           algorithm == signature_algorithm::ecdsa_p256_sha256_raw;
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
shared_key read_point(std::string_view bytes) {
    if (bytes.size() != 1 + raw_signature_bytes || bytes.front() != 4) return nullptr;
    key_context const context{EVP_PKEY_CTX_new_from_name(nullptr, "EC", nullptr)};
    if (!context || EVP_PKEY_fromdata_init(context.get()) != 1) return nullptr;
    std::string curve = "P-256";
    std::string point{bytes};
    std::array parameters{
        OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, curve.data(), curve.size()),
        OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size()),
        OSSL_PARAM_construct_end()};
    EVP_PKEY* made = nullptr;
    if (EVP_PKEY_fromdata(context.get(), &made, EVP_PKEY_PUBLIC_KEY, parameters.data()) != 1) return nullptr;
    return owned(made);
}

shared_key read_raw(std::string_view bytes, signature_algorithm algorithm) {
    if (algorithm == signature_algorithm::ed25519) {
        return owned(EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, octets(bytes), bytes.size()));
    }
    return is_ecdsa(algorithm) ? read_point(bytes) : nullptr;
}

shared_key read_key(std::string_view bytes, public_key_shape::form written, signature_algorithm algorithm) {
    switch (written) {
        case public_key_shape::form::pem: return read_pem(bytes);
        case public_key_shape::form::spki: return read_spki(bytes);
        case public_key_shape::form::raw: return read_raw(bytes, algorithm);
    }
    return nullptr;
}

bool is_on_p256(EVP_PKEY* key) {
    std::array<char, 64> name{};
    std::size_t size = 0;
    return EVP_PKEY_get_group_name(key, name.data(), name.size(), &size) == 1 &&
           std::string_view{name.data(), size} == SN_X9_62_prime256v1;
}

// FIPS 186-4: an exponent that is odd and greater than one.
bool has_sound_exponent(EVP_PKEY* key) {
    BIGNUM* found = nullptr;
    if (EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_E, &found) != 1) return false;
    number const exponent{found};
    return BN_is_odd(found) == 1 && BN_num_bits(found) > 1;
}

std::optional<error> unfit(EVP_PKEY* key, signature_algorithm algorithm) {
    auto const wrong = [](std::string what, std::string remedy) {
        return error{errc::invalid_argument, std::move(what), std::move(remedy)};
    };
    if (algorithm == signature_algorithm::ed25519) {
        if (EVP_PKEY_is_a(key, "ED25519") == 1) return std::nullopt;
        return wrong("is not a key of Ed25519", "copy the sender's public key, or correct alg");
    }
    if (is_ecdsa(algorithm)) {
        if (EVP_PKEY_is_a(key, "EC") == 1 && is_on_p256(key)) return std::nullopt;
        return wrong("is not a key on the curve P-256", "copy the sender's public key, or correct alg");
    }
    if (EVP_PKEY_is_a(key, "RSA") != 1) {
        return wrong("is not an RSA key", "copy the sender's public key, or correct alg");
    }
    auto const bits = EVP_PKEY_get_bits(key);
    if (bits < rsa_bits_min || bits > rsa_bits_max || !has_sound_exponent(key)) {
        return wrong("is an RSA key that is too weak or too large", "use one of 2048 to 8192 bits");
    }
    return std::nullopt;
}

// r and s, each with its whole length, to the DER that OpenSSL reads. Zero is no coordinate (CVE-2022-21449).
std::optional<std::string> der_of(std::string_view raw) {
    if (raw.size() != raw_signature_bytes) return std::nullopt;
    number r{BN_bin2bn(octets(raw), coordinate_bytes, nullptr)};
    number s{BN_bin2bn(octets(raw) + coordinate_bytes, coordinate_bytes, nullptr)};
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

char const* digest_name(signature_algorithm algorithm) {
    switch (algorithm) {
        case signature_algorithm::ed25519: return nullptr;
        case signature_algorithm::rsa_pkcs1_sha1: return "SHA1";
        case signature_algorithm::ecdsa_p256_sha256_der:
        case signature_algorithm::ecdsa_p256_sha256_raw:
        case signature_algorithm::rsa_pkcs1_sha256: break;
    }
    return "SHA256";
}

}  // namespace

result<public_key> public_key::read(std::string_view bytes, public_key_shape::form written,
                                    signature_algorithm algorithm) {
    quiet_errors const quiet;
    auto key = read_key(bytes, written, algorithm);
    if (!key) {
        return no_key(
            "is not a public key in the configured form",
            "form: pem for -----BEGIN PUBLIC KEY-----, spki for its DER bytes, raw for the bare key");
    }
    if (auto flaw = unfit(key.get(), algorithm)) return std::unexpected{*std::move(flaw)};
    return public_key{algorithm, std::move(key)};
}

bool public_key::verifies(std::string_view signature, std::span<text const> pieces) const {
    quiet_errors const quiet;
    std::optional<std::string> der;
    if (algorithm_ == signature_algorithm::ecdsa_p256_sha256_raw) {
        der = der_of(signature);
        if (!der) return false;
        signature = *der;
    }
    digest_context const context{EVP_MD_CTX_new()};
    bool const ready = context && EVP_DigestVerifyInit_ex(context.get(), nullptr, digest_name(algorithm_),
                                                          nullptr, nullptr, key_.get(), nullptr) == 1;
    if (!ready) return false;
    if (algorithm_ == signature_algorithm::ed25519) {  // Looks at the bytes twice, so it wants them whole.
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
