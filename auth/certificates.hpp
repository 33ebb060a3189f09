#pragma once

#include "auth/settings.hpp"
#include "core/clock.hpp"
#include "core/result.hpp"

#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

struct x509_st;        // OpenSSL's.
struct x509_store_st;  // OpenSSL's.

namespace headgate::auth {

inline constexpr std::size_t certificate_bytes_max = 16 * 1024;  // Of PEM.
inline constexpr std::size_t certificates_max = 8;               // The leaf and what leads to its authority.

// SHA-256 in hex of the first certificate of a PEM text, which nobody has to take apart for it. Nothing where
// there is none.
[[nodiscard]] std::optional<std::string> fingerprint_of(std::string_view pem);

// A certificate and what leads to its authority, as a PEM text has them. Immutable; any thread may look.
class certificate_chain {
public:
    // The first is the leaf. Nothing where the text is broken, or has none or something else in it. Reads one
    // more than `most` at the most.
    [[nodiscard]] static std::optional<certificate_chain> read(std::string_view pem,
                                                               std::size_t most = certificates_max);

    [[nodiscard]] std::size_t size() const noexcept { return all_.size(); }

    // Of the leaf: SHA-256 in hex; its SubjectPublicKeyInfo in DER; its only common name, in UTF-8.
    [[nodiscard]] std::string const& fingerprint() const noexcept { return fingerprint_; }
    [[nodiscard]] std::string public_key() const;
    [[nodiscard]] std::optional<std::string> common_name() const;

    // The first of `wanted` that it has, as it is written there: with ':' a URI, with '@' an e-mail address,
    // else a DNS name, which has no case (RFC 4343).
    [[nodiscard]] std::optional<std::string> wanted_name(std::vector<std::string> const& wanted) const;

    [[nodiscard]] bool is_valid_at(wall_time now) const;
    [[nodiscard]] wall_time end() const;
    [[nodiscard]] bool is_of_an_authority() const;

private:
    friend class trust_anchors;
    certificate_chain() = default;

    std::vector<std::shared_ptr<x509_st>> all_;
    std::string fingerprint_;
};

// The authorities that certificates may come from. Any thread may ask.
class trust_anchors {
public:
    // Fails with invalid_argument where `pem` is not certificates.
    [[nodiscard]] static result<trust_anchors> read(std::string_view pem);

    // Those of the machine.
    [[nodiscard]] static trust_anchors of_system();

    // What the certificate is for (RFC 5280, 4.2.1.12).
    enum class purpose : std::uint8_t { client, any };

    // Until when the chain is good, if nobody's clock is set back; else why it is not at `now`. Revocation
    // lists are not read.
    [[nodiscard]] std::expected<wall_time, std::string> check(certificate_chain const& shown, purpose meant,
                                                              wall_time now) const;

private:
    std::shared_ptr<x509_store_st> store_;
};

}  // namespace headgate::auth
