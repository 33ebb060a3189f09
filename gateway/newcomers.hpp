#pragma once

#include "auth/fetch.hpp"
#include "core/digest.hpp"

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace headgate::gateway {

// Names that requests bring and nobody knows yet: which of them is fetched next, one within `interval`.
//
// Whoever makes names up has a new one each time, or soon runs out of them; a genuine name comes again with
// each request of its sender. So the turn is that name's which was asked for most often, and a name that
// turned out to be nobody's has no turn for thirty intervals. One that we were refused has none so long while
// another waits: a name can be made up so that only questions for it are refused. How often is counted by a
// keyed hash, so that no names can be made that count for each other, and the memory is the same whatever
// comes. For one thread.
class newcomers {
public:
    using clock = std::chrono::steady_clock;

    struct newcomer {
        std::string name;
        auth::outgoing asks;
    };

    explicit newcomers(std::chrono::milliseconds interval);

    // What is to be fetched now that a request asks for `one`: that, or another. Nothing while it is too soon
    // for any, and where `one` is nobody's and none waits.
    [[nodiscard]] std::optional<newcomer> next(newcomer const& one, clock::time_point now);

    // It was fetched, and nobody has it.
    void forbid(std::string_view name, clock::time_point now);

    // It was asked for, and whoever would have it refused to say.
    void put_behind(std::string_view name, clock::time_point now);

private:
    enum class standing : std::uint8_t { usual, behind, forbidden };
    struct judged {
        sha256_digest name;
        clock::time_point until;
        standing is;
    };

    static constexpr std::size_t rows = 4;  // Names that share a count in one hardly share it in all.

    [[nodiscard]] sha256_digest digest_of(std::string_view name) const;
    void judge(std::string_view name, standing is, clock::time_point now);
    [[nodiscard]] standing standing_of(sha256_digest const& name) const;
    [[nodiscard]] std::array<std::uint16_t*, rows> places_of(sha256_digest const& name);
    [[nodiscard]] std::uint16_t count_of(sha256_digest const& name);
    [[nodiscard]] bool goes_before_first(sha256_digest const& name, std::uint16_t often);
    void count(newcomer const& one, sha256_digest const& name);

    struct candidate {
        newcomer is;
        sha256_digest name;
    };

    std::chrono::milliseconds interval_;
    std::string key_;
    std::optional<clock::time_point> turn_at_;  // The last one.
    std::vector<std::uint16_t> counts_;  // A row after the other, by digests; empty until one is asked for.
    std::size_t counted_ = 0;            // Since they were halved.
    std::optional<candidate> first_;     // Of those that wait, the one asked for most often.
    std::deque<judged> judged_;          // By `until`.
};

}  // namespace headgate::gateway
