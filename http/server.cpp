#include "http/server.hpp"

#include "core/check.hpp"
#include "core/run_on.hpp"
#include "http/acceptor.hpp"
#include "http/addresses.hpp"
#include "http/lane.hpp"
#include "http/tls.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>

#include <charconv>
#include <fcntl.h>
#include <optional>
#include <utility>

namespace headgate::http {

namespace {

constexpr int backlog = 4096;  // The kernel lowers it to net.core.somaxconn.

result<asio::ip::tcp::endpoint> parse_endpoint(std::string const& text) {
    auto const wrong = [&](std::string const& what) {
        return refuse(errc::invalid_argument, "\"" + text + "\" " + what,
                      "write an address and a port, for example 0.0.0.0:8080 or [::1]:8080");
    };
    auto const colon = text.rfind(':');
    if (colon == std::string::npos || colon + 1 == text.size()) return wrong("has no port");
    std::uint16_t port = 0;
    auto const* const end = text.data() + text.size();
    auto const [stop, failure] = std::from_chars(text.data() + colon + 1, end, port);
    if (failure != std::errc{} || stop != end) return wrong("has no port from 0 to 65535");
    auto host = text.substr(0, colon);
    bool const is_bracketed = host.starts_with('[') && host.ends_with(']');
    if (is_bracketed) host = host.substr(1, host.size() - 2);
    boost::system::error_code not_an_address;
    auto const address = asio::ip::make_address(host, not_an_address);
    if (not_an_address || address.is_v6() != is_bracketed) return wrong("does not begin with an IP address");
    return asio::ip::tcp::endpoint{address, port};
}

result<asio::ip::tcp::acceptor> listen_on(asio::io_context& context, asio::ip::tcp::endpoint const& endpoint,
                                          std::string const& address) {
    asio::ip::tcp::acceptor listener{context};
    boost::system::error_code failure;
    listener.open(endpoint.protocol(), failure);
    if (!failure) ::fcntl(listener.native_handle(), F_SETFD, FD_CLOEXEC);
    if (!failure) listener.set_option(asio::socket_base::reuse_address{true}, failure);
    if (!failure) listener.bind(endpoint, failure);
    if (!failure) listener.listen(backlog, failure);
    if (!failure) listener.non_blocking(true, failure);
    if (!failure) return listener;
    return refuse(errc::unavailable, "cannot listen on " + address + ": " + failure.message(),
                  "stop whoever has the port (ss -ltnp), or choose another address");
}

class listening_server final : public server {
public:
    listening_server(std::vector<worker> const& workers, std::shared_ptr<listener_state> const& shared,
                     asio::ip::tcp::acceptor listener, std::shared_ptr<prepared_listener const> first,
                     metrics& counts)
        : port_{listener.local_endpoint().port()} {
        for (auto const& each : workers)
            lanes_.push_back(std::make_unique<lane>(each, shared, *first, counts));
        acceptor_.emplace(std::move(listener), lanes_, shared, std::move(first), counts);
        for (auto const& each : lanes_) asio::post(each->context(), [on = each.get()] { on->start(); });
        asio::post(lanes_.front()->context(), [this] { acceptor_->start(); });
    }

    [[nodiscard]] std::uint16_t port() const noexcept override { return port_; }

    void use(std::shared_ptr<prepared_listener const> next) override {
        for (auto const& each : lanes_) {
            call_on(executor_of(*each), [on = each.get(), &next] { on->use(*next); });
        }
        call_on(executor_of(*lanes_.front()), [this, &next] { acceptor_->use(next); });
    }

    [[nodiscard]] asio::awaitable<void> drain(std::chrono::steady_clock::time_point until) override {
        auto deaf = run_on(executor_of(*lanes_.front()), acceptor_->stop());
        co_await std::move(deaf);
        for (auto const& each : lanes_) {
            auto stopped = run_on(executor_of(*each), stop(*each));
            co_await std::move(stopped);
        }
        for (auto const& each : lanes_) {
            auto finished = run_on(executor_of(*each), each->finish(until));
            co_await std::move(finished);
        }
    }

private:
    static asio::any_io_executor executor_of(lane const& each) { return each.context().get_executor(); }

    static asio::awaitable<void> stop(lane& each) {
        each.stop();
        co_return;
    }

    std::uint16_t port_;
    std::vector<std::unique_ptr<lane>> lanes_;
    std::optional<acceptor> acceptor_;
};

}  // namespace

result<std::shared_ptr<prepared_listener const>> prepare(listener_settings const& settings) {
    auto ready = std::make_shared<prepared_listener>();
    ready->bounds = settings.bounds;
    ready->client_certificate_header = settings.client_certificate_header;
    HEADGATE_TRY(ready->trusted_proxies, networks::parse(settings.trusted_proxies));
    if (!settings.tls.empty()) {
        HEADGATE_TRY(ready->tls, tls_contexts::load(settings.tls, settings.asks_for_client_certificates));
    }
    return ready;
}

result<std::unique_ptr<server>> start_server(listener_settings const& settings, std::vector<worker> workers,
                                             metrics& counts) {
    HEADGATE_CHECK(!workers.empty(), "a server needs a worker");
    auto shared = std::make_shared<listener_state>();
    shared->name = settings.name;
    HEADGATE_TRY(auto const endpoint, parse_endpoint(settings.address));
    HEADGATE_TRY(auto first, prepare(settings));
    HEADGATE_TRY(auto listener, listen_on(workers.front().thread->context(), endpoint, settings.address));

    metric_labels const label{{"listener", settings.name}};
    counts.add_gauge("headgate_http_connections", "Connections open.", label,
                     [shared] { return static_cast<double>(shared->connections.load()); });
    counts.add_gauge("headgate_http_in_flight_bytes",
                     "Bytes of bodies being read or handled, of large answers and of senders' certificates.",
                     label, [shared] { return static_cast<double>(shared->in_flight_bytes.load()); });
    return std::make_unique<listening_server>(workers, shared, std::move(listener), std::move(first), counts);
}

}  // namespace headgate::http
