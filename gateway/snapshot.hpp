#pragma once

#include "auth/authenticator.hpp"
#include "core/problem.hpp"
#include "gateway/address_limiter.hpp"
#include "gateway/routes.hpp"
#include "gateway/settings.hpp"
#include "gateway/source_limiter.hpp"
#include "transforms/program.hpp"

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

// Everything that decides about a request, as it was configured at one moment.

namespace headgate::gateway {

struct source {
    source_settings settings;
    auth::authenticator sender;
    std::optional<transforms::program> dedupe;  // For `dedupe: {program: …}`.
    std::unique_ptr<source_limiter> limiter;    // Null: no limits.

    // What holds for it, of the configuration, its preset and the general settings.
    std::vector<std::string> methods;  // Of its events; a handshake may have others.
    std::size_t body_bytes_max = 0;
    std::chrono::milliseconds accept_within{0};
    std::chrono::seconds retry_after{0};
};

// Whether its bodies may be packed as these headers say.
[[nodiscard]] bool allows_encoding(source const& of, headers const& fields);

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
