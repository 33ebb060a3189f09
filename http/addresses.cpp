#include "http/addresses.hpp"

#include "core/digest.hpp"
#include "core/text.hpp"
#include "http/characters.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <string_view>

namespace headgate::http {
namespace {

bool is_port(std::string_view text) {
    return !text.empty() && text.size() <= 5 && std::ranges::all_of(text, is_digit);
}

// Some proxies append the port: 192.0.2.1:4711, [2001:db8::1]:4711.
std::string_view without_port(std::string_view element) {
    if (element.starts_with('[')) {
        auto const end = element.find(']');
        if (end == std::string_view::npos) return {};
        auto const rest = element.substr(end + 1);
        bool const is_fine = rest.empty() || (rest.front() == ':' && is_port(rest.substr(1)));
        return is_fine ? element.substr(1, end - 1) : std::string_view{};
    }
    auto const colon = element.find(':');
    bool const is_v4_with_port = colon != std::string_view::npos && colon == element.rfind(':');
    if (!is_v4_with_port) return element;
    return is_port(element.substr(colon + 1)) ? element.substr(0, colon) : std::string_view{};
}

}  // namespace

// No IPv6 address that is routed begins with 16 zero bits (RFC 4291, 2.4), so IPv4 fits beside them.
std::uint64_t sender_of(ip_address const& address) {
    constexpr std::uint64_t v4_bit = std::uint64_t{1} << 32;
    auto const bits_from = [&address](std::size_t first, std::size_t count) {
        std::uint64_t bits = 0;
        for (auto i = first; i < first + count; ++i) bits = bits << 8 | address.bytes[i];
        return bits;
    };
    return is_v4(address) ? v4_bit | bits_from(12, 4) : bits_from(0, 8);
}

sender_hash::sender_hash() {
    std::array<std::uint8_t, sizeof seed_> bytes;
    fill_random(bytes);
    seed_ = std::bit_cast<std::uint64_t>(bytes);
}

// The finalizer of splitmix64: every bit of the input reaches every bit of the output.
std::size_t sender_hash::operator()(std::uint64_t sender) const noexcept {
    auto bits = sender + seed_;
    bits = (bits ^ bits >> 30) * 0xbf58476d1ce4e5b9;
    bits = (bits ^ bits >> 27) * 0x94d049bb133111eb;
    return bits ^ bits >> 31 ^ seed_;
}

result<networks> networks::parse(std::vector<std::string> const& ranges) {
    networks parsed;
    for (auto const& range : ranges) {
        HEADGATE_TRY(auto const one, network::parse(range));
        parsed.all_.push_back(one);
    }
    return parsed;
}

bool networks::contains(ip_address const& address) const {
    return std::ranges::any_of(all_, [&address](network const& each) { return each.contains(address); });
}

std::optional<std::string> forwarded_peer(headers const& fields, networks const& trusted) {
    auto const lines = count_headers(fields, "x-forwarded-for");
    if (lines == 0) return std::string{};
    if (lines > 1) return std::nullopt;
    auto list = *sole_header(fields, "x-forwarded-for");
    while (true) {
        auto const comma = list.rfind(',');
        auto const element = comma == std::string_view::npos ? list : list.substr(comma + 1);
        auto const address = parse_address(without_port(trimmed(element)));
        if (!address) return std::nullopt;
        if (comma == std::string_view::npos || !trusted.contains(*address)) return to_string(*address);
        list = list.substr(0, comma);
    }
}

}  // namespace headgate::http
