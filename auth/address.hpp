#pragma once

#include "core/result.hpp"

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string_view>

// Client addresses and ranges of them (CIDR, RFC 4632 and 4291).

namespace headgate::auth {

// An address in one form: IPv4 is kept as ::ffff:a.b.c.d, so both spellings of it are equal.
struct ip_address {
    std::array<std::uint8_t, 16> bytes{};
    [[nodiscard]] auto operator<=>(ip_address const&) const = default;
};

// "192.0.2.1", "2001:db8::1", "::ffff:192.0.2.1"; nothing for anything else, zones included.
[[nodiscard]] std::optional<ip_address> parse_address(std::string_view text);

class address_range {
public:
    // "10.0.0.0/8", "2001:db8::/32", or one address. Fails with invalid_argument, also where bits after the
    // prefix are set: that is usually a slip.
    [[nodiscard]] static result<address_range> parse(std::string_view cidr);

    [[nodiscard]] bool contains(ip_address const& address) const noexcept;

private:
    address_range(ip_address first, unsigned bits) : first_{first}, bits_{bits} {}

    ip_address first_;
    unsigned bits_;  // 0 to 128
};

}  // namespace headgate::auth
