#pragma once

#include "auth/settings.hpp"
#include "auth/text.hpp"
#include "core/result.hpp"

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>

struct evp_pkey_st;  // OpenSSL's.

namespace headgate::auth {

// A sender's public key, parsed once and found fit for one algorithm. Any thread may verify with it.
class public_key {
public:
    // `bytes` as `written` says: PEM text (SPKI), SPKI in DER, or raw (32 bytes of Ed25519, an uncompressed
    // point of P-256). Fails with invalid_argument where they are no key, a key of another kind, on another
    // curve, or RSA of less than 2048 or more than 8192 bits.
    [[nodiscard]] static result<public_key> read(std::string_view bytes, public_key_shape::form written,
                                                 signature_algorithm algorithm);

    // Over the pieces one after the other. False for everything but a genuine signature of the algorithm's
    // own form: 64 bytes for Ed25519 and raw ECDSA, canonical DER, the modulus' length for RSA.
    [[nodiscard]] bool verifies(std::string_view signature, std::span<text const> pieces) const;

private:
    public_key(signature_algorithm algorithm, std::shared_ptr<evp_pkey_st> key) noexcept
        : algorithm_{algorithm}, key_{std::move(key)} {}

    signature_algorithm algorithm_;
    std::shared_ptr<evp_pkey_st> key_;
};

}  // namespace headgate::auth
