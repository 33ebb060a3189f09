#pragma once

#include "core/clock.hpp"
#include "core/metrics.hpp"

#include <mutex>
#include <string>

namespace headgate::app {

// Which configuration is in force since when, and why a newer one is not: as /readyz and the metrics say it.
// Safe from any thread.
class configuration_status {
public:
    // `counts` and `clock` outlive it, and `counts` is not asked after its end.
    configuration_status(metrics& counts, wall_clock const& clock, std::string revision);

    void applied(std::string revision);
    // `why` as an operator reads it.
    void refused(std::string why);

    // Of the one in force: first 16 hex digits of a digest over its files.
    [[nodiscard]] std::string revision() const;
    // Why the last change is not in force; empty when it is.
    [[nodiscard]] std::string trouble() const;

private:
    wall_clock const& clock_;
    counter& applied_;
    counter& refused_;
    mutable std::mutex guard_;
    std::string revision_;
    std::string trouble_;
    wall_time in_force_since_;
};

}  // namespace headgate::app
