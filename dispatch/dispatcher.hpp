#pragma once

#include "core/clock.hpp"
#include "core/deadline.hpp"
#include "core/metrics.hpp"
#include "dispatch/rulebook.hpp"
#include "dispatch/settings.hpp"
#include "store/event_store.hpp"
#include "targets/target.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

// Delivers: takes events in order, matches rules, records deliveries, starts them, follows them to their
// outcome.

namespace headgate::dispatch {

namespace asio = boost::asio;

// What the dispatcher needs from the rest of the process.
struct surroundings {
    asio::any_io_executor executor;  // Of the dispatcher's own thread: everything below runs there.
    store::event_store& store;
    wall_clock const& clock;
    metrics& counts;
    // True while accepting is busy: routing then keeps only `share_min` of the time. Safe from the
    // dispatcher's thread.
    std::function<bool()> accepting_is_busy;
};

// One target for each entry of `settings.targets`, by the same name.
using named_targets = std::map<std::string, std::unique_ptr<targets::target>>;

class dispatcher {
public:
    virtual ~dispatcher() = default;

    // Begins with what an earlier run left unfinished, then takes new events.
    virtual void start() = 0;

    // Begins nothing more. Attempts in flight end until `until`; what has no answer by then may have started,
    // and the next life asks again. Then nothing of it runs any more. Awaited on any executor.
    [[nodiscard]] virtual asio::awaitable<void> stop(deadline until) = 0;

    // Goes by this configuration from now on. `fresh` has the targets that are new or changed; one that stays
    // as it is keeps what it has. Attempts in flight end on the target they began with. What waits for a rule
    // or a target that is gone becomes `held`, and goes on when it is back. Awaited on any executor, before
    // `stop`.
    [[nodiscard]] virtual asio::awaitable<void> replace(settings next, std::shared_ptr<rulebook const> rules,
                                                        named_targets fresh) = 0;

    // An operator changed this delivery in the store: take it up now. From any thread.
    virtual void look_at(uuid delivery) = 0;

    // Routes an event again that was routed, unmatched or quarantined: see `router`. Awaited on any executor,
    // before `stop`.
    [[nodiscard]] virtual asio::awaitable<result<void>> route_again(uuid event) = 0;

    // Why a target gets nothing now, by its name; empty when all is well. From any thread.
    [[nodiscard]] virtual std::map<std::string, std::string> troubles() const = 0;

protected:
    dispatcher() = default;
};

[[nodiscard]] std::unique_ptr<dispatcher> make_dispatcher(settings of, std::shared_ptr<rulebook const> rules,
                                                          named_targets targets, surroundings around);

}  // namespace headgate::dispatch
