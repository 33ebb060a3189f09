#include "http/peers.hpp"

namespace headgate::http {

std::optional<peer_accounts::share> peer_accounts::connect(std::uint64_t sender,
                                                           std::size_t connections_max) {
    std::scoped_lock const held{guard_};
    auto& found = *by_sender_.try_emplace(sender).first;
    if (found.second.connections >= connections_max) return std::nullopt;
    ++found.second.shares;
    ++found.second.connections;
    return share{*this, found, counts::connection};
}

peer_accounts::share peer_accounts::join(std::uint64_t sender) {
    std::scoped_lock const held{guard_};
    auto& found = *by_sender_.try_emplace(sender).first;
    ++found.second.shares;
    return {*this, found, counts::bytes_only};
}

bool peer_accounts::share::hold(std::size_t bytes, std::size_t bytes_max) noexcept {
    if (of_ == nullptr) return true;
    auto& in_flight = mine_->second.in_flight_bytes;
    auto const before = in_flight.fetch_add(bytes, std::memory_order_relaxed);
    if (before + bytes <= bytes_max) return true;
    in_flight.fetch_sub(bytes, std::memory_order_relaxed);
    return false;
}

void peer_accounts::share::release(std::size_t bytes) noexcept {
    if (of_ != nullptr) mine_->second.in_flight_bytes.fetch_sub(bytes, std::memory_order_relaxed);
}

void peer_accounts::share::give_back() noexcept {
    if (of_ == nullptr) return;
    std::scoped_lock const held{of_->guard_};
    if (counts_ == counts::connection) --mine_->second.connections;
    if (--mine_->second.shares == 0) of_->by_sender_.erase(mine_->first);
}

}  // namespace headgate::http
