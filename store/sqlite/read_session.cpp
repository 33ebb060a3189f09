#include "store/sqlite/read_session.hpp"

#include "core/log.hpp"
#include "store/sqlite/paging.hpp"
#include "store/sqlite/row_search.hpp"

#include <fmt/format.h>

#include <algorithm>

// Reading events.

namespace headgate::store::sqlite {
namespace {

// Ids carry the time of storing, which is a little after that of receiving, or, after a clock was set back, a
// lot.
constexpr std::chrono::hours between_receiving_and_storing{1};

event_columns columns_of(statement const& row) {
    return {row.natural(0), row.bytes(1),   row.integer(2), row.text(3),
            row.text(4),    row.natural(5), row.bytes(6),   {}};
}

}  // namespace

result<read_session> read_session::open(settings const& chosen) {
    HEADGATE_TRY(auto database, connection::open(chosen.sqlite.path, access::read_only, chosen.sqlite.vfs));
    auto const prepared =
        database.run("PRAGMA trusted_schema = OFF; PRAGMA cache_size = -16384; PRAGMA query_only = ON;");
    if (!prepared) return std::unexpected{prepared.error()};
    return read_session{std::move(database), chosen};
}

result<unrouted_events> read_session::unrouted(sequence_number from, sequence_number before,
                                               batch_limit const& limit) {
    HEADGATE_TRY(
        auto rows,
        database_.ask(
            "SELECT sequence, id, received_at, tenant, source, checksum, head, body FROM events AS e"
            " WHERE sequence >= ?1 AND sequence < ?2"
            " AND NOT EXISTS (SELECT 1 FROM routing AS r WHERE r.sequence = e.sequence) ORDER BY sequence"));
    rows->bind(1, from).bind(2, before);
    unrouted_events found;
    found.read_before = before;
    std::size_t bytes = 0;
    while (true) {
        HEADGATE_TRY(bool const more, rows->step());
        if (!more) return found;
        auto columns = columns_of(*rows.operator->());
        columns.body = rows->bytes(7);
        bytes += columns.body.size() + columns.head.size();
        bool const is_full =
            found.events.size() >= limit.items || (bytes > limit.bytes && !found.events.empty());
        if (is_full) {
            found.read_before = columns.sequence;
            return found;
        }
        auto unpacked = unpack(columns);
        if (unpacked)
            found.events.push_back(*std::move(unpacked));
        else
            found.damaged.emplace_back(columns.sequence, unpacked.error().message);
    }
}

result<sequence_number> read_session::first_stored_at(wall_time time) {
    auto const is_late_enough = [&](uuid const& id) { return time_of(id) >= time; };
    HEADGATE_TRY(auto const first, first_row(database_, events_by_id, is_late_enough));
    return first ? first->number : no_cursor;
}

result<read_session::range> read_session::narrow(event_filter const& filter, sequence_number cursor) {
    range narrowed{0, cursor};
    if (filter.received_from) {
        HEADGATE_TRY(narrowed.from, first_stored_at(*filter.received_from - between_receiving_and_storing));
    }
    if (filter.received_before) {
        HEADGATE_TRY(auto const before,
                     first_stored_at(*filter.received_before + between_receiving_and_storing));
        narrowed.before = std::min(cursor, before);
    }
    return narrowed;
}

result<read_session::routed> read_session::routing_of(sequence_number sequence) {
    HEADGATE_TRY(auto rows, database_.ask("SELECT state, reason, checksum FROM routing WHERE sequence = ?1"));
    rows->bind(1, sequence);
    HEADGATE_TRY(bool const found, rows->step());
    if (!found) return routed{};
    auto const state = static_cast<event_state>(std::min<std::uint64_t>(rows->natural(0), 3));
    bool const fits = checksum_of(sequence, name_of(state), rows->text(1)) == rows->natural(2);
    if (!fits)
        return refuse(
            errc::data_loss,
            fmt::format("routing of event {} is damaged in the store: its checksum does not fit", sequence),
            "check the disk, and restore the row from a backup if it is needed");
    return routed{state, std::string{rows->text(1)}};
}

result<read_session::repeats> read_session::duplicates_of(sequence_number sequence) {
    HEADGATE_TRY(auto rows, database_.ask("SELECT count, last_at FROM duplicates WHERE sequence = ?1"));
    rows->bind(1, sequence);
    HEADGATE_TRY(bool const found, rows->step());
    if (!found) return repeats{};
    return repeats{rows->natural(0), to_time(rows->integer(1))};
}

// Nothing when the filter leaves it out.
result<std::optional<event_summary>> read_session::summarise(event_columns const& row,
                                                             event_filter const& filter) {
    if (filter.source && *filter.source != row.source) return std::nullopt;
    auto const received_at = to_time(row.received_at);
    if (filter.received_from && received_at < *filter.received_from) return std::nullopt;
    if (filter.received_before && received_at >= *filter.received_before) return std::nullopt;
    HEADGATE_TRY(auto const routed, routing_of(row.sequence));
    if (filter.state && *filter.state != routed.state) return std::nullopt;
    HEADGATE_TRY(auto const repeats, duplicates_of(row.sequence));
    HEADGATE_TRY(auto head, unpack_head(row));
    auto& kept = head.kept;
    return event_summary{.sequence = row.sequence,
                         .id = kept.id,
                         .tenant = std::move(kept.tenant),
                         .source = std::move(kept.source),
                         .type = std::move(kept.sender.event_type),
                         .method = std::move(kept.received.head.method),
                         .path = std::string{kept.received.head.path()},
                         .received_at = received_at,
                         .body_bytes = head.body_bytes,
                         .state = routed.state,
                         .duplicates = repeats.count};
}

result<page<event_summary>> read_session::list_events(event_filter const& filter, page_request const& which) {
    HEADGATE_TRY(auto const limit, read_limit(which));
    HEADGATE_TRY(auto const cursor, read_cursor(which.cursor));
    snapshot whole{database_};
    if (auto const begun = whole.begin(); !begun) return std::unexpected{begun.error()};
    HEADGATE_TRY(auto const narrowed, narrow(filter, cursor));
    HEADGATE_TRY(auto rows,
                 database_.ask("SELECT sequence, id, received_at, tenant, source, checksum, head FROM events"
                               " WHERE sequence >= ?1 AND sequence < ?2 ORDER BY sequence DESC"));
    rows->bind(1, narrowed.from).bind(2, narrowed.before);
    page<event_summary> found;
    sequence_number last = 0;
    for (std::size_t looked_at = 0;; ++looked_at) {
        HEADGATE_TRY(bool const more, rows->step());
        if (!more) return found;
        if (found.items.size() == limit || looked_at == page_rows_max_) break;
        auto const columns = columns_of(*rows.operator->());
        last = columns.sequence;
        auto summary = summarise(columns, filter);
        if (summary && *summary) found.items.push_back(std::move(**summary));
        if (summary) continue;
        if (summary.error().code != errc::data_loss) return std::unexpected{summary.error()};
        log_sparingly(log_level::error, "an event is left out of a list", {{"why", summary.error().message}});
    }
    found.next = std::to_string(last);
    return found;
}

result<event_record> read_session::read_event(uuid const& id) {
    snapshot whole{database_};
    if (auto const begun = whole.begin(); !begun) return std::unexpected{begun.error()};
    HEADGATE_TRY(auto const sequence, find_row(database_, events_by_id, id));
    if (!sequence) return no_such("event");
    HEADGATE_TRY(auto rows,
                 database_.ask("SELECT sequence, id, received_at, tenant, source, checksum, head, body"
                               " FROM events WHERE sequence = ?1"));
    rows->bind(1, *sequence);
    HEADGATE_TRY(bool const found, rows->step());
    if (!found) return no_such("event");
    auto columns = columns_of(*rows.operator->());
    columns.body = rows->bytes(7);
    HEADGATE_TRY(auto kept, unpack(columns));
    HEADGATE_TRY(auto routed, routing_of(*sequence));
    HEADGATE_TRY(auto const repeats, duplicates_of(*sequence));
    return event_record{std::move(kept), routed.state, std::move(routed.reason), repeats.count,
                        repeats.last_at};
}

}  // namespace headgate::store::sqlite
