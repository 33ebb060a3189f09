#pragma once

#include "auth/settings.hpp"
#include "auth/text.hpp"
#include "core/result.hpp"

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

struct evp_pkey_st;  // OpenSSL's.

namespace headgate::auth {

// How a signature is made and written. A key serves one scheme: what a request says never chooses it.
struct signature_scheme {
    enum class key : std::uint8_t { ed25519, p256, p384, p521, rsa } made_with;
    enum class hash : std::uint8_t { none, sha1, sha256, sha384, sha512 } hashed_by;
    enum class form : std::uint8_t {
        plain,  // Ed25519's own, and RSA with PKCS #1 v1.5.
        der,    // ECDSA as X9.62 has it.
        raw,    // ECDSA as r and s, each with its whole length.
        pss     // RSA.
    } written;
};

[[nodiscard]] signature_scheme scheme_of(signature_algorithm algorithm) noexcept;

// A sender's public key, parsed once and found fit for one scheme. Any thread may verify with it.
class public_key {
public:
    // `bytes` as `written` says: PEM text (SPKI), SPKI in DER, or raw (32 bytes of Ed25519, an uncompressed
    // point of the curve). Fails with invalid_argument where they are no key, a key of another kind, on
    // another curve, or RSA of less than 2048 or more than 8192 bits.
    [[nodiscard]] static result<public_key> read(std::string_view bytes, public_key_shape::form written,
                                                 signature_scheme scheme);

    // RSA, from its two numbers, big endian. Fails like `read`.
    [[nodiscard]] static result<public_key> of_numbers(std::string_view modulus, std::string_view exponent,
                                                       signature_scheme scheme);

    // The same key for another scheme that is made with its kind (checked).
    [[nodiscard]] public_key serving(signature_scheme scheme) const;

    // Over the pieces one after the other. False for everything but a genuine signature of the scheme's own
    // form: 64 bytes for Ed25519, twice a coordinate's for raw ECDSA, canonical DER, the modulus' for RSA.
    [[nodiscard]] bool verifies(std::string_view signature, std::span<text const> pieces) const;

private:
    public_key(signature_scheme scheme, std::shared_ptr<evp_pkey_st> key) noexcept
        : scheme_{scheme}, key_{std::move(key)} {}

    signature_scheme scheme_;
    std::shared_ptr<evp_pkey_st> key_;
};

}  // namespace headgate::auth
