#pragma once

#include "model/request.hpp"
#include "model/response.hpp"

#include <boost/asio/awaitable.hpp>

#include <cstddef>
#include <memory>
#include <optional>
#include <string>

namespace headgate::http {

namespace asio = boost::asio;

// What a handler says about a request once its head was read, before any byte of its body is.
struct admission {
    std::size_t body_bytes_max =
        0;  // One byte more is answered 413, before reading where Content-Length says so.
    std::optional<response> refusal;  // Set: answered at once. The body is not read, so the connection
                                      // closes, unless there is no body or all of it came with the head.
    // Handed to `handle` untouched:
    std::shared_ptr<void const> context;  // for example the snapshot this request began with,
    parameters path_parameters;           // and what routing found in the path.
};

// Answers requests. One handler belongs to one worker thread: no locks needed. It outlives the server.
class handler {
public:
    virtual ~handler() = default;

    // Whether somebody at this address, who is no trusted proxy, may begin a TLS handshake; else the
    // connection closes before anything is computed.
    [[nodiscard]] virtual bool admits_handshake(std::string const& address) {
        static_cast<void>(address);
        return true;
    }

    [[nodiscard]] virtual admission admit(request_head const& head) = 0;

    // `incoming` is whole, strict (see server.hpp) and within the admitted size. Must answer within its own
    // deadline; an exception is answered 500 and ends the connection.
    [[nodiscard]] virtual asio::awaitable<response> handle(request incoming, admission admitted) = 0;

protected:
    handler() = default;
    handler(handler const&) = default;
    handler& operator=(handler const&) = default;
};

}  // namespace headgate::http
