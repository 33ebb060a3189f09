#pragma once

#include "core/result.hpp"
#include "model/request.hpp"

#include <boost/asio/ip/address.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace headgate::http {

namespace asio = boost::asio;

// An address in the one form that logs, limits and allow-lists use: no zone, and an IPv4 address inside an
// IPv6 one is taken out. Nothing when `text` is not an address, or names a zone.
[[nodiscard]] std::optional<asio::ip::address> parse_address(std::string_view text);

// The same for the other end of a connection.
[[nodiscard]] asio::ip::address canonical(asio::ip::address const& address);

// Whom limits count as one sender: an IPv4 address, or the first 64 bits of an IPv6 one, because whoever has
// one of those has them all.
[[nodiscard]] std::uint64_t sender_of(asio::ip::address const& canonical_address);

// For tables of senders: seeded, so that nobody can choose addresses that meet in one place.
class sender_hash {
public:
    sender_hash();
    [[nodiscard]] std::size_t operator()(std::uint64_t sender) const noexcept;

private:
    std::uint64_t seed_ = 0;
};

// A set of networks.
class networks {
public:
    // Reads "10.0.0.0/8", "2001:db8::/32", "192.0.2.1". Fails with invalid_argument on anything else, and on
    // bits set to the right of the prefix.
    [[nodiscard]] static result<networks> parse(std::vector<std::string> const& ranges);

    [[nodiscard]] bool contains(asio::ip::address const& address) const;

private:
    struct network {
        asio::ip::address_v6 base;  // IPv4 as ::ffff:0:0/96.
        unsigned prefix_bits;
    };

    std::vector<network> all_;
};

// Who sent a request that a trusted proxy passed on: the rightmost address of X-Forwarded-For that is not
// itself a trusted proxy; the leftmost when all are; empty, which is no address, when there is no such
// header: the proxy's own address would let everybody behind it pass where that address is allowed. What
// stands to the left of that address is the sender's own claim, and is not read. Nothing when the header is
// repeated or one of the addresses that count is none.
[[nodiscard]] std::optional<std::string> forwarded_peer(headers const& fields, networks const& trusted);

}  // namespace headgate::http
