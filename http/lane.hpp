#pragma once

#include "core/deadline.hpp"
#include "core/metrics.hpp"
#include "core/nursery.hpp"
#include "http/addresses.hpp"
#include "http/peers.hpp"
#include "http/refusal.hpp"
#include "http/server.hpp"
#include "http/settings.hpp"
#include "http/tls.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <list>
#include <memory>
#include <string>
#include <string_view>

namespace headgate::http {

// What can be changed while the server runs. Immutable: a change is another one.
struct prepared_listener {
    limits bounds;
    networks trusted_proxies;
    std::string client_certificate_header;
    std::shared_ptr<tls_contexts const> tls;  // Null: plain HTTP.
};

// What the lanes of one listener share. Constant, or safe from any thread.
struct listener_state {
    std::string name;
    std::atomic<std::size_t> connections{0};
    std::atomic<std::size_t> in_flight_bytes{0};
    peer_accounts peers;

    // Three quarters of the connections that there may be are open.
    [[nodiscard]] bool is_crowded(limits const& bounds) const noexcept {
        return connections.load(std::memory_order_relaxed) >=
               bounds.connections_max - bounds.connections_max / 4;
    }
};

// A part of the listener's bytes in flight, and of one sender's; given back when destroyed. All that it is
// made of outlives it.
//
// The last quarter of the listener's bytes is for small bodies only: a few senders that hold large ones do
// not keep everybody's small events out.
class byte_hold {
public:
    byte_hold(listener_state& state, peer_accounts::share& sender, limits const& bounds)
        : state_{state}, sender_{sender}, bounds_{bounds} {}
    ~byte_hold();
    byte_hold(byte_hold const&) = delete;
    byte_hold& operator=(byte_hold const&) = delete;

    // Holds `bytes` in all. Fails, and holds nothing more, when the listener or the sender has no room for
    // them.
    [[nodiscard]] std::expected<void, refusal> grow_to(std::size_t bytes) noexcept;

private:
    listener_state& state_;
    peer_accounts::share& sender_;
    limits const& bounds_;
    std::size_t held_ = 0;
};

// A connection as its lane sees it. Deadlines are not timers: the lane looks at all of them once in a while,
// which costs nothing per request.
class connection {
public:
    virtual ~connection() = default;

    enum class doing : std::uint8_t { handshake, idle, head, body, handling, writing, closing };

    [[nodiscard]] bool is_idle() const noexcept { return now_ == doing::idle || now_ == doing::handshake; }
    [[nodiscard]] bool is_overdue(deadline now) const noexcept {
        return now_ != doing::handling && due_ <= now;
    }
    [[nodiscard]] bool is_idle_for(std::chrono::milliseconds longest, deadline now) const noexcept {
        return now_ == doing::idle && since_ + longest <= now;
    }

    // Ends the read or write that is being waited for. What that means is up to what is being done.
    virtual void interrupt() noexcept = 0;
    // Closes the socket under whatever is being done.
    virtual void cut() noexcept = 0;

protected:
    connection() = default;
    connection(connection const&) = default;
    connection& operator=(connection const&) = default;

    doing now_ = doing::idle;
    deadline since_ = deadline::max();
    deadline due_ = deadline::max();
};

// One worker's share of a listener: its connections, their deadlines, its counters. Everything here, and
// every session, runs on the worker's thread, but for the constructor and the destructor.
class lane {
public:
    lane(worker where, std::shared_ptr<listener_state> shared, prepared_listener const& first,
         metrics& counts);

    [[nodiscard]] asio::io_context& context() const noexcept { return where_.thread->context(); }

    // Starts to look after deadlines.
    void start();

    // Goes by this from now on, also on connections that are open.
    void use(prepared_listener const& next);

    // Takes a fresh connection, whose descriptor it owns from here. `tls` is null on a plain listener.
    void adopt(int descriptor, caller from, std::shared_ptr<tls_contexts const> tls);

    // From now on connections close after the request they are busy with; idle ones at once.
    void stop();

    // Waits until the last connection is gone; at `until` cuts those that are left.
    [[nodiscard]] asio::awaitable<void> finish(deadline until);

    // For sessions.
    [[nodiscard]] limits const& bounds() const noexcept { return bounds_; }
    [[nodiscard]] networks const& trusted_proxies() const noexcept { return trusted_proxies_; }
    [[nodiscard]] std::string const& client_certificate_header() const noexcept {
        return client_certificate_header_;
    }
    [[nodiscard]] listener_state& shared() const noexcept { return *shared_; }
    [[nodiscard]] handler& answers() const noexcept { return *where_.answers; }
    [[nodiscard]] bool is_stopping() const noexcept { return is_stopping_; }
    [[nodiscard]] bool is_cut() const noexcept { return is_cut_; }
    [[nodiscard]] std::string_view date(wall_time now);
    std::list<connection*>::iterator enter(connection& member);
    void leave(std::list<connection*>::iterator position) noexcept;
    void count_answer(unsigned status) noexcept;
    void count_refusal(refusal why) noexcept;
    void count_failed_handshake() noexcept { failed_handshakes_.add(); }
    void count_received(std::size_t bytes) noexcept { received_bytes_.add(bytes); }

private:
    [[nodiscard]] asio::awaitable<void> watch_deadlines();
    void cut_all();

    worker where_;
    std::shared_ptr<listener_state> shared_;
    limits bounds_;
    networks trusted_proxies_;
    std::string client_certificate_header_;
    std::array<counter*, 4> answers_by_class_{};  // 2xx to 5xx
    std::array<counter*, refusal_count> refusals_{};
    counter& received_bytes_;
    counter& failed_handshakes_;
    std::list<connection*> connections_;
    std::int64_t date_second_ = -1;
    std::string date_;
    bool is_stopping_ = false;
    bool is_cut_ = false;
    bool is_over_ = false;
    deadline cut_at_ = deadline::max();
    asio::steady_timer watch_timer_;
    nursery watch_;
    nursery sessions_;
};

}  // namespace headgate::http
