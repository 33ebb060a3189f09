#include "auth/address.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <arpa/inet.h>
#include <charconv>
#include <string>

namespace headgate::auth {
namespace {

constexpr std::size_t v4_at = 12;  // Where IPv4's bytes stand in ::ffff:a.b.c.d.

bool is_mapped_v4(ip_address const& address) {
    return std::all_of(address.bytes.begin(), address.bytes.begin() + 10,
                       [](auto byte) { return byte == 0; }) &&
           address.bytes[10] == 0xff && address.bytes[11] == 0xff;
}

ip_address masked(ip_address address, unsigned bits) {
    for (unsigned i = 0; i < address.bytes.size(); ++i) {
        auto const kept = bits >= (i + 1) * 8 ? 8 : bits <= i * 8 ? 0 : bits - i * 8;
        address.bytes[i] = static_cast<std::uint8_t>(address.bytes[i] & (0xff00U >> kept));
    }
    return address;
}

std::string text_of(ip_address const& address) {
    std::array<char, INET6_ADDRSTRLEN> text{};
    bool const v4 = is_mapped_v4(address);
    inet_ntop(v4 ? AF_INET : AF_INET6, address.bytes.data() + (v4 ? v4_at : 0), text.data(), text.size());
    return text.data();
}

std::unexpected<error> not_a_range(std::string_view cidr) {
    return refuse(errc::invalid_argument, fmt::format("\"{}\" is not an address range", cidr),
                  "write for example 10.0.0.0/8, 2001:db8::/32 or 192.0.2.1");
}

}  // namespace

std::optional<ip_address> parse_address(std::string_view text) {
    if (text.size() >= INET6_ADDRSTRLEN || text.find('\0') != std::string_view::npos) return std::nullopt;
    std::string const terminated{text};
    ip_address address;
    if (inet_pton(AF_INET, terminated.c_str(), address.bytes.data() + v4_at) == 1) {
        address.bytes[10] = 0xff;
        address.bytes[11] = 0xff;
        return address;
    }
    if (inet_pton(AF_INET6, terminated.c_str(), address.bytes.data()) == 1) return address;
    return std::nullopt;
}

result<address_range> address_range::parse(std::string_view cidr) {
    auto const slash = cidr.find('/');
    auto const address = parse_address(cidr.substr(0, slash));
    if (!address) return not_a_range(cidr);
    bool const written_as_v4 = cidr.find(':') == std::string_view::npos;
    unsigned const offset = written_as_v4 ? 96 : 0;
    unsigned bits = 128 - offset;
    if (slash != std::string_view::npos) {
        auto const digits = cidr.substr(slash + 1);
        auto const [end, failure] = std::from_chars(digits.data(), digits.data() + digits.size(), bits);
        bool const whole = failure == std::errc{} && end == digits.data() + digits.size() && !digits.empty();
        if (!whole || bits > 128 - offset || (digits.size() > 1 && digits.front() == '0'))
            return not_a_range(cidr);
    }
    auto const first = masked(*address, bits + offset);
    if (first != *address) {
        return refuse(errc::invalid_argument, fmt::format("\"{}\" has bits set after its prefix", cidr),
                      fmt::format("write {}/{}", text_of(first), bits));
    }
    return address_range{first, bits + offset};
}

bool address_range::contains(ip_address const& address) const noexcept {
    return masked(address, bits_) == first_;
}

}  // namespace headgate::auth
