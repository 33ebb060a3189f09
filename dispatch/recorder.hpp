#pragma once

#include "core/metrics.hpp"
#include "core/result.hpp"
#include "model/delivery.hpp"
#include "store/event_store.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>

#include <cstddef>
#include <functional>
#include <map>
#include <vector>

// Writes changes of deliveries, many in one transaction, in order, until the store has taken them.

namespace headgate::dispatch {

namespace asio = boost::asio;

// Deliveries that came to this final state, whoever recorded it but operators.
[[nodiscard]] counter& ended_counter(metrics& counts, delivery_state state);

class recorder {
public:
    // Called on the dispatcher's thread once the change is durable; `applied` is false when the row was in
    // another state by then. Must not throw.
    using done_handler = std::function<void(bool applied)>;

    recorder(asio::any_io_executor executor, store::event_store& store, metrics& counts);

    void add(store::transition change, done_handler done);

    // Changes that the store has not taken yet: who makes changes slows down when this grows.
    [[nodiscard]] std::size_t waiting() const noexcept { return waiting_.size() + writing_; }

    // Writes until `finish` was called and nothing is left. A store that refuses is asked again, with pauses.
    [[nodiscard]] asio::awaitable<void> run();
    void finish();

private:
    struct entry {
        store::transition change;
        done_handler done;
    };

    asio::awaitable<void> write(std::vector<entry> batch);
    [[nodiscard]] asio::awaitable<bool> was_made_before(store::transition const& change);
    asio::awaitable<void> pause();

    store::event_store& store_;
    std::map<delivery_state, counter*> ended_;
    asio::steady_timer wake_;
    std::vector<entry> waiting_;
    std::size_t writing_ = 0;
    bool finishing_ = false;
};

}  // namespace headgate::dispatch
