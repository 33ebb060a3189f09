#include "gateway/address_limiter.hpp"

#include <algorithm>
#include <bit>

namespace headgate::gateway {
address_limiter::address_limiter(address_limits const& bounds)
    : pace_{bounds.requests_per_second, bounds.requests_burst},
      rows_(std::bit_floor(std::max<std::size_t>(bounds.addresses_max / row{}.places.size(), 1))) {}

std::optional<std::chrono::seconds> address_limiter::take(std::string_view peer, pace::instant now) {
    auto const parsed = parse_address(peer);
    auto const address = parsed ? http::sender_of(*parsed) : 0;
    auto& [guard, places] = row_of(address);
    std::scoped_lock const held{guard};
    auto found = std::ranges::find(places, address, &place::address);
    if (found == places.end()) {
        found = std::ranges::min_element(places, {}, &place::debt);
        *found = {address, now};
    }
    auto const taken = pace_.take(found->debt, now);
    if (!taken) return std::chrono::ceil<std::chrono::seconds>(taken.error());
    found->debt = *taken;
    return std::nullopt;
}

address_limiter::row& address_limiter::row_of(std::uint64_t address) noexcept {
    return rows_[hash_(address) & (rows_.size() - 1)];
}

}  // namespace headgate::gateway
