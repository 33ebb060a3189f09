#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>

namespace headgate::store {

struct sqlite_settings {
    std::string path = "/var/lib/headgate/headgate.db";
    std::uint64_t wal_bytes_bound = 64 * 1024 * 1024;  // The checkpointer keeps the log near this.
    std::string vfs;  // Name of the SQLite VFS; empty: the default one. For tests that break the disk.

    bool operator==(sqlite_settings const&) const = default;
};

struct retention_settings {
    std::chrono::hours events{24 * 30};
    std::chrono::hours dedupe{24 * 30};
    std::chrono::hours dead{24 * 90};
    std::chrono::seconds check_every{60};
    std::size_t batch_events = 200;  // Looked at in one transaction.

    bool operator==(retention_settings const&) const = default;
};

struct settings {
    sqlite_settings sqlite;
    retention_settings retention;
    std::uint64_t backlog_max =
        10'000'000;  // Events not routed yet; past it append fails with resource_exhausted.
    std::uint64_t bytes_max = 100ULL * 1024 * 1024 * 1024;  // Of the database; 0: as large as the disk.
    std::uint64_t disk_free_min = 256ULL * 1024 * 1024;     // Left for routing when appends are refused.
    std::size_t group_events_max = 256;                     // Appends in one transaction.
    std::size_t group_bytes_max = 16 * 1024 * 1024;  // Of all in it; one event or job may be larger, alone.
    std::size_t queue_bytes_max =
        256 * 1024 * 1024;                 // Appends waiting for the writer; past it resource_exhausted.
    std::size_t feed_events_max = 10'000;  // Fresh events kept in memory for the dispatcher,
    std::size_t feed_bytes_max = 64 * 1024 * 1024;  // and their size.
    // In the window; 8 to 22 bytes of memory each. A source whose keys are as many as are still free is
    // refused with resource_exhausted, so that it never takes the room of the others.
    std::uint64_t dedupe_keys_max = 100'000'000;
    std::size_t jobs_waiting_max = 1'000;  // Routings and transitions waiting for the writer.
    std::size_t job_rows_max = 128;        // Of them in one transaction while appends wait.
    std::size_t reads_waiting_max = 256;   // Pages and leases waiting for the reader.
    std::size_t page_rows_max = 20'000;    // Rows looked at for one page of a filtered list.

    bool operator==(settings const&) const = default;
};

}  // namespace headgate::store
