#pragma once

#include "gateway/pace.hpp"
#include "gateway/settings.hpp"
#include "http/addresses.hpp"

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string_view>
#include <vector>

namespace headgate::gateway {

// Bounds what one address sends, before anything of it is looked at: the answer cannot depend on what it
// asked for.
//
// A table of fixed size, shared by all workers. Where more addresses are busy at once than it has places, the
// one that owes least is forgotten: it gains a fresh burst and nothing else.
class address_limiter {
public:
    explicit address_limiter(address_limits const& bounds);

    // Takes one request of `peer`; nothing, or how long it should wait. From any thread.
    [[nodiscard]] std::optional<std::chrono::seconds> take(std::string_view peer, pace::instant now);

private:
    struct place {
        std::uint64_t address = 0;
        pace::instant debt;
    };
    struct row {
        std::mutex guard;
        std::array<place, 8> places;
    };

    [[nodiscard]] row& row_of(std::uint64_t address) noexcept;

    pace pace_;
    http::sender_hash hash_;
    std::vector<row> rows_;  // A power of two.
};

}  // namespace headgate::gateway
