#include "http/acceptor.hpp"

#include "core/log.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <fcntl.h>
#include <netinet/in.h>
#include <optional>
#include <string>
#include <sys/socket.h>
#include <unistd.h>
#include <utility>

namespace headgate::http {
namespace {

constexpr int accepted_at_once_max = 64;
constexpr std::chrono::milliseconds pause_without_descriptors{100};

int open_reserve() {
    return ::open("/dev/null", O_RDONLY | O_CLOEXEC);
}

ip_address address_of(sockaddr_storage const& from) {
    ip_address address;
    if (from.ss_family == AF_INET6) {
        auto const& v6 = reinterpret_cast<sockaddr_in6 const&>(from);
        std::copy_n(v6.sin6_addr.s6_addr, address.bytes.size(), address.bytes.begin());
        return address;
    }
    auto const& v4 = reinterpret_cast<sockaddr_in const&>(from);
    return ip_address_v4(std::bit_cast<std::array<std::uint8_t, 4>>(v4.sin_addr));
}

counter& turned_away(metrics& counts, std::string const& listener, std::string reason) {
    return counts.make_counter("headgate_http_connections_turned_away_total",
                               "Connections closed as soon as they were accepted, by reason.",
                               {{"listener", listener}, {"reason", std::move(reason)}});
}

}  // namespace

acceptor::acceptor(asio::ip::tcp::acceptor listener, std::vector<std::unique_ptr<lane>> const& lanes,
                   std::shared_ptr<listener_state> shared, std::shared_ptr<prepared_listener const> first,
                   metrics& counts)
    : listener_{std::move(listener)},
      lanes_{lanes},
      shared_{std::move(shared)},
      by_{std::move(first)},
      accepted_{counts.make_counter("headgate_http_connections_total", "Connections accepted.",
                                    {{"listener", shared_->name}})},
      over_limit_{turned_away(counts, shared_->name, "limit")},
      over_address_limit_{turned_away(counts, shared_->name, "address")},
      out_of_descriptors_{turned_away(counts, shared_->name, "descriptors")},
      reserve_{open_reserve()},
      pause_{lanes.front()->context()},
      accepting_{lanes.front()->context().get_executor()} {}

acceptor::~acceptor() {
    if (reserve_ >= 0) ::close(reserve_);
}

void acceptor::start() {
    accepting_.spawn("accept connections", accept_until_stopped());
}

asio::awaitable<void> acceptor::stop() {
    is_over_ = true;
    boost::system::error_code ignored;
    listener_.cancel(ignored);
    pause_.cancel();
    auto gone = accepting_.join();
    co_await std::move(gone);
    while (accept_waiting() == taken::all_for_now) {
    }
    listener_.close(ignored);
}

asio::awaitable<void> acceptor::accept_until_stopped() {
    while (!is_over_) {
        auto [failure] =
            co_await listener_.async_wait(asio::socket_base::wait_read, asio::as_tuple(asio::use_awaitable));
        if (is_over_) co_return;
        if (!failure && accept_waiting() != taken::out_of_descriptors) continue;
        pause_.expires_after(pause_without_descriptors);
        auto [ignored] = co_await pause_.async_wait(asio::as_tuple(asio::use_awaitable));
        static_cast<void>(ignored);
    }
}

// `accept4` and not Asio's accept: many at once, and descriptors that a child process does not inherit.
acceptor::taken acceptor::accept_waiting() {
    for (int i = 0; i < accepted_at_once_max; ++i) {
        sockaddr_storage from{};
        socklen_t from_bytes = sizeof from;
        int const descriptor = ::accept4(listener_.native_handle(), reinterpret_cast<sockaddr*>(&from),
                                         &from_bytes, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (descriptor >= 0) {
            if (std::exchange(is_out_of_descriptors_, false))
                log_sparingly(log_level::info, "accepts connections again", {{"listener", shared_->name}});
            deal(descriptor, address_of(from));
            continue;
        }
        if (errno == EAGAIN || errno == EWOULDBLOCK) return taken::none_left_over;
        if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
            auto const* const what = ::strerrordesc_np(errno);
            if (!std::exchange(is_out_of_descriptors_, true)) {
                log_sparingly(log_level::error, "cannot accept connections: out of descriptors or memory",
                              {{"listener", shared_->name},
                               {"what", what},
                               {"remedy", "raise the limit of open files, or lower connections_max"}});
            }
            turn_one_away();
            return taken::out_of_descriptors;
        }
        // The rest is one connection's trouble (ECONNABORTED, EPROTO, …): accept(2) says to try again.
    }
    return taken::all_for_now;
}

void acceptor::deal(int descriptor, ip_address const& from) {
    accepted_.add();
    bool const is_proxy = by_->trusted_proxies.contains(from);
    auto share = is_proxy ? std::optional{peer_accounts::share{}}
                          : shared_->peers.connect(sender_of(from), by_->bounds.connections_per_address_max);
    if (!share) {
        log_sparingly(log_level::warning, "an address has too many connections",
                      {{"listener", shared_->name},
                       {"peer", to_string(from)},
                       {"remedy",
                        "if it is your proxy, name it in listen.trusted_proxies; else see "
                        "connections_per_address_max"}});
        return turn_away(descriptor, over_address_limit_);
    }
    if (shared_->connections.fetch_add(1, std::memory_order_relaxed) >= by_->bounds.connections_max) {
        shared_->connections.fetch_sub(1, std::memory_order_relaxed);
        log_sparingly(log_level::warning, "a listener has all the connections that it may have",
                      {{"listener", shared_->name},
                       {"remedy", "look who holds them (ss -tn), or raise connections_max"}});
        return turn_away(descriptor, over_limit_);
    }
    caller peer{to_string(from), is_proxy, *std::move(share)};
    auto const turn = next_++ % lanes_.size();
    auto* const to = lanes_[turn].get();
    if (turn == 0) return to->adopt(descriptor, std::move(peer), by_->tls);
    asio::post(to->context(), [to, descriptor, peer = std::move(peer), tls = by_->tls]() mutable {
        to->adopt(descriptor, std::move(peer), std::move(tls));
    });
}

void acceptor::turn_away(int descriptor, counter& why) {
    why.add();
    ::close(descriptor);
}

void acceptor::turn_one_away() {
    if (reserve_ >= 0) ::close(reserve_);
    int const descriptor = ::accept4(listener_.native_handle(), nullptr, nullptr, SOCK_CLOEXEC);
    if (descriptor >= 0) turn_away(descriptor, out_of_descriptors_);
    reserve_ = open_reserve();
}

}  // namespace headgate::http
