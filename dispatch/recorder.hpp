#pragma once

#include "core/deadline.hpp"
#include "core/metrics.hpp"
#include "core/result.hpp"
#include "model/delivery.hpp"
#include "store/event_store.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>

#include <cstddef>
#include <deque>
#include <functional>
#include <map>
#include <optional>
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

    // Many changes wait for the store: who makes changes waits, too.
    [[nodiscard]] bool is_behind() const noexcept { return waiting_.size() + writing_ > behind_at; }

    // Writes until `finish` was called and nothing is left, or its time is over. A store that refuses is
    // asked again, with pauses.
    [[nodiscard]] asio::awaitable<void> run();

    // What is not written by `until` never is: durable state is behind then, never ahead, and the next start
    // repeats the attempts.
    void finish(deadline until);

private:
    static constexpr std::size_t behind_at = 2'000;

    struct entry {
        store::transition change;
        done_handler done;
    };

    void leave_the_rest();
    asio::awaitable<void> write(std::vector<entry> batch);
    [[nodiscard]] asio::awaitable<bool> was_made_before(store::transition const& change);
    asio::awaitable<void> pause();

    store::event_store& store_;
    std::map<delivery_state, counter*> ended_;
    asio::steady_timer wake_;
    std::deque<entry> waiting_;
    std::size_t writing_ = 0;
    std::optional<deadline> finishing_;
};

}  // namespace headgate::dispatch
