#pragma once

#include "auth/authenticator.hpp"
#include "core/problem.hpp"
#include "gateway/address_limiter.hpp"
#include "gateway/routes.hpp"
#include "gateway/settings.hpp"
#include "gateway/source_limiter.hpp"
#include "transforms/program.hpp"

#include <memory>
#include <optional>
#include <vector>

// Everything that decides about a request, as it was configured at one moment.

namespace headgate::gateway {

struct source {
    source_settings settings;
    auth::authenticator sender;
    std::optional<transforms::program> dedupe;  // For `dedupe: {program: …}`.
    std::unique_ptr<source_limiter> limiter;    // Null: no limits.
};

// Immutable, but for what its limiters count, and shared by all workers; a request ends with the snapshot it
// began with. A new snapshot counts anew.
struct snapshot {
    settings general;
    std::vector<source> sources;
    route_table routes;
    std::unique_ptr<address_limiter> flood;  // Null: no limit.
};

// Notes everything that is wrong, with its path; then there is no snapshot.
[[nodiscard]] std::shared_ptr<snapshot const> make_snapshot(settings from, problems& found);

}  // namespace headgate::gateway
