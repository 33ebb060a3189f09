#pragma once

#include "auth/fetch.hpp"
#include "auth/settings.hpp"
#include "auth/text.hpp"
#include "core/clock.hpp"
#include "core/digest.hpp"
#include "core/result.hpp"
#include "model/identity.hpp"
#include "model/request.hpp"

#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

// Who sent it. Everything here is pure; what has to be fetched is named, and the gateway fetches it.

namespace headgate::auth {

struct session;

struct wanted_session {
    session_proxy const* from;  // Of the verifier's own settings.
    std::string cookies;        // As they are to be shown to it.
};

// What a verdict depends on that is not in the request: names it; whoever awaits it has caches.
using fetch = std::variant<wanted_fact, wanted_session>;

// What was fetched so far, of one request. What could not be had is null.
struct facts {
    std::map<fetch_rule const*, fact> fetched;
    std::map<session_proxy const*, std::shared_ptr<session const>> sessions;
};

// The signed bytes without the time value, piece by piece: what `digest` dedupe keys are made of. Where
// nothing is signed: method, target and body.
//
// Points into the request that was verified: ask before that request is changed, moved or gone.
class signed_content {
public:
    signed_content() = default;
    explicit signed_content(std::vector<text> pieces) : pieces_{std::move(pieces)} {}

    // SHA-256 over the pieces, each with its length in front. Costs a pass over the body: ask only if needed.
    [[nodiscard]] sha256_digest digest() const;
    [[nodiscard]] std::vector<text> const& pieces() const noexcept { return pieces_; }

private:
    std::vector<text> pieces_;
};

// A genuine request: who, and what else the same transaction must remember.
struct verdict {
    identity sender;
    std::vector<std::string> once;  // Values to be used once: further dedupe keys, kind `once`.
    signed_content content;
    std::vector<std::string_view>
        keys;  // Of the authenticator's `key_names`: those that proved it, each once.
};

class verifier {
public:
    virtual ~verifier() = default;

    // Names what `verify` would need next; asked until it names nothing more. Only when every earlier,
    // cheaper member of the same `all` holds with the facts so far.
    [[nodiscard]] virtual std::vector<fetch> needs(request const& incoming, facts const& known,
                                                   wall_time now) const = 0;

    // Fails with unauthenticated, and with permission_denied where somebody is known who may not; the message
    // says which check failed at which step, for the operator alone.
    [[nodiscard]] virtual result<verdict> verify(request const& incoming, facts const& known,
                                                 wall_time now) const = 0;

protected:
    verifier() = default;
    verifier(verifier const&) = default;
    verifier& operator=(verifier const&) = default;
};

}  // namespace headgate::auth
