#pragma once

#include "core/result.hpp"

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

// Addresses of clients, and networks of them (CIDR, RFC 4632 and 4291).

namespace headgate {

// An address in the one form that logs, limits and allow-lists use: no zone, and IPv4 is kept as
// ::ffff:a.b.c.d, so that both spellings of it are equal.
struct ip_address {
    std::array<std::uint8_t, 16> bytes{};

    [[nodiscard]] auto operator<=>(ip_address const&) const = default;
};

// Its bytes as they stand in a packet.
[[nodiscard]] ip_address ip_address_v4(std::array<std::uint8_t, 4> const& bytes) noexcept;

[[nodiscard]] bool is_v4(ip_address const& address) noexcept;

// "192.0.2.1", "2001:db8::1" (RFC 5952).
[[nodiscard]] std::string to_string(ip_address const& address);

// "192.0.2.1", "2001:db8::1", "::ffff:192.0.2.1"; nothing for anything else, zones included.
[[nodiscard]] std::optional<ip_address> parse_address(std::string_view text);

class network {
public:
    // "10.0.0.0/8", "2001:db8::/32", or one address. Fails with invalid_argument, also where bits after the
    // prefix are set: that is usually a slip.
    [[nodiscard]] static result<network> parse(std::string_view cidr);

    [[nodiscard]] bool contains(ip_address const& address) const noexcept;

    // Whether every IPv4 address is in it: then being in it says nothing.
    [[nodiscard]] bool is_everybody() const noexcept;

    // Whether it holds more than one subnet usually does: wider than an IPv4 /24 or an IPv6 /64.
    [[nodiscard]] bool is_wide() const noexcept;

private:
    network(ip_address first, unsigned bits) : first_{first}, bits_{bits} {}

    ip_address first_;
    unsigned bits_;  // 0 to 128
};

}  // namespace headgate
