#include "core/network.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <arpa/inet.h>
#include <charconv>
#include <system_error>

namespace headgate {
namespace {

constexpr unsigned v4_at = 12;  // Where IPv4's bytes stand in ::ffff:a.b.c.d.
constexpr ip_address first_v4{{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 0, 0, 0}};

ip_address masked(ip_address address, unsigned bits) {
    for (unsigned i = 0; i < address.bytes.size(); ++i) {
        auto const kept = bits >= (i + 1) * 8 ? 8 : bits <= i * 8 ? 0 : bits - i * 8;
        address.bytes[i] = static_cast<std::uint8_t>(address.bytes[i] & (0xff00U >> kept));
    }
    return address;
}

std::unexpected<error> not_a_network(std::string_view cidr) {
    return refuse(errc::invalid_argument, fmt::format("\"{}\" is not an address range", cidr),
                  "write for example 10.0.0.0/8, 2001:db8::/32 or 192.0.2.1");
}

}  // namespace

ip_address ip_address_v4(std::array<std::uint8_t, 4> const& bytes) noexcept {
    auto address = first_v4;
    std::ranges::copy(bytes, address.bytes.begin() + v4_at);
    return address;
}

bool is_v4(ip_address const& address) noexcept {
    return std::equal(address.bytes.begin(), address.bytes.begin() + v4_at, first_v4.bytes.begin());
}

std::string to_string(ip_address const& address) {
    std::array<char, INET6_ADDRSTRLEN> text{};
    bool const v4 = is_v4(address);
    inet_ntop(v4 ? AF_INET : AF_INET6, address.bytes.data() + (v4 ? v4_at : 0), text.data(), text.size());
    return text.data();
}

std::optional<ip_address> parse_address(std::string_view text) {
    std::array<char, INET6_ADDRSTRLEN> terminated{};
    if (text.size() >= terminated.size() || text.contains('\0')) return std::nullopt;
    std::ranges::copy(text, terminated.begin());
    auto address = first_v4;
    if (inet_pton(AF_INET, terminated.data(), address.bytes.data() + v4_at) == 1) return address;
    if (inet_pton(AF_INET6, terminated.data(), address.bytes.data()) == 1) return address;
    return std::nullopt;
}

result<network> network::parse(std::string_view cidr) {
    auto const slash = cidr.find('/');
    auto const address = parse_address(cidr.substr(0, slash));
    if (!address) return not_a_network(cidr);
    unsigned const before = cidr.contains(':') ? 0 : v4_at * 8;
    unsigned written = 128 - before;
    if (slash != std::string_view::npos) {
        auto const digits = cidr.substr(slash + 1);
        auto const [end, failure] = std::from_chars(digits.data(), digits.data() + digits.size(), written);
        bool const is_padded = digits.size() > 1 && digits.front() == '0';
        bool const is_number = failure == std::errc{} && end == digits.data() + digits.size() && !is_padded;
        if (!is_number || written > 128 - before) return not_a_network(cidr);
    }
    auto const bits = before + written;
    auto const first = masked(*address, bits);
    if (first == *address) return network{first, bits};
    return refuse(errc::invalid_argument, fmt::format("\"{}\" has address bits after its prefix", cidr),
                  fmt::format("write {}/{}", to_string(first), is_v4(first) ? bits - v4_at * 8 : bits));
}

bool network::contains(ip_address const& address) const noexcept {
    return masked(address, bits_) == first_;
}

bool network::is_everybody() const noexcept {
    return bits_ <= v4_at * 8 && contains(first_v4);
}

bool network::is_wide() const noexcept {
    return bits_ < (is_v4(first_) ? v4_at * 8 + 24 : 64);
}

}  // namespace headgate
