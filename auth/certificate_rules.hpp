#pragma once

#include "auth/certificates.hpp"
#include "auth/settings.hpp"
#include "core/clock.hpp"
#include "core/result.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace headgate::auth {

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
    // names. An authority's own is nobody's unless a fingerprint names it. Revocation lists are not read.
    // Fails with unauthenticated.
    //
    // What is said of a text is remembered: a good one as long as all on the way to its authority is valid, a
    // refusal for a minute. So a connection's certificate is looked at once, not with each request.
    [[nodiscard]] result<shown> check(std::string_view pem, wall_time now) const;

private:
    struct parts;
    explicit certificate_rules(std::shared_ptr<parts> all) : all_{std::move(all)} {}

    std::shared_ptr<parts> all_;
};

}  // namespace headgate::auth
