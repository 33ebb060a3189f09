#include "http/addresses.hpp"

#include "core/digest.hpp"
#include "http/characters.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>

namespace headgate::http {
namespace {

constexpr unsigned bits_before_mapped_v4 = 96;

asio::ip::address_v6 as_v6(asio::ip::address const& address) {
    return address.is_v4() ? asio::ip::make_address_v6(asio::ip::v4_mapped, address.to_v4())
                           : address.to_v6();
}

bool is_bit_set(asio::ip::address_v6::bytes_type const& bytes, unsigned bit) {
    return (bytes[bit / 8] >> (7 - bit % 8) & 1) != 0;
}

bool has_bits_after(asio::ip::address_v6 const& address, unsigned prefix_bits) {
    auto const bytes = address.to_bytes();
    for (unsigned bit = prefix_bits; bit < 128; ++bit) {
        if (is_bit_set(bytes, bit)) return true;
    }
    return false;
}

bool share_prefix(asio::ip::address_v6 const& a, asio::ip::address_v6 const& b, unsigned bits) {
    auto const left = a.to_bytes();
    auto const right = b.to_bytes();
    auto const whole = bits / 8;
    if (!std::equal(left.begin(), left.begin() + whole, right.begin())) return false;
    return bits % 8 == 0 || ((left[whole] ^ right[whole]) >> (8 - bits % 8)) == 0;
}

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

asio::ip::address canonical(asio::ip::address const& address) {
    if (!address.is_v6()) return address;
    auto v6 = address.to_v6();
    if (v6.is_v4_mapped()) return asio::ip::make_address_v4(asio::ip::v4_mapped, v6);
    v6.scope_id(0);
    return v6;
}

std::optional<asio::ip::address> parse_address(std::string_view text) {
    if (text.size() > 45 || text.find('%') != std::string_view::npos) return std::nullopt;
    boost::system::error_code failure;
    auto const address = asio::ip::make_address(std::string{text}, failure);
    if (failure) return std::nullopt;
    return canonical(address);
}

// No IPv6 address that is routed begins with 16 zero bits (RFC 4291, 2.4), so IPv4 fits beside them.
std::uint64_t sender_of(asio::ip::address const& canonical_address) {
    constexpr std::uint64_t v4_bit = std::uint64_t{1} << 32;
    if (canonical_address.is_v4()) return v4_bit | canonical_address.to_v4().to_uint();
    auto const bytes = canonical_address.to_v6().to_bytes();
    std::uint64_t network = 0;
    for (std::size_t i = 0; i < sizeof network; ++i) network = network << 8 | bytes[i];
    return network;
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
        auto const not_a_range = [&] {
            return refuse(errc::invalid_argument, "\"" + range + "\" is not a network",
                          "write for example 10.0.0.0/8, 192.0.2.7 or 2001:db8::/32");
        };
        auto const slash = range.find('/');
        auto const address = parse_address(std::string_view{range}.substr(0, slash));
        if (!address) return not_a_range();
        unsigned const bits_max = address->is_v4() ? 32 : 128;
        unsigned bits = bits_max;
        if (slash != std::string::npos) {
            auto const* const begin = range.data() + slash + 1;
            auto const* const end = range.data() + range.size();
            auto const [stop, failure] = std::from_chars(begin, end, bits);
            if (failure != std::errc{} || stop != end || bits > bits_max) return not_a_range();
        }
        if (address->is_v4()) bits += bits_before_mapped_v4;
        auto const base = as_v6(*address);
        if (has_bits_after(base, bits)) {
            return refuse(errc::invalid_argument, "\"" + range + "\" has address bits after its prefix",
                          "write the network's first address, or one address without a prefix");
        }
        parsed.all_.push_back({base, bits});
    }
    return parsed;
}

bool networks::contains(asio::ip::address const& address) const {
    if (all_.empty()) return false;
    auto const wanted = as_v6(address);
    return std::ranges::any_of(
        all_, [&](network const& each) { return share_prefix(each.base, wanted, each.prefix_bits); });
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
        if (comma == std::string_view::npos || !trusted.contains(*address)) return address->to_string();
        list = list.substr(0, comma);
    }
}

}  // namespace headgate::http
