#include "store/sqlite/schema.hpp"

#include <fmt/format.h>

#include <array>

namespace headgate::store::sqlite {
namespace {

constexpr std::int64_t application_id = 0x48644774;  // "HdGt"

// Step n brings a file from version n to n + 1. A published step never changes.
//
// The accept path only ever appends, to `events` and `dedupe`: both grow at their end, and neither has an
// index by a random key, which would cost more than the append (measured: four to seven times). Ids grow with
// their row numbers, so a row is found by its id with a binary search. What changes lives in narrow tables.
//
// `tenant` stands on the rows that own something; keys belong to a source, and routing, duplicates, orders
// attempts and revivals to exactly one event or delivery, by number.
constexpr std::array steps{
    R"(
CREATE TABLE events (
    sequence INTEGER PRIMARY KEY,
    id BLOB NOT NULL,
    received_at INTEGER NOT NULL,
    tenant TEXT NOT NULL,
    source TEXT NOT NULL,
    checksum INTEGER NOT NULL,
    head BLOB NOT NULL,
    body BLOB NOT NULL
);
CREATE TABLE dedupe (
    number INTEGER PRIMARY KEY,
    sequence INTEGER NOT NULL,
    source INTEGER NOT NULL,  -- a number of `sources`
    hash BLOB NOT NULL,
    event_id BLOB NOT NULL,
    checksum INTEGER NOT NULL
);
CREATE TABLE sources (
    number INTEGER PRIMARY KEY,
    tenant TEXT NOT NULL,
    name TEXT NOT NULL,
    UNIQUE (tenant, name)
);
CREATE TABLE duplicates (
    sequence INTEGER PRIMARY KEY,
    count INTEGER NOT NULL,
    last_at INTEGER NOT NULL
);
CREATE TABLE routing (
    sequence INTEGER PRIMARY KEY,
    state INTEGER NOT NULL,
    reason TEXT NOT NULL,
    checksum INTEGER NOT NULL
);
CREATE TABLE deliveries (
    number INTEGER PRIMARY KEY,
    id BLOB NOT NULL,
    event_sequence INTEGER NOT NULL,
    event_id BLOB NOT NULL,
    tenant TEXT NOT NULL,
    source TEXT NOT NULL,
    rule TEXT NOT NULL,
    item INTEGER NOT NULL,
    generation INTEGER NOT NULL,
    target TEXT NOT NULL,
    state INTEGER NOT NULL,
    held_because INTEGER NOT NULL,
    reason TEXT NOT NULL,
    attempts INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    due_at INTEGER NOT NULL,
    run_id TEXT NOT NULL,
    started_at INTEGER,
    ended_at INTEGER,
    began_at INTEGER NOT NULL,
    rule_revision TEXT NOT NULL,
    workflow_id TEXT NOT NULL,
    checksum INTEGER NOT NULL
);
CREATE UNIQUE INDEX delivery_is_one ON deliveries (event_sequence, rule, item, generation);
CREATE INDEX deliveries_by_state ON deliveries (state, number) WHERE state <> 3;  -- all but the completed
CREATE TABLE orders (
    number INTEGER PRIMARY KEY,
    content BLOB NOT NULL,
    checksum INTEGER NOT NULL
);
CREATE TABLE attempts (
    number INTEGER PRIMARY KEY,
    delivery INTEGER NOT NULL,
    attempt INTEGER NOT NULL,
    at INTEGER NOT NULL,
    outcome TEXT NOT NULL,
    detail TEXT NOT NULL,
    checksum INTEGER NOT NULL
);
CREATE INDEX attempts_by_delivery ON attempts (delivery);
CREATE TABLE rule_texts (
    revision TEXT PRIMARY KEY,
    text TEXT NOT NULL,
    uses INTEGER NOT NULL,  -- deliveries with this revision
    checksum INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE marks (
    name TEXT PRIMARY KEY,
    value INTEGER NOT NULL,
    id BLOB NOT NULL,
    checksum INTEGER NOT NULL
) WITHOUT ROWID;
)",
    // What stands in `orders` may have its second form from here on, too.
    R"(
CREATE TABLE revivals (
    number INTEGER PRIMARY KEY,
    delivery INTEGER NOT NULL,
    at INTEGER NOT NULL,
    asked_by TEXT NOT NULL,
    state INTEGER NOT NULL,
    reason TEXT NOT NULL,
    ended_at INTEGER,
    checksum INTEGER NOT NULL
);
CREATE INDEX revivals_by_delivery ON revivals (delivery);
)",
};

constexpr auto newest = static_cast<std::int64_t>(steps.size());

// The version of a file that is ours, or new.
result<std::int64_t> version_of(connection& database, std::string const& path) {
    HEADGATE_TRY(auto const version, database.number("PRAGMA user_version"));
    HEADGATE_TRY(auto const owner, database.number("PRAGMA application_id"));
    HEADGATE_TRY(auto const tables, database.number("SELECT count(*) FROM sqlite_schema"));
    bool const is_new = owner == 0 && version == 0 && tables == 0;
    if (!is_new && owner != application_id)
        return refuse(errc::failed_precondition, path + " is a database of another program",
                      "point store.sqlite.path at a file of its own");
    if (version > newest)
        return refuse(errc::failed_precondition,
                      fmt::format("{} has schema version {}; this program knows versions up to {}", path,
                                  version, newest),
                      "run the newer headgate that wrote it, or restore the copy from before the upgrade");
    return version;
}

result<void> take_step(connection& database, std::int64_t from) {
    auto const script =
        fmt::format("BEGIN IMMEDIATE;\n{}\nPRAGMA application_id = {};\nPRAGMA user_version = {};\nCOMMIT;",
                    steps.at(static_cast<std::size_t>(from)), application_id, from + 1);
    auto taken = database.run(script.c_str());
    if (!taken)
        return while_doing(fmt::format("migrate the event store to schema {}", from + 1), taken.error());
    return {};
}

}  // namespace

result<void> prepare_writing(connection& database) {
    return database.run(
        "PRAGMA page_size = 16384; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
        "PRAGMA wal_autocheckpoint = 0; PRAGMA secure_delete = OFF; PRAGMA trusted_schema = OFF;"
        "PRAGMA temp_store = MEMORY; PRAGMA cache_size = -32768;");
}

result<void> migrate(connection& database, std::string const& path) {
    HEADGATE_TRY(auto const version, version_of(database, path));
    if (auto const prepared = prepare_writing(database); !prepared) return std::unexpected{prepared.error()};
    for (auto from = version; from < newest; ++from) {
        if (auto const taken = take_step(database, from); !taken) return std::unexpected{taken.error()};
    }
    return {};
}

result<void> check_schema(connection& database, std::string const& path) {
    HEADGATE_TRY(auto const version, version_of(database, path));
    if (version == newest) return {};
    return refuse(
        errc::failed_precondition,
        fmt::format("{} has schema version {}; this program reads version {}", path, version, newest),
        "let `headgate serve` open it once: that brings it to this version");
}

}  // namespace headgate::store::sqlite
