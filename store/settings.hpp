#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>

namespace headgate::store {

struct sqlite_settings {
    std::string path = "/var/lib/headgate/headgate.db";
    std::uint64_t wal_bytes_bound = 64 * 1024 * 1024;  // The checkpointer keeps the log near this.
};

struct retention_settings {
    std::chrono::hours events{24 * 30};
    std::chrono::hours dedupe{24 * 30};
    std::chrono::hours dead{24 * 90};
};

struct settings {
    sqlite_settings sqlite;
    retention_settings retention;
    std::uint64_t backlog_max =
        10'000'000;               // Events not routed yet; past it append fails with resource_exhausted.
    std::uint64_t bytes_max = 0;  // Size of the database; 0: as large as the disk.
    std::size_t group_events_max = 256;  // Appends in one transaction.
    std::size_t queue_bytes_max =
        256 * 1024 * 1024;                 // Appends waiting for the writer; past it resource_exhausted.
    std::size_t feed_events_max = 10'000;  // Fresh events kept in memory for the dispatcher.
};

}  // namespace headgate::store
