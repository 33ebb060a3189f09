#pragma once

#include "auth/fetch.hpp"
#include "auth/session.hpp"
#include "auth/verifier.hpp"
#include "core/deadline.hpp"
#include "core/result.hpp"

#include <boost/asio/awaitable.hpp>

#include <memory>
#include <optional>

namespace headgate::auth {

namespace asio = boost::asio;

// Where what a verdict needs beside the request comes from.
class fact_finder {
public:
    virtual ~fact_finder() = default;

    // From any thread. Fail with unavailable or deadline_exceeded: our own trouble, never the sender's.
    [[nodiscard]] virtual asio::awaitable<result<fact>> find(wanted_fact wanted, deadline until) = 0;
    [[nodiscard]] virtual asio::awaitable<result<std::shared_ptr<session const>>> find(wanted_session wanted,
                                                                                       deadline until) = 0;

protected:
    fact_finder() = default;
    fact_finder(fact_finder const&) = default;
    fact_finder& operator=(fact_finder const&) = default;
};

struct found_facts {
    facts known;
    std::optional<error> trouble;  // Why something could not be had: what then fails might have held.
};

// Asks `checks` what it needs of the request until it needs nothing more. The caller owns all of them.
[[nodiscard]] asio::awaitable<found_facts> find_facts(verifier const& checks, request const& incoming,
                                                      fact_finder& from, deadline until);

}  // namespace headgate::auth
