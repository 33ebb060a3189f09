#include "store/sqlite/retention.hpp"

#include "core/log.hpp"

#include <algorithm>
#include <vector>

namespace headgate::store::sqlite {
namespace {

constexpr std::chrono::hours jump_max{1};

constexpr char const* use_texts_less =
    "UPDATE rule_texts SET uses = uses - (SELECT count(*) FROM deliveries"
    " WHERE event_sequence = ?1 AND rule_revision = revision)"
    " WHERE revision IN (SELECT rule_revision FROM deliveries WHERE event_sequence = ?1)";

constexpr char const* deletions[] = {
    use_texts_less,
    "DELETE FROM attempts WHERE delivery IN (SELECT number FROM deliveries WHERE event_sequence = ?1)",
    "DELETE FROM revivals WHERE delivery IN (SELECT number FROM deliveries WHERE event_sequence = ?1)",
    "DELETE FROM orders WHERE number IN (SELECT number FROM deliveries WHERE event_sequence = ?1)",
    "DELETE FROM deliveries WHERE event_sequence = ?1",
    "DELETE FROM routing WHERE sequence = ?1",
    "DELETE FROM duplicates WHERE sequence = ?1",
    "DELETE FROM events WHERE sequence = ?1",
};

}  // namespace

retention::retention(retention_settings const& chosen, wall_time now, instant at)
    : settings_{chosen}, last_now_{now}, last_at_{at}, due_{at + chosen.check_every} {}

void retention::use(retention_settings const& next, instant at) {
    settings_ = next;
    due_ = at;
    looked_through_ = 0;
}

bool retention::clock_jumped(wall_time now, instant at) {
    auto const by_wall = now - last_now_;
    auto const by_steady = std::chrono::duration_cast<std::chrono::milliseconds>(at - last_at_);
    last_now_ = now;
    last_at_ = at;
    return std::chrono::abs(by_wall - by_steady) > jump_max;
}

result<void> retention::next(write_session& session, wall_time now, instant at) {
    due_ = at + settings_.check_every;
    if (clock_jumped(now, at)) paused_ = true;
    if (paused_) {
        log_sparingly(log_level::error,
                      "retention is paused: the wall clock jumped more than an hour; correct it and restart");
        return {};
    }
    session.kept_marks().kept =
        session.given();  // So that no number is given twice when the last row is gone.
    HEADGATE_TRY(bool const more_events, delete_events(session, now));
    HEADGATE_TRY(bool const more_keys, delete_keys(session, now));
    if (auto const deleted = session.database().run("DELETE FROM rule_texts WHERE uses <= 0"); !deleted)
        return deleted;
    if (more_events || more_keys)
        due_ = at;
    else
        looked_through_ = 0;
    return {};
}

result<bool> retention::delete_events(write_session& session, wall_time now) {
    auto& database = session.database();
    HEADGATE_TRY(auto rows,
                 database.ask("SELECT sequence, id FROM events WHERE sequence > ?1 AND sequence <= ?2"
                              " ORDER BY sequence LIMIT ?3"));
    rows->bind(1, looked_through_).bind(2, session.routed_through());
    rows->bind(3, static_cast<std::uint64_t>(settings_.batch_events));
    std::vector<sequence_number> old;
    while (true) {
        HEADGATE_TRY(bool const more, rows->step());
        if (!more) break;
        auto const id = uuid_from(rows->bytes(1));
        bool const in_window = id && time_of(*id) + settings_.events > now;
        if (in_window) break;
        old.push_back(rows->natural(0));
    }
    for (auto const sequence : old) {
        HEADGATE_TRY(auto const states, states_of(database, sequence));
        looked_through_ = sequence;
        bool const stays = std::ranges::any_of(states, [&](auto const& each) { return is_kept(each, now); });
        if (stays) continue;
        HEADGATE_TRY(auto const deleted,
                     session.alone([&] { return delete_event(session, sequence, states); }));
        if (deleted)
            ++events_deleted_;
        else
            log_sparingly(log_level::error, "an event cannot be deleted", {{"why", deleted.error().message}});
    }
    return old.size() == settings_.batch_events;
}

result<std::vector<retention::delivery_end>> retention::states_of(connection& database,
                                                                  sequence_number sequence) {
    HEADGATE_TRY(auto rows, database.ask("SELECT state, coalesce(ended_at, created_at) FROM deliveries"
                                         " WHERE event_sequence = ?1"));
    rows->bind(1, sequence);
    std::vector<delivery_end> all;
    while (true) {
        HEADGATE_TRY(bool const more, rows->step());
        if (!more) return all;
        auto const state = std::min(rows->natural(0), static_cast<std::uint64_t>(delivery_state::dead));
        all.push_back({static_cast<delivery_state>(state), to_time(rows->integer(1))});
    }
}

bool retention::is_kept(delivery_end const& each, wall_time now) const {
    if (!is_final(each.state)) return true;
    return each.state == delivery_state::dead && each.at + settings_.dead > now;
}

result<void> retention::delete_event(write_session& session, sequence_number sequence,
                                     std::vector<delivery_end> const& states) {
    for (auto const* const sql : deletions) {
        HEADGATE_TRY(auto deletion, session.database().ask(sql));
        deletion->bind(1, sequence);
        if (auto const ran = deletion->run(); !ran) return ran;
    }
    for (auto const& each : states) session.kept_marks().count(each.state, -1);
    return {};
}

result<bool> retention::delete_keys(write_session& session, wall_time now) {
    auto& database = session.database();
    HEADGATE_TRY(auto rows,
                 database.ask("SELECT number, hash, event_id, source FROM dedupe ORDER BY number LIMIT ?1"));
    rows->bind(1, static_cast<std::uint64_t>(settings_.batch_events));
    std::uint64_t last = 0;
    std::size_t old = 0;
    while (true) {
        HEADGATE_TRY(bool const more, rows->step());
        if (!more) break;
        auto const hash = uuid_from(rows->bytes(1));
        auto const id = uuid_from(rows->bytes(2));
        bool const in_window = id && time_of(*id) + settings_.dedupe > now;
        if (in_window) break;
        last = rows->natural(0);
        ++old;
        auto const source = static_cast<source_number>(rows->natural(3));
        if (hash) session.remove_key_after_commit({hash->bytes}, last, source);
    }
    if (old == 0) return false;
    HEADGATE_TRY(auto deletion, database.ask("DELETE FROM dedupe WHERE number <= ?1"));
    deletion->bind(1, last);
    if (auto const ran = deletion->run(); !ran) return std::unexpected{ran.error()};
    return old == settings_.batch_events;
}

}  // namespace headgate::store::sqlite
