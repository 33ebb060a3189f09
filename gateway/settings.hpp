#pragma once

#include "auth/settings.hpp"
#include "transforms/settings.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace headgate::gateway {

// Which key decides whether a request is a duplicate.
struct dedupe_settings {
    enum class by : std::uint8_t {
        preset,
        header,
        program,
        none
    };  // preset: its delivery id, or none without one
    by key = by::preset;
    std::string header;   // Lower case; for `header`.
    std::string program;  // For `program`.
    std::uint64_t steps_max = 10'000;
    std::size_t values_max = 100'000;             // Of the body, for `program`.
    std::size_t decoded_bytes_max = 1024 * 1024;  // Of a body that was packed, for `program`.
};

// What a source brings in; absent: no limit. Over: 503 + Retry-After.
struct source_limits {
    std::optional<std::size_t> requests_per_second;
    std::optional<std::size_t> requests_burst;  // Absent: as many as a second's.
    std::optional<std::size_t> events_in_flight_max;

    [[nodiscard]] bool has_any() const noexcept { return requests_per_second || events_in_flight_max; }
};

// What one address sends, before anything of it is verified. Over: 429 + Retry-After.
struct address_limits {
    std::size_t requests_per_second = 1000;  // 0: no limit.
    std::size_t requests_burst = 5000;
    std::size_t addresses_max = 16 * 1024;  // Looked after at once; beyond, those that send least are not.
};

// What refuses a captured request that comes again under another id.
enum class replay_key : std::uint8_t {
    unsaid,  // Nothing, and nobody has said that this is meant.
    none,
    digest  // The digest of the signed content is a second key.
};

struct source_settings {
    bool is_whole = true;  // Else it has mistakes that are known already: there will be no snapshot.
    std::string name;
    std::string tenant = "default";
    std::string path;                  // "/webhooks/airbyte/{connection}"
    std::vector<std::string> methods;  // Empty: the preset's, else POST.
    auth::settings sender;             // `verify`, with the preset's data merged in.
    dedupe_settings dedupe;
    replay_key replay = replay_key::unsaid;
    transforms::body_settings body;
    std::vector<transforms::content_coding> content_encodings{transforms::all_content_codings.begin(),
                                                              transforms::all_content_codings.end()};
    std::optional<std::size_t> body_bytes_max;  // Absent: the preset's, else `settings::body_bytes_max`.
    source_limits limits;
};

struct settings {
    std::vector<source_settings> sources;
    std::size_t body_bytes_max = 1024 * 1024;
    address_limits each_address;
    std::chrono::milliseconds accept_within{
        2500};                            // From the whole request to the answer; a preset may lower it.
    std::chrono::seconds retry_after{5};  // Of 503 answers, where the preset says nothing.
};

}  // namespace headgate::gateway
