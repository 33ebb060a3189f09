#include "store/sqlite/write_session.hpp"

#include "core/log.hpp"
#include "core/planted.hpp"
#include "store/sqlite/key_loading.hpp"
#include "store/sqlite/schema.hpp"

#include <algorithm>
#include <cstring>

namespace headgate::store::sqlite {
namespace {

constexpr std::size_t known_numbers = 1 << 16;

error log_in_use() {
    return {errc::unavailable, "event store: the log could not be truncated, somebody reads it",
            "end other programs that have this database open"};
}

error keys_full(std::string const& source) {
    return {errc::resource_exhausted,
            "event store: source '" + source + "' has filled its part of the window of dedupe keys",
            "raise store.dedupe_keys_max (8 to 22 bytes of memory a key) or shorten retention.dedupe"};
}

}  // namespace

result<std::unique_ptr<write_session>> write_session::open(settings const& chosen, high_water const& floor,
                                                           dedupe_index& index) {
    auto const& path = chosen.sqlite.path;
    HEADGATE_TRY(auto database, connection::open(path, access::read_write, chosen.sqlite.vfs));
    if (auto const ours = migrate(database, path); !ours) return std::unexpected{ours.error()};
    HEADGATE_TRY(auto const truncated, database.checkpoint(checkpoint_mode::truncate));
    if (!truncated.complete) return std::unexpected{log_in_use()};
    std::unique_ptr<write_session> session{new write_session{std::move(database), index}};
    if (auto const started = session->start(chosen, floor); !started) return std::unexpected{started.error()};
    return session;
}

result<void> write_session::start(settings const& chosen, high_water const& floor) {
    HEADGATE_TRY(begin_, database_.prepare("BEGIN IMMEDIATE"));
    HEADGATE_TRY(commit_, database_.prepare("COMMIT"));
    HEADGATE_TRY(mark_, database_.prepare("SAVEPOINT part"));
    HEADGATE_TRY(take_back_, database_.prepare("ROLLBACK TO part"));
    HEADGATE_TRY(release_, database_.prepare("RELEASE part"));
    HEADGATE_TRY(insert_event_,
                 database_.prepare("INSERT INTO events (sequence, id, received_at, tenant, source,"
                                   " checksum, head, body) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)"));
    HEADGATE_TRY(insert_key_,
                 database_.prepare("INSERT INTO dedupe (number, sequence, source, hash, event_id,"
                                   " checksum) VALUES (?1, ?2, ?3, ?4, ?5, ?6)"));
    HEADGATE_TRY(find_key_, database_.prepare(
                                "SELECT sequence, hash, event_id, checksum FROM dedupe WHERE number = ?1"));
    database_.count_log_frames(log_frames_);
    if (auto const proven = prove_that_commits_work(); !proven) return std::unexpected{proven.error()};

    HEADGATE_TRY(marks_, load_marks(database_));
    saved_marks_ = marks_;
    HEADGATE_TRY(given_, load_high_water(database_, marks_));
    durable_ = appended_ = given_.sequence;
    given_.raise_to(floor);
    event_ids_ = uuid_sequence{given_.event_id};
    delivery_ids_ = uuid_sequence{given_.delivery_id};
    known_numbers_.resize(known_numbers);
    if (auto const loaded = load_routed_ahead(); !loaded) return std::unexpected{loaded.error()};
    if (auto const loaded = load_sources(); !loaded) return std::unexpected{loaded.error()};
    HEADGATE_TRY(used_bytes_, measure());
    durable_key_ = given_.key;
    if (planted(planted_bug::index_not_rebuilt)) return {};
    return load_keys(chosen, database_, floor.key, *index_);
}

result<void> write_session::prove_that_commits_work() {
    HEADGATE_TRY(auto put,
                 database_.ask("INSERT INTO marks (name, value, id, checksum) VALUES ('opened', 0, x'', ?1)"
                               " ON CONFLICT (name) DO UPDATE SET checksum = ?1"));
    put->bind(1, checksum_of(0, "opened", ""));
    return put->run();
}

result<void> write_session::load_routed_ahead() {
    HEADGATE_TRY(auto rows,
                 database_.prepare("SELECT sequence FROM routing WHERE sequence > ?1 ORDER BY sequence"));
    rows.bind(1, marks_.routed_through);
    while (true) {
        HEADGATE_TRY(bool const more, rows.step());
        if (!more) return {};
        routed_ahead_.insert(rows.natural(0));
    }
}

result<void> write_session::load_sources() {
    HEADGATE_TRY(auto rows, database_.prepare("SELECT number, tenant, name FROM sources"));
    while (true) {
        HEADGATE_TRY(bool const more, rows.step());
        if (!more) return {};
        auto const number = static_cast<source_number>(rows.natural(0));
        sources_[std::string{rows.text(1)}].emplace(rows.text(2), number);
        newest_source_ = std::max(newest_source_, number);
    }
}

result<void> write_session::begin() {
    added_.clear();
    removed_.clear();
    routed_now_.clear();
    return begin_.run();
}

result<result<void>> write_session::alone(std::function<result<void>()> const& work) {
    if (auto const marked = mark_.run(); !marked) return std::unexpected{marked.error()};
    auto const marks_before = marks_;
    auto const removed_before = removed_.size();
    auto const routed_before = routed_now_.size();
    auto done = work();
    if (!done) {
        bool const is_everybodys = is_retryable(done.error().code) || !database_.in_transaction();
        if (is_everybodys) return std::unexpected{std::move(done).error()};
        if (auto const back = take_back_.run(); !back) return std::unexpected{back.error()};
        marks_ = marks_before;
        removed_.resize(removed_before);
        for (auto i = routed_before; i < routed_now_.size(); ++i) routed_ahead_.erase(routed_now_[i]);
        routed_now_.resize(routed_before);
    }
    if (auto const released = release_.run(); !released) return std::unexpected{released.error()};
    return done;
}

result<void> write_session::commit() {
    if (auto const advanced = advance_routed_through(); !advanced) return advanced;
    HEADGATE_TRY(used_bytes_, measure());
    if (auto const saved = save_marks(database_, saved_marks_, marks_); !saved) return saved;
    if (auto const committed = commit_.run(); !committed) return committed;
    saved_marks_ = marks_;
    durable_ = appended_;
    durable_key_ = given_.key;
    for (auto const& [key, row, source] : removed_) index_->remove(key, row, source);
    added_.clear();
    removed_.clear();
    return {};
}

void write_session::forget_keys() {
    for (auto const& [key, row, source] : added_) index_->remove(key, row, source);
    added_.clear();
}

high_water write_session::floor() const noexcept {
    auto next = given_;
    next.key = durable_key_;
    return next;
}

std::uint64_t write_session::backlog() const noexcept {
    auto const routed = marks_.routed_through + routed_ahead_.size();
    return durable_ > routed ? durable_ - routed : 0;
}

// Inside a transaction, where it costs no lock.
result<std::uint64_t> write_session::measure() {
    HEADGATE_TRY(auto pages, database_.ask("PRAGMA page_count"));
    HEADGATE_TRY(bool const has_pages, pages->step());
    HEADGATE_TRY(auto spare, database_.ask("PRAGMA freelist_count"));
    HEADGATE_TRY(bool const has_spare, spare->step());
    auto const all = has_pages ? pages->natural(0) : 0;
    auto const unused = has_spare ? spare->natural(0) : 0;
    return (all - std::min(all, unused)) * page_bytes;
}

result<result<receipt>> write_session::append(event& fresh, packed_event const& packed,
                                              std::span<dedupe_key const> keys, wall_time now) {
    for (auto const& key : keys) {
        HEADGATE_TRY(auto const first, find(key));
        if (!first) continue;
        if (auto const counted = count_duplicate(first->sequence, now); !counted)
            return std::unexpected{counted.error()};
        return result<receipt>{receipt{first->sequence, first->id, true}};
    }
    HEADGATE_TRY(auto const source, number_of_source(fresh));
    bool const has_room = index_->has_room_for(keys.size(), source);
    if (!has_room) {
        sources_without_room_[source] = {fresh.source, keys.size()};
        return result<receipt>{std::unexpected{keys_full(fresh.source)}};
    }
    sources_without_room_.erase(source);
    fresh.sequence = ++given_.sequence;
    fresh.id = given_.event_id = event_ids_.next(now);
    if (auto const inserted = insert(fresh, packed); !inserted) return std::unexpected{inserted.error()};
    appended_ = fresh.sequence;
    for (auto const& key : keys) {
        if (auto const inserted = insert_key(fresh, key, source); !inserted)
            return std::unexpected{inserted.error()};
    }
    return result<receipt>{receipt{fresh.sequence, fresh.id, false}};
}

std::vector<std::string> write_session::sources_without_room() {
    std::erase_if(sources_without_room_, [this](auto const& refused) {
        return index_->has_room_for(refused.second.keys, refused.first);
    });
    std::vector<std::string> names;
    for (auto const& [number, refused] : sources_without_room_) names.push_back(refused.name);
    return names;
}

result<std::optional<write_session::first_event>> write_session::find(dedupe_key const& key) {
    candidates_.clear();
    index_->find(key, given_.key, candidates_);
    for (auto const row : candidates_) {
        HEADGATE_TRY(auto const first, confirm(key, row));
        if (first) return first;
    }
    return std::nullopt;
}

result<std::optional<write_session::first_event>> write_session::confirm(dedupe_key const& key,
                                                                         std::uint64_t row) {
    find_key_.bind(1, row);
    auto const found = find_key_.step();
    std::optional<first_event> first;
    if (found && *found) {
        auto const hash = uuid_from(find_key_.bytes(1));
        auto const id = uuid_from(find_key_.bytes(2));
        auto const sequence = find_key_.natural(0);
        bool const fits =
            hash && id && checksum_of_key(row, sequence, hash->bytes, *id) == find_key_.natural(3);
        if (!fits)
            log_sparingly(log_level::error, "a dedupe key is damaged in the store and will not be recognised",
                          {{"row", std::to_string(row)}});
        if (fits && hash->bytes == key.hash) first = first_event{sequence, *id};
    }
    find_key_.reset();
    if (!found) return std::unexpected{found.error()};
    return first;
}

// Of an event that is still there: keys may outlive it.
result<void> write_session::count_duplicate(sequence_number of, wall_time now) {
    HEADGATE_TRY(auto count,
                 database_.ask("INSERT INTO duplicates (sequence, count, last_at)"
                               " SELECT sequence, 1, ?2 FROM events WHERE sequence = ?1"
                               " ON CONFLICT (sequence) DO UPDATE SET count = count + 1, last_at = ?2"));
    count->bind(1, of).bind(2, to_column(now));
    return count->run();
}

result<void> write_session::insert(event const& fresh, packed_event const& packed) {
    insert_event_.bind(1, fresh.sequence)
        .bind_bytes(2, fresh.id.bytes)
        .bind(3, to_column(fresh.received.received_at))
        .bind_text(4, fresh.tenant)
        .bind_text(5, fresh.source)
        .bind(6, seal(packed.content, fresh.sequence, fresh.id))
        .bind_bytes(7, packed.head)
        .bind_bytes(8, fresh.received.body);
    return insert_event_.run();
}

result<void> write_session::insert_key(event const& fresh, dedupe_key const& key, source_number source) {
    auto const row = ++given_.key;
    insert_key_.bind(1, row)
        .bind(2, fresh.sequence)
        .bind(3, std::uint64_t{source})
        .bind_bytes(4, key.hash)
        .bind_bytes(5, fresh.id.bytes)
        .bind(6, checksum_of_key(row, fresh.sequence, key.hash, fresh.id));
    if (auto const inserted = insert_key_.run(); !inserted) return inserted;
    index_->add(key, row, source);
    added_.push_back({key, row, source});
    return {};
}

result<source_number> write_session::number_of_source(event const& fresh) {
    auto& of_tenant = sources_[fresh.tenant];
    auto const known = of_tenant.find(fresh.source);
    if (known != of_tenant.end()) return known->second;
    auto const next = newest_source_ + 1;
    HEADGATE_TRY(auto put, database_.ask("INSERT INTO sources (number, tenant, name) VALUES (?1, ?2, ?3)"));
    put->bind(1, std::uint64_t{next}).bind_text(2, fresh.tenant).bind_text(3, fresh.source);
    if (auto const ran = put->run(); !ran) return std::unexpected{ran.error()};
    of_tenant.emplace(fresh.source, next);
    return newest_source_ = next;
}

}  // namespace headgate::store::sqlite
