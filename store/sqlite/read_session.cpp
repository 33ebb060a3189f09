#include "store/sqlite/read_session.hpp"

#include "core/log.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <limits>

namespace headgate::store::sqlite {
namespace {

// Ids carry the time of storing, which is a little after that of receiving, or, after a clock was set back, a
// lot.
constexpr std::chrono::hours between_receiving_and_storing{1};

constexpr sequence_number no_cursor = std::numeric_limits<std::int64_t>::max();

event_columns columns_of(statement const& row) {
    return {row.natural(0), row.bytes(1),   row.integer(2), row.text(3),
            row.text(4),    row.natural(5), row.bytes(6),   {}};
}

result<std::uint64_t> read_cursor(std::string const& cursor) {
    if (cursor.empty()) return no_cursor;
    std::uint64_t number = 0;
    auto const* const end = cursor.data() + cursor.size();
    auto const [stopped, status] = std::from_chars(cursor.data(), end, number);
    if (status != std::errc{} || stopped != end || number > no_cursor)
        return refuse(errc::invalid_argument, "not a cursor of this list", "pass `next` of the page before");
    return number;
}

result<std::size_t> read_limit(page_request const& which) {
    if (which.limit >= 1 && which.limit <= 1000) return which.limit;
    return refuse(errc::invalid_argument, "a page has 1 to 1000 items", "ask for fewer, and follow `next`");
}

bool matches(delivery const& row, delivery_filter const& filter) {
    auto const differs = [](auto const& wanted, auto const& has) { return wanted && *wanted != has; };
    if (differs(filter.source, row.source) || differs(filter.rule, row.rule)) return false;
    if (differs(filter.target, row.order.target) || differs(filter.state, row.state)) return false;
    if (filter.created_from && row.created_at < *filter.created_from) return false;
    return !filter.created_before || row.created_at < *filter.created_before;
}

std::unexpected<error> no_such(std::string_view what) {
    return refuse(errc::not_found, fmt::format("no {} has this id", what),
                  "check the id; what is older than its retention was deleted");
}

// One instant of the database for several statements.
class snapshot {
public:
    explicit snapshot(connection& database) : database_{&database} {}
    ~snapshot() {
        if (database_->in_transaction()) static_cast<void>(database_->run("COMMIT"));
    }
    snapshot(snapshot const&) = delete;
    snapshot& operator=(snapshot const&) = delete;

    [[nodiscard]] result<void> begin() { return database_->run("BEGIN"); }

private:
    connection* database_;
};

}  // namespace

result<read_session> read_session::open(settings const& chosen) {
    HEADGATE_TRY(auto database, connection::open(chosen.sqlite.path, access::read_only, chosen.sqlite.vfs));
    auto const prepared =
        database.run("PRAGMA trusted_schema = OFF; PRAGMA cache_size = -16384; PRAGMA query_only = ON;");
    if (!prepared) return std::unexpected{prepared.error()};
    return read_session{std::move(database), chosen};
}

result<unrouted_events> read_session::unrouted(sequence_number from, sequence_number before,
                                               std::size_t limit) {
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
        bool const is_full =
            found.events.size() >= limit || (bytes > lease_bytes_max_ && !found.events.empty());
        if (is_full) {
            found.read_before = rows->natural(0);
            return found;
        }
        auto columns = columns_of(*rows.operator->());
        columns.body = rows->bytes(7);
        bytes += columns.body.size() + columns.head.size();
        auto unpacked = unpack(columns);
        if (unpacked)
            found.events.push_back(*std::move(unpacked));
        else
            found.damaged.emplace_back(columns.sequence, unpacked.error().message);
    }
}

result<std::vector<delivery>> read_session::unfinished(std::vector<delivery_state> const& states,
                                                       std::optional<uuid> const& after, std::size_t limit) {
    snapshot whole{database_};
    if (auto const begun = whole.begin(); !begun) return std::unexpected{begun.error()};
    std::uint64_t after_number = 0;
    if (after) {
        HEADGATE_TRY(auto const number, find_delivery(database_, *after));
        if (!number) return no_such("delivery");
        after_number = *number;
    }
    std::vector<std::uint64_t> ready;
    HEADGATE_TRY(auto rows,
                 database_.ask("SELECT number FROM deliveries WHERE state = ?1 AND state <> 3 AND number > ?2"
                               " ORDER BY number LIMIT ?3"));
    for (auto const state : states) {
        rows->reset();
        rows->bind(1, static_cast<std::uint64_t>(state)).bind(2, after_number).bind(3, std::uint64_t{limit});
        while (true) {
            HEADGATE_TRY(bool const more, rows->step());
            if (!more) break;
            ready.push_back(rows->natural(0));
        }
    }
    std::ranges::sort(ready);
    if (ready.size() > limit) ready.resize(limit);
    std::vector<delivery> found;
    for (auto const number : ready) {
        auto loaded = load_delivery(database_, number);
        if (loaded && *loaded) {
            auto const ordered = load_order(database_, **loaded);
            if (ordered) {
                found.push_back(std::move((*loaded)->row));
                continue;
            }
            loaded = std::unexpected{ordered.error()};
        }
        if (!loaded && loaded.error().code != errc::data_loss) return std::unexpected{loaded.error()};
        if (!loaded) log(log_level::error, "a delivery is left out", {{"why", loaded.error().message}});
    }
    return found;
}

result<std::optional<sequence_number>> read_session::find_event(uuid const& id) {
    HEADGATE_TRY(
        auto ends,
        database_.ask("SELECT (SELECT min(sequence) FROM events), (SELECT max(sequence) FROM events)"));
    HEADGATE_TRY(bool const has_ends, ends->step());
    if (!has_ends || ends->is_null(0)) return std::nullopt;
    auto low = ends->natural(0);
    auto high = ends->natural(1);
    HEADGATE_TRY(
        auto probe,
        database_.ask("SELECT sequence, id FROM events WHERE sequence >= ?1 ORDER BY sequence LIMIT 1"));
    while (low <= high) {
        auto const middle = low + (high - low) / 2;
        probe->reset();
        probe->bind(1, middle);
        HEADGATE_TRY(bool const found, probe->step());
        auto const sequence = found ? probe->natural(0) : high + 1;
        auto const there = found ? uuid_from(probe->bytes(1)) : std::nullopt;
        if (there && *there == id) return sequence;
        bool const goes_down = !there || sequence > high || *there > id;
        if (goes_down && middle == 0) return std::nullopt;
        if (goes_down)
            high = middle - 1;
        else
            low = sequence + 1;
    }
    return std::nullopt;
}

result<sequence_number> read_session::first_stored_at(wall_time time) {
    HEADGATE_TRY(
        auto ends,
        database_.ask("SELECT (SELECT min(sequence) FROM events), (SELECT max(sequence) FROM events)"));
    HEADGATE_TRY(bool const has_ends, ends->step());
    if (!has_ends || ends->is_null(0)) return sequence_number{0};
    auto low = ends->natural(0);
    auto high = ends->natural(1) + 1;
    HEADGATE_TRY(
        auto probe,
        database_.ask("SELECT sequence, id FROM events WHERE sequence >= ?1 ORDER BY sequence LIMIT 1"));
    while (low < high) {
        auto const middle = low + (high - low) / 2;
        probe->reset();
        probe->bind(1, middle);
        HEADGATE_TRY(bool const found, probe->step());
        auto const id = found ? uuid_from(probe->bytes(1)) : std::nullopt;
        if (!id || time_of(*id) >= time)
            high = middle;
        else
            low = probe->natural(0) + 1;
    }
    return low;
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
    HEADGATE_TRY(auto const sequence, find_event(id));
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

result<page<delivery>> read_session::list_deliveries(delivery_filter const& filter,
                                                     page_request const& which) {
    HEADGATE_TRY(auto const limit, read_limit(which));
    HEADGATE_TRY(auto const cursor, read_cursor(which.cursor));
    snapshot whole{database_};
    if (auto const begun = whole.begin(); !begun) return std::unexpected{begun.error()};
    bool const has_index = filter.state && *filter.state != delivery_state::completed;
    HEADGATE_TRY(auto rows,
                 database_.ask(has_index ? "SELECT number FROM deliveries WHERE number < ?1 AND state = ?2"
                                           " AND state <> 3 ORDER BY number DESC"
                                         : "SELECT number FROM deliveries WHERE number < ?1"
                                           " ORDER BY number DESC"));
    rows->bind(1, cursor);
    if (has_index) rows->bind(2, static_cast<std::uint64_t>(*filter.state));
    page<delivery> found;
    std::uint64_t last = 0;
    for (std::size_t looked_at = 0;; ++looked_at) {
        HEADGATE_TRY(bool const more, rows->step());
        if (!more) return found;
        if (found.items.size() == limit || looked_at == page_rows_max_) break;
        last = rows->natural(0);
        auto loaded = load_delivery(database_, last);
        bool const fits = loaded && *loaded && matches((*loaded)->row, filter);
        result<void> ordered;
        if (fits) ordered = load_order(database_, **loaded);
        if (fits && ordered) found.items.push_back(std::move((*loaded)->row));
        if (loaded && ordered) continue;
        auto const& why = loaded ? ordered.error() : loaded.error();
        if (why.code != errc::data_loss) return std::unexpected{why};
        log_sparingly(log_level::error, "a delivery is left out of a list", {{"why", why.message}});
    }
    found.next = std::to_string(last);
    return found;
}

result<delivery_record> read_session::whole(std::uint64_t number) {
    HEADGATE_TRY(auto loaded, load_delivery(database_, number));
    if (!loaded) return no_such("delivery");
    if (auto const ordered = load_order(database_, *loaded); !ordered)
        return std::unexpected{ordered.error()};
    HEADGATE_TRY(auto attempts, load_attempts(database_, number));
    return delivery_record{std::move(loaded->row), std::move(attempts)};
}

result<delivery_record> read_session::read_delivery(uuid const& id) {
    snapshot all{database_};
    if (auto const begun = all.begin(); !begun) return std::unexpected{begun.error()};
    HEADGATE_TRY(auto const number, find_delivery(database_, id));
    if (!number) return no_such("delivery");
    return whole(*number);
}

result<std::vector<delivery_record>> read_session::deliveries_of(uuid const& event) {
    snapshot all{database_};
    if (auto const begun = all.begin(); !begun) return std::unexpected{begun.error()};
    HEADGATE_TRY(auto const sequence, find_event(event));
    if (!sequence) return no_such("event");
    HEADGATE_TRY(auto rows,
                 database_.ask("SELECT number FROM deliveries WHERE event_sequence = ?1 ORDER BY number"));
    rows->bind(1, *sequence);
    std::vector<delivery_record> found;
    while (true) {
        HEADGATE_TRY(bool const more, rows->step());
        if (!more) return found;
        HEADGATE_TRY(auto record, whole(rows->natural(0)));
        found.push_back(std::move(record));
    }
}

result<std::string> read_session::rule_text(std::string const& revision) {
    HEADGATE_TRY(auto rows, database_.ask("SELECT text, checksum FROM rule_texts WHERE revision = ?1"));
    rows->bind_text(1, revision);
    HEADGATE_TRY(bool const found, rows->step());
    if (!found) return no_such("rule revision");
    std::string text{rows->text(0)};
    if (checksum_of(0, revision, text) == rows->natural(1)) return text;
    return refuse(errc::data_loss,
                  "rule text " + revision + " is damaged in the store: its checksum does not fit",
                  "check the disk; the rule itself is in the configuration");
}

}  // namespace headgate::store::sqlite
