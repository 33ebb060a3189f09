#pragma once

#include "auth/token_keys.hpp"
#include "auth/verifier.hpp"
#include "core/deadline.hpp"
#include "core/result.hpp"

#include <boost/asio/awaitable.hpp>

#include <memory>

namespace headgate::gateway {

namespace asio = boost::asio;

// Where what a verdict needs beside the request comes from.
class fact_finder {
public:
    virtual ~fact_finder() = default;

    // From any thread. Fails with unavailable or deadline_exceeded: our own trouble, never the sender's.
    [[nodiscard]] virtual asio::awaitable<result<std::shared_ptr<auth::key_set const>>> find(
        auth::fetch wanted, deadline until) = 0;

protected:
    fact_finder() = default;
    fact_finder(fact_finder const&) = default;
    fact_finder& operator=(fact_finder const&) = default;
};

}  // namespace headgate::gateway
