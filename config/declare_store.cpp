#include "config/declare.hpp"

#include <chrono>

namespace headgate::config {
namespace {

using namespace std::chrono_literals;

void declare_sqlite(section& at, store::sqlite_settings& into) {
    if (at.text("path", into.path,
                {.says = "The database file; its folder must exist. Made when it is not there."})) {
        into.path = at.reads()->into().resolve(at.reads()->here(), into.path).string();
    }
    at.whole("wal_bytes_bound", into.wal_bytes_bound, 1 * mebibyte, 64 * gibibyte,
             {.says = "The write-ahead log is kept near this size; it may be twice that for a moment."});
}

void declare_retention(section& root, store::retention_settings& into) {
    root.inside("retention", {.says = "How long things are kept; each on its own."}, [&](section& at) {
        at.duration("events", into.events, 1h, 36'500 * 24h,
                    {.says = "Events whose deliveries are all final."});
        at.duration("dedupe", into.dedupe, 1h, 36'500 * 24h,
                    {.says = "Dedupe keys: for so long a repeated request is known as a duplicate."});
        at.duration("dead", into.dead, 1h, 36'500 * 24h, {.says = "Events with a delivery that is dead."});
        at.duration("check_every", into.check_every, 1s, 24h,
                    {.says = "How often old things are looked for."});
        at.whole("batch_events", into.batch_events, 1, 100'000,
                 {.says = "Events looked at in one transaction."});
    });
}

// How much of what is in the file is also kept in memory, or may wait for it.
void declare_memory(section& at, store::settings& into) {
    at.whole(
        "feed_events_max", into.feed_events_max, 1, 10'000'000,
        {.says =
             "Fresh events kept in memory for the dispatcher; others are read back when it is their turn."});
    at.whole("feed_bytes_max", into.feed_bytes_max, 64 * kibibyte, 64 * gibibyte,
             {.says = "Size of the fresh events kept in memory."});
    at.whole(
        "dedupe_keys_max", into.dedupe_keys_max, 1'000, 10'000'000'000,
        {.says = "Keys within `retention.dedupe`, 8 to 22 bytes of memory each. The requests of a source "
                 "that has as many as are still free are answered 503; other sources go on."});
    at.whole("jobs_waiting_max", into.jobs_waiting_max, 1, 1'000'000,
             {.says = "Routings and changes of deliveries that wait for the writer."});
    at.whole("job_rows_max", into.job_rows_max, 1, 100'000,
             {.says = "Of them, rows written in one transaction while appends wait."});
    at.whole("reads_waiting_max", into.reads_waiting_max, 1, 100'000,
             {.says = "Reads that wait for the reader."});
    at.whole("page_rows_max", into.page_rows_max, 100, 10'000'000,
             {.says = "Rows looked at for one page of a filtered list."});
}

}  // namespace

void declare_store(section& root, store::settings& into) {
    root.inside("store", {.says = "Where events are safe. A change needs a restart."}, [&](section& at) {
        at.inside("sqlite", {.says = "The embedded store: one file, one process."},
                  [&](section& sqlite) { declare_sqlite(sqlite, into.sqlite); });
        at.unavailable("postgresql", "use `sqlite: {path: …}`");
        at.whole("backlog_max", into.backlog_max, 1, 1'000'000'000'000,
                 {.says = "Events not routed yet; with more waiting, requests are answered 503."});
        at.whole(
            "bytes_max", into.bytes_max, 0, 1024 * tebibyte,
            {.says =
                 "Size of the database; when it is reached, requests are answered 503. 0: as large as the "
                 "disk."});
        at.whole(
            "disk_free_min", into.disk_free_min, 0, 1024 * tebibyte,
            {.says = "Bytes of the disk that are left for routing and for what is running; with less free, "
                     "requests are answered 503."});
        at.whole("group_events_max", into.group_events_max, 1, 100'000,
                 {.says = "Appends that one transaction makes durable together."});
        at.whole("group_bytes_max", into.group_bytes_max, 64 * kibibyte, 1 * gibibyte,
                 {.says = "Bodies of events and inputs of deliveries in one transaction, together; what is "
                          "larger (an event, a part of a routing) has one of its own."});
        at.whole("queue_bytes_max", into.queue_bytes_max, 64 * kibibyte, 64 * gibibyte,
                 {.says = "Appends waiting for the writer; with more waiting, requests are answered 503."});
        declare_memory(at, into);
    });
    declare_retention(root, into.retention);
}

}  // namespace headgate::config
