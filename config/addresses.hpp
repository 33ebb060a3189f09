#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace headgate::config {

struct complaint {
    std::string what;
    std::string remedy;
};

// Where to listen: an IP address and a port, "127.0.0.1:8080" or "[::1]:8080".
[[nodiscard]] std::optional<complaint> what_is_wrong_with_endpoint(std::string_view text);

// Whether only this machine reaches what listens there.
[[nodiscard]] bool is_loopback(std::string_view endpoint);

// Whom to call: a host name or IP address, and a port that is not 0.
[[nodiscard]] std::optional<complaint> what_is_wrong_with_host_and_port(std::string_view text);

// A source's path: "/webhooks/airbyte/{connection}".
[[nodiscard]] std::optional<complaint> what_is_wrong_with_path(std::string_view text);

}  // namespace headgate::config
