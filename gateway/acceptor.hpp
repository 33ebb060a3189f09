#pragma once

#include "auth/fact_finder.hpp"
#include "core/clock.hpp"
#include "core/metrics.hpp"
#include "gateway/snapshot.hpp"
#include "gateway/source_counts.hpp"
#include "http/handler.hpp"
#include "store/event_store.hpp"

#include <atomic>
#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>

// Accepts: limits, route, verify, dedupe key, one durable append, answer.

namespace headgate::gateway {

namespace asio = boost::asio;

// How many requests are between admission and answer, over all workers; read by who should yield to
// accepting.
using load = std::atomic<std::size_t>;

// The webhooks listener's handler. One for each worker thread; everything here runs on that thread.
class acceptor final : public http::handler {
public:
    // All of these outlive the acceptor.
    acceptor(std::shared_ptr<snapshot const> first, store::event_store& store, wall_clock const& clock,
             auth::fact_finder& facts, metrics& counts, load& in_flight);

    // Requests from now on are judged by `next`. On the worker's thread.
    void use(std::shared_ptr<snapshot const> next);

    [[nodiscard]] bool admits_handshake(std::string const& address) override;
    [[nodiscard]] http::admission admit(request_head const& head) override;
    [[nodiscard]] asio::awaitable<response> handle(request incoming, http::admission admitted) override;

private:
    asio::awaitable<response> accept(request incoming, source const& from,
                                     std::chrono::steady_clock::time_point began);
    // Takes one of what `address` may send. How long it should wait, where it has sent too much.
    std::optional<std::chrono::seconds> take_from(std::string const& address,
                                                  std::chrono::steady_clock::time_point now);
    response over_limit(source const& from, error const& why);
    asio::awaitable<response> shake_hands(request const& incoming, auth::found_facts const& found,
                                          source const& from, auth::handshake const& which, deadline until);
    asio::awaitable<result<void>> call_back(request const& incoming, source const& from,
                                            auth::handshake const& which, deadline until);

    std::shared_ptr<snapshot const> current_;
    store::event_store& store_;
    wall_clock const& clock_;
    auth::fact_finder& facts_;
    load& in_flight_;
    counter& flooded_;
    counter& unknown_;
    duration_histogram& took_;
    counts_by_source counts_;
    std::vector<std::byte> scratch_bytes_;
    json::arena scratch_;
};

}  // namespace headgate::gateway
