#pragma once

#include "core/io_thread.hpp"
#include "core/metrics.hpp"
#include "core/result.hpp"
#include "http/handler.hpp"
#include "http/settings.hpp"

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <vector>

// A strict HTTP/1.1 server (RFC 9112), plain or TLS: keep-alive and pipelining, no upgrade, no trailers, no
// HTTP/2.
//
// Strict: whatever the RFC lets a receiver refuse and another reader might read differently is refused with
// 400 (or 501, 505) and the connection closes: obsolete folding, bare line feeds, several or unequal
// Content-Length, any Transfer-Encoding but one `chunked`, missing or double Host, trailers, odd targets,
// field names with `_`.

namespace headgate::http {

// One thread and the handler that answers on it.
struct worker {
    io_thread* thread = nullptr;
    handler* answers = nullptr;
};

// What a listener goes by, read and checked but not in force: several can be made ready and then used
// together.
struct prepared_listener;

// Fails with invalid_argument (certificate, trusted proxy): which, and what is wrong with it.
[[nodiscard]] result<std::shared_ptr<prepared_listener const>> prepare(listener_settings const& settings);

class server {
public:
    virtual ~server() = default;

    // The port it listens on, for `port 0`.
    [[nodiscard]] virtual std::uint16_t port() const noexcept = 0;

    // Goes by `next` from now on: limits at once, certificates and who is a proxy for connections to come.
    // The address stays as it is. Blocks until every worker has taken it: from a thread that is none of them,
    // and before `drain`.
    virtual void use(std::shared_ptr<prepared_listener const> next) = 0;

    // Stops accepting, lets requests in flight finish, closes idle connections. Completes when no connection
    // is left or `until` has come, which cuts the rest. Call once, from any thread; awaited on any executor.
    [[nodiscard]] virtual asio::awaitable<void> drain(std::chrono::steady_clock::time_point until) = 0;

protected:
    server() = default;
};

// Binds and starts to accept. One acceptor, on the first worker, deals sockets to the workers in turn.
// Workers and `counts` outlive the server; destroy it only after `drain`. Fails with invalid_argument
// (address, certificate) or unavailable (port taken); the message names what and the remedy.
[[nodiscard]] result<std::unique_ptr<server>> start_server(listener_settings const& settings,
                                                           std::vector<worker> workers, metrics& counts);

}  // namespace headgate::http
