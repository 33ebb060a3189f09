#pragma once

#include "auth/person.hpp"
#include "auth/settings.hpp"
#include "auth/verifier.hpp"
#include "core/result.hpp"
#include "model/request.hpp"
#include "model/response.hpp"

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// How OAuth2-proxy (https://oauth2-proxy.github.io/oauth2-proxy/, 7.15.2 and later) says who is logged in.
// What its cookie holds is nobody's business here: it is shown to the proxy as it came.

namespace headgate::auth {

// What the proxy says about one session. Immutable, for many threads.
struct session {
    enum class state : std::uint8_t {
        good,      // With somebody in it; or with nobody, where the proxy asks for no login.
        none,      // 401: not, or no longer, logged in.
        forbidden  // 403: logged in, but not for us.
    } is = state::none;
    person who;
    std::vector<std::string> set_cookies;  // What a refreshed session hands to its browser; of a good one.
};

// Reads an answer of /oauth2/auth. Fails with unavailable on everything that the proxy does not document:
// what then is not known is not a no.
[[nodiscard]] result<session> read_session(response const& answer);

// The cookie `name`, and `name`_0, `name`_1 … where it is split, as one Cookie header: "a=1; a_1=2". Nothing
// without one. Fails with unauthenticated when one stands twice: a browser sends two when somebody has put a
// cookie of theirs beside ours.
[[nodiscard]] result<std::optional<std::string>> session_cookies(headers const& fields,
                                                                 std::string_view name);

// Whom the headers `family`-user, -email and -groups name; nobody without the first two. Fails with
// unauthenticated where one of the family stands twice or is over `value_bytes_max`.
[[nodiscard]] result<person> person_in(headers const& fields, std::string_view family);

// The names that `person_in` reads.
[[nodiscard]] std::array<std::string, 3> identity_header_names(std::string_view family);

// Whether a header is one that proxies tell people's identities with, of either family.
[[nodiscard]] bool is_identity_header(std::string_view name) noexcept;

// What stands before the code in GAP-Signature: "sha256 ".
[[nodiscard]] std::string gap_label(mac_algorithm algorithm);

// What GAP-Signature signs. Its path is the decoded one: a request with an escape in its path does not pass.
[[nodiscard]] content const& gap_content();

// Hands the browser what its sessions were refreshed with.
void relay_cookies(facts const& known, response& answer);

// Whether this is an act (anything but a GET) that a page of another site may have made a browser send: it
// sends its session along with whatever a page makes it ask for. As browsers say: Sec-Fetch-Site, and Origin
// where they do not know that yet. What says neither is no browser.
[[nodiscard]] bool may_be_an_act_of_another_site(request_head const& head);

}  // namespace headgate::auth
