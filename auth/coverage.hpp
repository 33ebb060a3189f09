#pragma once

#include "auth/settings.hpp"
#include "model/identity.hpp"

// What a check proves, read from its description alone.

namespace headgate::auth {

// True when both name the same thing of a request.
[[nodiscard]] bool same(value const& a, value const& b);

// True when `wanted` cannot be changed without the check failing.
[[nodiscard]] bool binds(check const& by, value const& wanted);

// The same of requests that `when` holds for: where it says which list of members is signed, that one counts.
[[nodiscard]] bool binds(check const& by, value const& wanted, guard const& when);

// How much of the body is bound: `any` as weakly as its weakest branch.
[[nodiscard]] coverage binding_of(check const& by);

// True when somebody who knows no secret and sits nowhere special fails it.
[[nodiscard]] bool proves_sender(check const& by);

// The same before the sender itself is asked.
[[nodiscard]] bool proves_sender_unasked(check const& by);

// True when not just anybody can be at the other end of the connection.
[[nodiscard]] bool limits_who_connects(peer_check const& by);

}  // namespace headgate::auth
