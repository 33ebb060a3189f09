#pragma once

#include "app/options.hpp"
#include "app/plan.hpp"
#include "auth/verifier.hpp"
#include "core/result.hpp"
#include "model/request.hpp"

#include <optional>
#include <string>

// A request from a file, judged as the gateway would judge it, without a store.

namespace headgate::app {

struct asked {
    gateway::source const* source = nullptr;  // Of the plan.
    request incoming;                         // With path parameters; unredacted.
    auth::facts known;                        // What the source's checks need beside it.
    std::optional<error> trouble;             // Why not all of that is known.
};

// Reads the file, finds the source, and asks for what its checks need. Fails with out_of_range (no such
// source, no such time: wrong usage), invalid_argument (no request in the file, or not for this source's
// path), unavailable (no such file).
[[nodiscard]] result<asked> read_asked_request(plan const& by, std::string const& source,
                                               request_options const& options);

// Gives the request the parameters of its path. Fails with invalid_argument where a request to this source
// cannot look like that.
[[nodiscard]] result<void> put_on_route(gateway::snapshot const& all, gateway::source const& of,
                                        request& incoming);

// What a command ends with when the request was refused: a no, unless nobody could know; then it says why.
[[nodiscard]] int refusal_code(asked const& from);

// The event as it would be appended, but for its place in the store: credentials redacted, id zero.
[[nodiscard]] event as_event(asked const& from, auth::verdict const& proof);

}  // namespace headgate::app
