#pragma once

#include "auth/fact_finder.hpp"
#include "console/operators.hpp"
#include "core/clock.hpp"
#include "core/metrics.hpp"
#include "http/handler.hpp"
#include "store/event_store.hpp"

#include <boost/asio/awaitable.hpp>

#include <functional>
#include <memory>
#include <string>
#include <vector>

// The operator listener: health, metrics, and the API at /api/v1. It acts by writing to the store; what has
// to be matched against rules is left to the dispatcher.

namespace headgate::console {

// Whether this process should get requests.
struct readiness {
    std::vector<std::string> reasons;  // Why it should not; empty: ready.
    std::vector<std::string>
        notes;  // What is wrong but no reason: events pile up safely while a target is away.
};

// What the API needs from the rest of the process. All of it is safe from the listener's thread.
struct surroundings {
    store::event_store& store;
    wall_clock const& clock;
    metrics& counts;
    auth::fact_finder& facts;
    std::function<readiness()> ready;
    std::function<void(uuid delivery)> changed;  // Told after an act on a delivery.
    std::function<boost::asio::awaitable<result<void>>(uuid event)> route;  // By today's schema and rules.
};

class operator_api : public http::handler {
public:
    // Goes by these operators from now on. On the listener's thread.
    virtual void use(std::shared_ptr<operators const> next) = 0;
};

[[nodiscard]] std::unique_ptr<operator_api> make_operator_api(std::shared_ptr<operators const> of,
                                                              surroundings around);

}  // namespace headgate::console
