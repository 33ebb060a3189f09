#include "http/wire.hpp"

#include "http/tls.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <openssl/pem.h>
#include <openssl/ssl.h>

#include <array>
#include <memory>
#include <utility>

namespace headgate::http {
namespace {

// The executor by its own type: every operation would pay for the type-erased one.
using tcp_socket = asio::basic_stream_socket<asio::ip::tcp, asio::io_context::executor_type>;

constexpr auto as_values = asio::as_tuple(asio::use_awaitable);

// A socket that fails in here fails again at its first read.
void take(tcp_socket& socket, int descriptor) {
    boost::system::error_code ignored;
    sockaddr_storage own{};
    socklen_t own_bytes = sizeof own;
    bool const is_v6 = ::getsockname(descriptor, reinterpret_cast<sockaddr*>(&own), &own_bytes) == 0 &&
                       own.ss_family == AF_INET6;
    socket.assign(is_v6 ? asio::ip::tcp::v6() : asio::ip::tcp::v4(), descriptor, ignored);
    socket.non_blocking(true, ignored);
    socket.set_option(asio::ip::tcp::no_delay{true}, ignored);
}

void cancel(tcp_socket& socket) noexcept {
    boost::system::error_code ignored;
    socket.cancel(ignored);
}

void close(tcp_socket& socket) noexcept {
    boost::system::error_code ignored;
    socket.close(ignored);
}

asio::awaitable<void> finish_and_drop(tcp_socket& socket, std::size_t bytes_max) {
    boost::system::error_code failure;
    socket.shutdown(asio::socket_base::shutdown_send, failure);
    std::array<char, 4096> block;
    std::size_t dropped = 0;
    while (!failure && dropped < bytes_max) {
        auto [reading, bytes] = co_await socket.async_read_some(asio::buffer(block), as_values);
        failure = reading;
        dropped += bytes;
    }
}

class plain_wire final : public wire {
public:
    plain_wire(asio::io_context& context, int descriptor) : socket_{context} { take(socket_, descriptor); }

    asio::awaitable<boost::system::error_code> open() override { co_return boost::system::error_code{}; }

    asio::awaitable<arrived> receive(asio::mutable_buffer room) override {
        auto [failure, bytes] = co_await socket_.async_read_some(room, as_values);
        co_return arrived{failure, bytes};
    }

    std::size_t receive_at_once(asio::mutable_buffer room) override {
        boost::system::error_code nothing_there;
        return socket_.read_some(room, nothing_there);
    }

    std::optional<std::size_t> send_at_once(std::string_view bytes) override {
        boost::system::error_code failure;
        auto const sent = socket_.write_some(asio::buffer(bytes), failure);
        if (failure && failure != asio::error::would_block) return std::nullopt;
        return sent;
    }

    asio::awaitable<bool> send(std::string_view bytes) override {
        auto [failure, ignored] = co_await asio::async_write(socket_, asio::buffer(bytes), as_values);
        static_cast<void>(ignored);
        co_return !failure;
    }

    asio::awaitable<void> close_gently(std::size_t bytes_max) override {
        return finish_and_drop(socket_, bytes_max);
    }

    void interrupt() noexcept override { cancel(socket_); }
    void cut() noexcept override { close(socket_); }

private:
    tcp_socket socket_;
};

class tls_wire final : public wire {
public:
    tls_wire(asio::io_context& context, int descriptor, std::shared_ptr<tls_contexts const> tls)
        : tls_{std::move(tls)}, stream_{context, tls_->first()} {
        take(stream_.next_layer(), descriptor);
    }

    [[nodiscard]] bool shakes_hands() const noexcept override { return true; }

    asio::awaitable<boost::system::error_code> open() override {
        auto [failure] = co_await stream_.async_handshake(asio::ssl::stream_base::server, as_values);
        bool const has_left = failure == asio::ssl::error::stream_truncated;
        co_return has_left ? boost::system::error_code{asio::error::eof} : failure;
    }

    // A server's chain has no leaf in it (SSL_get_peer_cert_chain(3)).
    std::string client_certificate() override {
        auto* const native = stream_.native_handle();
        auto* const leaf = SSL_get0_peer_certificate(native);
        if (leaf == nullptr) return {};
        std::unique_ptr<BIO, decltype(&BIO_free)> const text{BIO_new(BIO_s_mem()), BIO_free};
        PEM_write_bio_X509(text.get(), leaf);
        auto const* const chain = SSL_get_peer_cert_chain(native);
        for (int i = 0; chain != nullptr && i < sk_X509_num(chain); ++i) {
            PEM_write_bio_X509(text.get(), sk_X509_value(chain, i));
        }
        char* bytes = nullptr;
        auto const size = BIO_get_mem_data(text.get(), &bytes);
        return {bytes, static_cast<std::size_t>(size)};
    }

    asio::awaitable<arrived> receive(asio::mutable_buffer room) override {
        auto [failure, bytes] = co_await stream_.async_read_some(room, as_values);
        co_return arrived{failure, bytes};
    }

    std::size_t receive_at_once(asio::mutable_buffer) override { return 0; }
    std::optional<std::size_t> send_at_once(std::string_view) override { return 0; }

    asio::awaitable<bool> send(std::string_view bytes) override {
        auto [failure, ignored] = co_await asio::async_write(stream_, asio::buffer(bytes), as_values);
        static_cast<void>(ignored);
        co_return !failure;
    }

    asio::awaitable<void> close_gently(std::size_t bytes_max) override {
        auto [ignored] = co_await stream_.async_shutdown(as_values);
        static_cast<void>(ignored);
        auto dropping = finish_and_drop(stream_.next_layer(), bytes_max);
        co_await std::move(dropping);
    }

    void interrupt() noexcept override { cancel(stream_.next_layer()); }
    void cut() noexcept override { close(stream_.next_layer()); }

private:
    std::shared_ptr<tls_contexts const>
        tls_;  // The choice of certificate looks into it during the handshake.
    asio::ssl::stream<tcp_socket> stream_;
};

}  // namespace

std::unique_ptr<wire> make_plain_wire(asio::io_context& context, int descriptor) {
    return std::make_unique<plain_wire>(context, descriptor);
}

std::unique_ptr<wire> make_tls_wire(asio::io_context& context, int descriptor,
                                    std::shared_ptr<tls_contexts const> tls) {
    return std::make_unique<tls_wire>(context, descriptor, std::move(tls));
}

}  // namespace headgate::http
