#include "store/sqlite/numbers.hpp"

#include <utility>

namespace headgate::store::sqlite {

void numbers::set_not_accepting(error why) {
    std::scoped_lock const held{guard_};
    why_not_ = std::move(why);
    accepting.store(false, std::memory_order_release);
}

void numbers::set_accepting() {
    std::scoped_lock const held{guard_};
    accepting.store(true, std::memory_order_release);
}

error numbers::why_not() const {
    std::scoped_lock const held{guard_};
    return why_not_;
}

void numbers::set_full(std::optional<error> why) {
    if (!why && !full.load(std::memory_order_relaxed)) return;
    std::scoped_lock const held{guard_};
    bool const is_full = why.has_value();
    if (why) why_full_ = *std::move(why);
    full.store(is_full, std::memory_order_release);
}

error numbers::why_full() const {
    std::scoped_lock const held{guard_};
    return why_full_;
}

void numbers::set_notes(std::vector<std::string> notes) {
    std::scoped_lock const held{guard_};
    notes_ = std::move(notes);
}

store_health numbers::health() const {
    store_health now;
    bool const works = accepting.load(std::memory_order_acquire);
    now.accepting = works && !full.load(std::memory_order_acquire);
    if (!now.accepting) now.reason = (works ? why_full() : why_not()).message;
    {
        std::scoped_lock const held{guard_};
        now.notes = notes_;
    }
    now.last_sequence = last_sequence.load(std::memory_order_relaxed);
    now.routed_through = routed_through.load(std::memory_order_relaxed);
    now.backlog = backlog.load(std::memory_order_relaxed);
    now.wal_bytes = wal_bytes.load(std::memory_order_relaxed);
    now.database_bytes = database_bytes.load(std::memory_order_relaxed);
    for (std::size_t i = 0; i < delivery_states; ++i)
        now.deliveries[static_cast<delivery_state>(i)] = deliveries[i].load(std::memory_order_relaxed);
    return now;
}

store_metrics::store_metrics(metrics& registry, std::shared_ptr<numbers const> const& shown)
    : appended{registry.make_counter("headgate_store_appended_total", "Events made durable.")},
      duplicates{registry.make_counter("headgate_store_duplicates_total", "Appends of a known dedupe key.")},
      groups{registry.make_counter("headgate_store_groups_total", "Transactions committed.")},
      failures{registry.make_counter("headgate_store_failures_total", "Transactions that failed.")},
      refused{
          registry.make_counter("headgate_store_refused_total", "Appends refused: full, or not accepting.")},
      group_seconds{registry.make_histogram("headgate_store_group_seconds",
                                            "Time of one transaction, commit included.")} {
    auto const show = [&](std::string name, std::string help, auto member) {
        registry.add_gauge(std::move(name), std::move(help), {}, [shown, member] {
            return static_cast<double>((shown.get()->*member).load(std::memory_order_relaxed));
        });
    };
    registry.add_gauge("headgate_store_accepting", "1 while events are taken.", {}, [shown] {
        bool const takes =
            shown->accepting.load(std::memory_order_relaxed) && !shown->full.load(std::memory_order_relaxed);
        return takes ? 1.0 : 0.0;
    });
    show("headgate_store_backlog_events", "Events not routed yet.", &numbers::backlog);
    show("headgate_store_wal_bytes", "Size of the write-ahead log.", &numbers::wal_bytes);
    show("headgate_store_database_bytes", "Size of the database in use.", &numbers::database_bytes);
    show("headgate_store_disk_free_bytes", "Free space on the disk of the database.",
         &numbers::disk_free_bytes);
    show("headgate_store_dedupe_keys", "Dedupe keys in the window.", &numbers::dedupe_keys);
    show("headgate_store_sources_without_room",
         "Sources whose events are refused because their part of the window of dedupe keys is full.",
         &numbers::sources_without_room);
    show("headgate_store_dedupe_index_bytes", "Memory of the index of dedupe keys.",
         &numbers::dedupe_index_bytes);
    for (std::size_t i = 0; i < delivery_states; ++i) {
        auto const state = std::string{name_of(static_cast<delivery_state>(i))};
        registry.add_gauge(
            "headgate_store_deliveries", "Deliveries in the store, by state.", {{"state", state}},
            [shown, i] { return static_cast<double>(shown->deliveries[i].load(std::memory_order_relaxed)); });
    }
}

}  // namespace headgate::store::sqlite
