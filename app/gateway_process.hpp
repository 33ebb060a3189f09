#pragma once

#include "app/plan.hpp"
#include "core/result.hpp"

#include <cstdint>
#include <memory>

namespace headgate::app {

// A running gateway: every part made, wired and started. The only place that knows all of them.
//
// Order of life: store, threads, dispatcher, operator listener, webhooks listener; `drain` goes back the same
// way.
class gateway_process {
public:
    virtual ~gateway_process() = default;

    [[nodiscard]] virtual std::uint16_t webhooks_port() const noexcept = 0;
    [[nodiscard]] virtual std::uint16_t operator_port() const noexcept = 0;

    // Goes by what was read now, or keeps the last good configuration and says why: in the log with all
    // problems, at /readyz and in the metrics. Whole or not at all. Blocks until every thread has taken it;
    // on one thread at a time, and not beside `drain`.
    virtual void take(planned next) = 0;

    // Not ready any more, no new connections, answers what is in flight, ends attempts in flight, closes the
    // store. Blocks; after `listen.drain_within` what is left is cut.
    virtual void drain() = 0;

protected:
    gateway_process() = default;
};

// Fails with failed_precondition (the store is held by another process), unavailable (port, disk),
// invalid_argument. What was started before the failure is taken down again.
[[nodiscard]] result<std::unique_ptr<gateway_process>> start_gateway(plan from);

}  // namespace headgate::app
