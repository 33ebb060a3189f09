#pragma once

#include "core/metrics.hpp"
#include "core/network.hpp"
#include "core/nursery.hpp"
#include "core/result.hpp"
#include "http/lane.hpp"
#include "http/tls.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace headgate::http {

// Takes connections from the kernel and deals them to the lanes in turn. Lives on the first lane's thread.
//
// Survives running out of descriptors: one is kept in reserve, so that a waiting connection can be taken and
// closed instead of staying ready for ever; then it pauses. Says so when that begins, and when it ends.
class acceptor {
public:
    acceptor(asio::ip::tcp::acceptor listener, std::vector<std::unique_ptr<lane>> const& lanes,
             std::shared_ptr<listener_state> shared, std::shared_ptr<prepared_listener const> first,
             metrics& counts);
    ~acceptor();
    acceptor(acceptor const&) = delete;
    acceptor& operator=(acceptor const&) = delete;

    void start();

    // For connections from now on.
    void use(std::shared_ptr<prepared_listener const> next) { by_ = std::move(next); }

    // Takes what is still waiting and closes the listener.
    [[nodiscard]] asio::awaitable<void> stop();

private:
    enum class taken : std::uint8_t { all_for_now, none_left_over, out_of_descriptors };

    [[nodiscard]] asio::awaitable<void> accept_until_stopped();
    [[nodiscard]] taken accept_waiting();
    void deal(int descriptor, ip_address const& from);
    void turn_away(int descriptor, counter& why);
    void turn_one_away();

    asio::ip::tcp::acceptor listener_;
    std::vector<std::unique_ptr<lane>> const& lanes_;
    std::shared_ptr<listener_state> shared_;
    std::shared_ptr<prepared_listener const> by_;
    counter& accepted_;
    counter& over_limit_;
    counter& over_address_limit_;
    counter& out_of_descriptors_;
    int reserve_;
    std::size_t next_ = 0;
    bool is_out_of_descriptors_ = false;
    bool is_over_ = false;
    asio::steady_timer pause_;
    nursery accepting_;
};

}  // namespace headgate::http
