#pragma once

#include "core/secret.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

namespace headgate::targets {

struct temporal_tls {
    std::string server_ca;    // PEM file; empty: the system's.
    std::string certificate;  // PEM file of the client; with `key`.
    std::string key;
    std::string server_name;  // Checked instead of the address's host.

    bool operator==(temporal_tls const&) const = default;
};

struct temporal_settings {
    std::string address;  // host:port
    std::string name_space = "default";
    std::optional<temporal_tls> tls;  // Absent: plain text, unless there is an API key.
    std::optional<secret> api_key;
    std::chrono::milliseconds attempt_within{10'000};
    std::string identity;  // As in Temporal's history; default headgate@<host>.
    // The largest answer that is taken; a longer one is an error.
    std::size_t answer_bytes_max = 4 * 1024 * 1024;

    bool operator==(temporal_settings const&) const = default;
};

}  // namespace headgate::targets
