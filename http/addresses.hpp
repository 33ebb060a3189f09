#pragma once

#include "core/network.hpp"
#include "core/result.hpp"
#include "model/request.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace headgate::http {

// Whom limits count as one sender: an IPv4 address, or the first 64 bits of an IPv6 one, because whoever has
// one of those has them all.
[[nodiscard]] std::uint64_t sender_of(ip_address const& address);

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
    // Fails with invalid_argument on the first that is none.
    [[nodiscard]] static result<networks> parse(std::vector<std::string> const& ranges);

    [[nodiscard]] bool contains(ip_address const& address) const;

private:
    std::vector<network> all_;
};

// Who sent a request that a trusted proxy passed on: the rightmost address of X-Forwarded-For that is not
// itself a trusted proxy; the leftmost when all are; empty, which is no address, when there is no such
// header: the proxy's own address would let everybody behind it pass where that address is allowed. What
// stands to the left of that address is the sender's own claim, and is not read. Nothing when the header is
// repeated or one of the addresses that count is none.
[[nodiscard]] std::optional<std::string> forwarded_peer(headers const& fields, networks const& trusted);

}  // namespace headgate::http
