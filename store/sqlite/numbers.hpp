#pragma once

#include "core/metrics.hpp"
#include "store/event_store.hpp"
#include "store/sqlite/marks.hpp"

#include <array>
#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace headgate::store::sqlite {

// What the store says of itself. The writer's thread writes after each commit, any thread reads; the numbers
// need not be of one instant.
class numbers {
public:
    std::atomic<bool> accepting{false};  // The session works; there may still be no room for events.
    std::atomic<bool> full{false};
    std::atomic<sequence_number> last_sequence{0};
    std::atomic<sequence_number> routed_through{0};
    std::atomic<std::uint64_t> backlog{0};
    std::atomic<std::uint64_t> wal_bytes{0};
    std::atomic<std::uint64_t> database_bytes{0};
    std::atomic<std::uint64_t> disk_free_bytes{0};
    std::atomic<std::uint64_t> sources_without_room{0};
    std::atomic<std::uint64_t> dedupe_keys{0};
    std::atomic<std::uint64_t> dedupe_index_bytes{0};
    std::array<std::atomic<std::uint64_t>, delivery_states> deliveries{};

    void set_not_accepting(error why);
    void set_accepting();
    // Why appends are refused now, or were last: whoever saw `accepting` unset gets a reason although
    // accepting may have begun again meanwhile.
    [[nodiscard]] error why_not() const;

    // No more events until there is room; everything else goes on.
    void set_full(std::optional<error> why);
    [[nodiscard]] error why_full() const;
    void set_notes(std::vector<std::string> notes);

    [[nodiscard]] store_health health() const;

private:
    mutable std::mutex guard_;  // Of the texts.
    error why_not_{errc::unavailable, "the event store is opening", "wait"};
    error why_full_;
    std::vector<std::string> notes_;
};

// What is counted. Gauges read `shown`, which they keep alive.
struct store_metrics {
    store_metrics(metrics& registry, std::shared_ptr<numbers const> const& shown);

    counter& appended;
    counter& duplicates;
    counter& groups;
    counter& failures;
    counter& refused;
    duration_histogram& group_seconds;
};

}  // namespace headgate::store::sqlite
