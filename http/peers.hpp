#pragma once

#include "http/addresses.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>

namespace headgate::http {

// What each sender (`sender_of`) has of a listener at the moment, so that none takes all of it. There is an
// entry for a sender as long as somebody holds a share of it; so there are at most two for each connection.
// Safe from any thread.
class peer_accounts {
    struct account {
        std::size_t shares = 0;
        std::size_t connections = 0;
        std::atomic<std::size_t> in_flight_bytes{0};
    };
    using entry = std::pair<std::uint64_t const, account>;
    enum class counts : std::uint8_t { connection, bytes_only };

public:
    // A part in one sender's account, given back when destroyed. Without an account nothing is counted or
    // refused. The accounts outlive it.
    class share {
    public:
        share() = default;
        ~share() { give_back(); }
        share(share&& other) noexcept
            : of_{std::exchange(other.of_, nullptr)}, mine_{other.mine_}, counts_{other.counts_} {}
        share& operator=(share&&) = delete;

        // False, and nothing more held, when the sender would have more than `bytes_max`.
        [[nodiscard]] bool hold(std::size_t bytes, std::size_t bytes_max) noexcept;
        void release(std::size_t bytes) noexcept;

    private:
        friend class peer_accounts;
        share(peer_accounts& of, entry& mine, counts what) : of_{&of}, mine_{&mine}, counts_{what} {}
        void give_back() noexcept;

        peer_accounts* of_ = nullptr;
        entry* mine_ = nullptr;
        counts counts_ = counts::bytes_only;
    };

    // For a connection. Nothing when the sender has as many as it may.
    [[nodiscard]] std::optional<share> connect(std::uint64_t sender, std::size_t connections_max);

    // For a request that somebody passed on for the sender.
    [[nodiscard]] share join(std::uint64_t sender);

private:
    std::mutex guard_;
    std::unordered_map<std::uint64_t, account, sender_hash> by_sender_;  // Under `guard_`, but for the bytes.
};

// Who is at the other end of a connection.
struct caller {
    std::string address;
    bool is_trusted_proxy = false;  // When it connected.
    peer_accounts::share share;     // Of nothing, for a proxy: it speaks for many.
};

}  // namespace headgate::http
