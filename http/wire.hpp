#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/system/error_code.hpp>

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace headgate::http {

namespace asio = boost::asio;

class tls_contexts;

// What a read brought.
struct arrived {
    boost::system::error_code failure;
    std::size_t bytes = 0;
};

// The bytes of one connection, plain or under TLS. Operations end with `operation_aborted` when interrupted;
// one runs at a time.
class wire {
public:
    virtual ~wire() = default;

    // Whether to open it costs more than to take a connection.
    [[nodiscard]] virtual bool shakes_hands() const noexcept { return false; }

    // The peer may speak HTTP then: at once, or after the TLS handshake. Else why it may not; `eof`: it left.
    [[nodiscard]] virtual asio::awaitable<boost::system::error_code> open() = 0;

    // What the peer showed while it opened, in PEM, leaf first; empty without any.
    [[nodiscard]] virtual std::string client_certificate() { return {}; }

    [[nodiscard]] virtual asio::awaitable<arrived> receive(asio::mutable_buffer room) = 0;

    // What can be read without waiting; 0 when nothing can.
    [[nodiscard]] virtual std::size_t receive_at_once(asio::mutable_buffer room) = 0;

    // How much could be sent without waiting: almost every answer fits the socket's buffer, and no operation
    // has to be started for it. Nothing when the connection is gone.
    [[nodiscard]] virtual std::optional<std::size_t> send_at_once(std::string_view bytes) = 0;

    // False when the connection is gone. The caller keeps `bytes`.
    [[nodiscard]] virtual asio::awaitable<bool> send(std::string_view bytes) = 0;

    // Says that nothing more will be sent, and reads and drops what still comes, up to `bytes_max`. Closing
    // with bytes unread would make the kernel reset the connection, and the sender might lose the answer.
    [[nodiscard]] virtual asio::awaitable<void> close_gently(std::size_t bytes_max) = 0;

    // Ends the operation that is being waited for.
    virtual void interrupt() noexcept = 0;
    // Closes the socket under whatever is being done.
    virtual void cut() noexcept = 0;

protected:
    wire() = default;
    wire(wire const&) = default;
    wire& operator=(wire const&) = default;
};

// They own `descriptor` from here.
[[nodiscard]] std::unique_ptr<wire> make_plain_wire(asio::io_context& context, int descriptor);
[[nodiscard]] std::unique_ptr<wire> make_tls_wire(asio::io_context& context, int descriptor,
                                                  std::shared_ptr<tls_contexts const> tls);

}  // namespace headgate::http
