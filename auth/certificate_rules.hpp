#pragma once

#include "auth/settings.hpp"
#include "core/clock.hpp"
#include "core/result.hpp"

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

struct x509_store_st;  // OpenSSL's.

namespace headgate::auth {

inline constexpr std::size_t certificate_bytes_max = 32 * 1024;
inline constexpr std::size_t certificates_max = 8;  // The leaf and what leads to its authority.

// Which certificates of senders are good. Any thread may ask.
class certificate_rules {
public:
    // `is` outlives the rules. Fails with invalid_argument where `anchors_pem` is not certificates.
    [[nodiscard]] static result<certificate_rules> make(client_certificate const& is);

    struct shown {
        std::string name;         // What of it was asked for, else its common name.
        std::string fingerprint;  // SHA-256 of the leaf in hex.
    };

    // `pem`: the leaf, then what leads to its authority. It must be valid at `now` and be what was asked for:
    // one of the fingerprints; from one of the authorities, and for clients (RFC 5280, 4.2.1.12); with the
    // names. Revocation lists are not read. Fails with unauthenticated.
    [[nodiscard]] result<shown> check(std::string_view pem, wall_time now) const;

private:
    explicit certificate_rules(client_certificate const& is) : is_{&is} {}

    client_certificate const* is_;
    std::shared_ptr<x509_store_st> anchors_;  // Null: fingerprints alone.
};

}  // namespace headgate::auth
