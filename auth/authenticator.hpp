#pragma once

#include "auth/settings.hpp"
#include "auth/verifier.hpp"
#include "core/problem.hpp"
#include "core/result.hpp"
#include "model/request.hpp"
#include "model/response.hpp"

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace headgate::auth {

class handshake;  // One configured handshake; known by address.

// One thing that was looked at while explaining a verdict. Nothing secret in it.
struct finding {
    std::string check;  // "mac", "all[1].mac"
    std::string step;   // "guard", "signature", "content", "time", "secret", "compare"
    bool held = false;
    std::string said;
    std::string remedy;
};

// Everything that the gateway asks about the sender of one source: is it genuine, is it a handshake, what of
// it may be kept. Immutable, so that all workers may share one.
class authenticator {
public:
    // `path` is where the source stands in the configuration: "sources.github". Appends everything that is
    // wrong or doubtful to `found`; nothing when something is wrong.
    [[nodiscard]] static std::optional<authenticator> make(settings from, std::string const& path,
                                                           problems& found);

    authenticator(authenticator&&) noexcept;
    authenticator& operator=(authenticator&&) noexcept;
    ~authenticator();

    [[nodiscard]] verifier const& checks() const noexcept;

    // Who would have sent it if it were genuine, as far as the request itself says: its type, the sender's id
    // of the delivery. For trials of rules, which judge no signature: nothing may be granted for it.
    [[nodiscard]] identity taken_as_genuine(request const& incoming) const;

    // The key that the sender hands over in a handshake that was answered, for the operator to configure;
    // empty where it hands over none. Nobody has proven who sent it.
    [[nodiscard]] std::string handed_over(handshake const& which, request const& incoming) const;
    // Those that a verdict or a handshake may need. They live as long as this.
    [[nodiscard]] std::vector<fetch_rule const*> fetched() const;
    [[nodiscard]] std::vector<session_proxy const*> session_proxies() const;

    // Whether a verdict may hold values to be used once: whoever asks for it must remember them.
    [[nodiscard]] bool uses_values_once() const;

    // The first handshake whose `when` holds; null when the request is an ordinary one.
    [[nodiscard]] handshake const* handshake_for(request const& incoming) const;

    // Fails with unauthenticated where its `require` does not hold, and with invalid_argument where the value
    // to be echoed is not of the accepted form.
    [[nodiscard]] result<response> answer(handshake const& which, request const& incoming, facts const& known,
                                          wall_time now) const;

    // The call that a handshake which was answered asks for, before the answer is given; nothing where it
    // asks for none. Fails with unauthenticated where the request names no allowed place.
    [[nodiscard]] result<std::optional<wanted_fact>> call_of(handshake const& which,
                                                             request const& incoming) const;

    // What metrics call the keys that may prove requests: the configured ones as events show them, "issuer"
    // for all that an issuer publishes, "certificate" for all that senders bring. They live as long as this.
    [[nodiscard]] std::span<std::string const> key_names() const noexcept;

    // The source's methods and those that handshakes name.
    [[nodiscard]] std::span<std::string const> methods() const noexcept;

    // Those of ordinary requests alone: another method must be a handshake's, or it is not allowed.
    [[nodiscard]] std::span<std::string const> event_methods() const noexcept;

    // Replaces credentials by `<verified>` in headers, target and path parameters, and marks them in the
    // body, whose bytes stay; so do signatures. After `verify`, before the append.
    void redact(request& verified) const;

    [[nodiscard]] answer_rule const& answers() const noexcept;
    [[nodiscard]] std::optional<std::size_t> body_bytes_max() const noexcept;

    // What any accepted request proves at least.
    [[nodiscard]] coverage covers() const noexcept;

    // Whether the checks sign something, and yet `which` can be changed without them failing: a captured
    // request then passes again with another value there.
    [[nodiscard]] bool leaves_open(value const& which) const;

    // `verify`, step by step, and where a signature does not match, which usual mistake would explain it.
    // Costs many times a verification: for the command line.
    [[nodiscard]] std::vector<finding> explain(request const& incoming, facts const& known,
                                               wall_time now) const;

private:
    struct parts;
    explicit authenticator(std::unique_ptr<parts const> made);
    std::unique_ptr<parts const> parts_;
};

// Costs what one HMAC-SHA256 over `body` costs: an unknown path takes as long as a refused signature.
void burn_time(std::string_view body);

}  // namespace headgate::auth
