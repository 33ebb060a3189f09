#pragma once

#include "core/metrics.hpp"
#include "gateway/snapshot.hpp"

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// What became of the requests of each source, as one worker counts it.

namespace headgate::gateway {

struct source_counts {
    counter& accepted;
    counter& duplicate;
    counter& refused;
    counter& limited;
    counter& unavailable;
    counter& handshakes;

    // Verified ones, by the names of the keys that proved them.
    std::vector<std::pair<std::string, counter*>> by_key{};
    std::uint64_t keys_as_of = 0;  // Which configuration's keys these are.
};

// A source's counters are made when its first request comes, and those of its keys, unused ones too, with the
// first after the configuration changed: from then on counting is a look-up. For one thread.
class counts_by_source {
public:
    explicit counts_by_source(metrics& to) : to_{to} {}

    // Sources may have other keys from now on.
    void forget_keys() noexcept { ++keys_as_of_; }

    [[nodiscard]] source_counts& of(source const& from);
    void count_verified(source const& from, source_counts& counts, std::span<std::string_view const> keys);

private:
    [[nodiscard]] counter& of_key(source const& from, source_counts& counts, std::string_view key);

    metrics& to_;
    std::uint64_t keys_as_of_ = 1;
    std::map<std::string, source_counts, std::less<>> all_;
};

}  // namespace headgate::gateway
