#include "core/log.hpp"
#include "store/sqlite/row_search.hpp"
#include "store/sqlite/write_session.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <map>

// Routing and transitions: everything that is written after an event was accepted.

namespace headgate::store::sqlite {
namespace {

std::size_t slot_of(uuid const& id, std::size_t slots) {
    std::uint64_t bits = 0;
    std::memcpy(&bits, id.bytes.data() + 8, sizeof bits);  // The random half of a UUIDv7.
    return (bits ^ bits >> 29) % slots;
}

void bind_optional(statement& row, int parameter, std::optional<wall_time> const& time) {
    if (time)
        row.bind(parameter, to_column(*time));
    else
        row.bind_null(parameter);
}

}  // namespace

result<void> write_session::check(std::span<routing const> done) {
    HEADGATE_TRY(auto rows, database_.ask("SELECT 1 FROM events WHERE sequence = ?1"));
    for (auto const& each : done) {
        rows->reset();
        rows->bind(1, each.sequence);
        HEADGATE_TRY(bool const found, rows->step());
        if (!found)
            return refuse(errc::not_found, fmt::format("event {} is not in the store", each.sequence),
                          "it was deleted by retention; nothing is left to route");
    }
    return {};
}

result<std::vector<delivery>> write_session::route(std::vector<routing> done, wall_time now) {
    std::vector<delivery> recorded;
    std::map<std::string, std::int64_t> uses;
    for (auto& each : done) {
        if (auto const marked = mark_routed(each); !marked) return std::unexpected{marked.error()};
        for (auto const& [revision, text] : each.rule_texts) {
            if (auto const kept = keep_rule_text(revision, text); !kept) return std::unexpected{kept.error()};
        }
        for (auto& fresh : each.deliveries) {
            fresh.event_sequence = each.sequence;
            HEADGATE_TRY(auto known, existing(fresh));
            if (known) {
                recorded.push_back(*std::move(known));
                continue;
            }
            auto const number = ++given_.delivery;
            fresh.id = given_.delivery_id = delivery_ids_.next(now);
            if (fresh.created_at == wall_time{}) fresh.created_at = now;
            fresh.began_at = fresh.created_at;
            if (auto const inserted = insert(fresh, number); !inserted)
                return std::unexpected{inserted.error()};
            marks_.count(fresh.state, 1);
            remember_number(fresh.id, number);
            ++uses[fresh.rule_revision];
            recorded.push_back(std::move(fresh));
        }
    }
    for (auto const& [revision, more] : uses) {
        if (auto const counted = count_rule_uses(revision, more); !counted)
            return std::unexpected{counted.error()};
    }
    return recorded;
}

// An event that was routed once stays routed: routing it again may add deliveries, not take them away.
result<void> write_session::mark_routed(routing const& done) {
    HEADGATE_TRY(auto known, database_.ask("SELECT state FROM routing WHERE sequence = ?1"));
    known->bind(1, done.sequence);
    HEADGATE_TRY(bool const is_known, known->step());
    bool const stays = is_known && known->natural(0) == static_cast<std::uint64_t>(event_state::routed);
    if (stays) return {};
    HEADGATE_TRY(
        auto put,
        database_.ask("INSERT INTO routing (sequence, state, reason, checksum) VALUES (?1, ?2, ?3, ?4)"
                      " ON CONFLICT (sequence) DO UPDATE SET state = ?2, reason = ?3, checksum = ?4"));
    put->bind(1, done.sequence).bind(2, static_cast<std::uint64_t>(done.state)).bind_text(3, done.reason);
    put->bind(4, checksum_of(done.sequence, name_of(done.state), done.reason));
    if (auto const ran = put->run(); !ran) return ran;
    bool const is_ahead = !is_known && done.sequence > marks_.routed_through;
    if (is_ahead && routed_ahead_.insert(done.sequence).second) routed_now_.push_back(done.sequence);
    return {};
}

result<void> write_session::advance_routed_through() {
    while (!routed_ahead_.empty()) {
        auto const first = *routed_ahead_.begin();
        auto const is_next = is_next_to_route(first);
        if (!is_next && is_retryable(is_next.error().code)) return std::unexpected{is_next.error()};
        if (!is_next)
            log_sparingly(log_level::error, "the mark of routing stands still",
                          {{"why", is_next.error().message}});
        if (!is_next || !*is_next) return {};
        marks_.routed_through = first;
        routed_ahead_.erase(routed_ahead_.begin());
    }
    return {};
}

// Numbers in between may never have become events.
result<bool> write_session::is_next_to_route(sequence_number sequence) {
    if (sequence == marks_.routed_through + 1) return true;
    HEADGATE_TRY(auto rows, database_.ask("SELECT min(sequence) FROM events WHERE sequence > ?1"));
    rows->bind(1, marks_.routed_through);
    HEADGATE_TRY(bool const found, rows->step());
    return found && rows->natural(0) >= sequence;
}

result<void> write_session::keep_rule_text(std::string const& revision, std::string const& text) {
    HEADGATE_TRY(
        auto put,
        database_.ask("INSERT INTO rule_texts (revision, text, uses, checksum) VALUES (?1, ?2, 0, ?3)"
                      " ON CONFLICT (revision) DO NOTHING"));
    put->bind_text(1, revision).bind_text(2, text).bind(3, checksum_of(0, revision, text));
    return put->run();
}

result<void> write_session::count_rule_uses(std::string const& revision, std::int64_t more) {
    HEADGATE_TRY(auto count, database_.ask("UPDATE rule_texts SET uses = uses + ?2 WHERE revision = ?1"));
    count->bind_text(1, revision).bind(2, more);
    return count->run();
}

result<std::optional<delivery>> write_session::existing(delivery const& same) {
    HEADGATE_TRY(auto rows,
                 database_.ask("SELECT number FROM deliveries WHERE event_sequence = ?1 AND rule = ?2"
                               " AND item = ?3 AND generation = ?4"));
    rows->bind(1, same.event_sequence).bind_text(2, same.rule);
    rows->bind(3, std::uint64_t{same.item}).bind(4, std::uint64_t{same.generation});
    HEADGATE_TRY(bool const is_known, rows->step());
    if (!is_known) return std::nullopt;
    HEADGATE_TRY(auto found, load_delivery(database_, rows->natural(0)));
    if (!found) return std::nullopt;
    if (auto const loaded = load_order(database_, *found); !loaded) return std::unexpected{loaded.error()};
    return std::move(found->row);
}

result<void> write_session::insert(delivery const& fresh, std::uint64_t number) {
    HEADGATE_TRY(auto put, database_.ask("INSERT INTO deliveries (number, id, event_sequence, event_id, "
                                         "tenant, source, rule, item, generation, target,"
                                         " state, held_because, reason, attempts, created_at, due_at, "
                                         "run_id, started_at, ended_at, began_at, rule_revision, workflow_id,"
                                         " checksum) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, "
                                         "?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23)"));
    put->bind(1, number)
        .bind_bytes(2, fresh.id.bytes)
        .bind(3, fresh.event_sequence)
        .bind_bytes(4, fresh.event_id.bytes)
        .bind_text(5, fresh.tenant)
        .bind_text(6, fresh.source)
        .bind_text(7, fresh.rule)
        .bind(8, std::uint64_t{fresh.item})
        .bind(9, std::uint64_t{fresh.generation})
        .bind_text(10, fresh.order.target)
        .bind(11, static_cast<std::uint64_t>(fresh.state))
        .bind(12, static_cast<std::uint64_t>(fresh.held_because))
        .bind_text(13, fresh.reason)
        .bind(14, std::uint64_t{fresh.attempts})
        .bind(15, to_column(fresh.created_at))
        .bind(16, to_column(fresh.due_at))
        .bind_text(17, fresh.run_id);
    bind_optional(*put.operator->(), 18, fresh.started_at);
    bind_optional(*put.operator->(), 19, fresh.ended_at);
    put->bind(20, to_column(fresh.began_at))
        .bind_text(21, fresh.rule_revision)
        .bind_text(22, fresh.order.workflow_id)
        .bind(23, checksum_of(number, fresh));
    if (auto const ran = put->run(); !ran) return ran;

    return put_order(fresh, number);
}

result<void> write_session::put_order(delivery const& of, std::uint64_t number) {
    auto const packed = pack_order(number, of);
    HEADGATE_TRY(auto order,
                 database_.ask("INSERT INTO orders (number, content, checksum) VALUES (?1, ?2, ?3)"
                               " ON CONFLICT (number) DO UPDATE SET content = ?2, checksum = ?3"));
    order->bind(1, number).bind_bytes(2, packed.content).bind(3, packed.checksum);
    return order->run();
}

void write_session::remember_number(uuid const& delivery, std::uint64_t number) {
    known_numbers_[slot_of(delivery, known_numbers_.size())] = {delivery, number};
}

result<std::optional<std::uint64_t>> write_session::number_of(uuid const& delivery) {
    auto const& known = known_numbers_[slot_of(delivery, known_numbers_.size())];
    if (known.number != 0 && known.id == delivery) return known.number;
    HEADGATE_TRY(auto const found, find_row(database_, deliveries_by_id, delivery));
    if (found) remember_number(delivery, *found);
    return found;
}

result<bool> write_session::apply(transition const& change, wall_time now) {
    HEADGATE_TRY(auto const number, number_of(change.delivery));
    if (!number) return false;
    auto loaded = load_delivery(database_, *number);
    if (!loaded && loaded.error().code == errc::data_loss) {
        log(log_level::error, "a transition was not applied", {{"why", loaded.error().message}});
        return false;
    }
    if (!loaded) return std::unexpected{loaded.error()};
    if (!*loaded || (*loaded)->row.state != change.from) return false;

    auto& row = (*loaded)->row;
    bool const begins_anew = change.from == delivery_state::held || change.from == delivery_state::dead;
    if (begins_anew) {
        revival const left{now, change.asked_by, row.state, row.reason, row.ended_at};
        if (auto const noted = note_revival(*number, left); !noted) return std::unexpected{noted.error()};
    }
    row.state = change.to;
    row.held_because = change.held_because;
    row.reason = change.reason;
    if (!change.run_id.empty()) row.run_id = change.run_id;
    if (change.due_at) row.due_at = *change.due_at;
    if (begins_anew) {
        row.began_at = now;
        // A start that may have happened keeps a first try to be counted from.
        row.started_at.reset();
        if (change.to == delivery_state::starting) row.started_at = now;
    }
    if (change.started_at) row.started_at = change.started_at;
    if (change.ended_at || !is_final(change.to)) row.ended_at = change.ended_at;
    if (change.tried) {
        auto tried = *change.tried;
        if (tried.number == 0) tried.number = row.attempts + 1;
        row.attempts = std::max(row.attempts, tried.number);
        if (auto const inserted = insert_attempt(*number, tried); !inserted)
            return std::unexpected{inserted.error()};
        if (change.attempts_kept_max > 0 && tried.number > change.attempts_kept_max) {
            auto const forgotten = forget_attempts(*number, tried.number - change.attempts_kept_max);
            if (!forgotten) return std::unexpected{forgotten.error()};
        }
    }
    if (auto const ordered = change_order(**loaded, change); !ordered)
        return std::unexpected{ordered.error()};
    if (auto const updated = update(**loaded); !updated) return std::unexpected{updated.error()};
    marks_.count(change.from, -1);
    marks_.count(change.to, 1);
    return true;
}

result<void> write_session::change_order(numbered_delivery& of, transition const& change) {
    if (!change.rule_text.empty()) {
        if (auto const kept = keep_rule_text(change.rule_revision, change.rule_text); !kept) return kept;
    }
    bool const is_of_another_rule =
        !change.rule_revision.empty() && change.rule_revision != of.row.rule_revision;
    if (is_of_another_rule) {
        if (auto const counted = count_rule_uses(of.row.rule_revision, -1); !counted) return counted;
        if (auto const counted = count_rule_uses(change.rule_revision, 1); !counted) return counted;
        of.row.rule_revision = change.rule_revision;
    }
    if (!change.order) return {};
    of.row.order = *change.order;
    return put_order(of.row, of.number);
}

result<void> write_session::update(numbered_delivery const& changed) {
    HEADGATE_TRY(
        auto put,
        database_.ask(
            "UPDATE deliveries SET state = ?2, held_because = ?3, reason = ?4, attempts = ?5,"
            " due_at = ?6, run_id = ?7, started_at = ?8, ended_at = ?9, checksum = ?10, target = ?11,"
            " began_at = ?12, rule_revision = ?13, workflow_id = ?14 WHERE number = ?1"));
    auto const& row = changed.row;
    put->bind(1, changed.number)
        .bind(2, static_cast<std::uint64_t>(row.state))
        .bind(3, static_cast<std::uint64_t>(row.held_because))
        .bind_text(4, row.reason)
        .bind(5, std::uint64_t{row.attempts})
        .bind(6, to_column(row.due_at))
        .bind_text(7, row.run_id);
    bind_optional(*put.operator->(), 8, row.started_at);
    bind_optional(*put.operator->(), 9, row.ended_at);
    put->bind(10, checksum_of(changed.number, row)).bind_text(11, row.order.target);
    put->bind(12, to_column(row.began_at)).bind_text(13, row.rule_revision);
    put->bind_text(14, row.order.workflow_id);
    return put->run();
}

result<void> write_session::insert_attempt(std::uint64_t delivery, attempt const& tried) {
    HEADGATE_TRY(auto put,
                 database_.ask("INSERT INTO attempts (delivery, attempt, at, outcome, detail, checksum)"
                               " VALUES (?1, ?2, ?3, ?4, ?5, ?6)"));
    put->bind(1, delivery).bind(2, std::uint64_t{tried.number}).bind(3, to_column(tried.at));
    put->bind_text(4, tried.outcome).bind_text(5, tried.detail).bind(6, checksum_of_attempt(delivery, tried));
    return put->run();
}

// The first one stays: how it began.
result<void> write_session::forget_attempts(std::uint64_t delivery, std::uint32_t through) {
    HEADGATE_TRY(auto out, database_.ask("DELETE FROM attempts"
                                         " WHERE delivery = ?1 AND attempt > 1 AND attempt <= ?2"));
    out->bind(1, delivery).bind(2, std::uint64_t{through});
    return out->run();
}

result<void> write_session::note_revival(std::uint64_t delivery, revival const& one) {
    HEADGATE_TRY(
        auto put,
        database_.ask("INSERT INTO revivals (delivery, at, asked_by, state, reason, ended_at, checksum)"
                      " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)"));
    put->bind(1, delivery).bind(2, to_column(one.at)).bind_text(3, one.asked_by);
    put->bind(4, static_cast<std::uint64_t>(one.from)).bind_text(5, one.reason);
    bind_optional(*put.operator->(), 6, one.ended_at);
    put->bind(7, checksum_of_revival(delivery, one));
    if (auto const ran = put->run(); !ran) return ran;
    HEADGATE_TRY(auto out, database_.ask("DELETE FROM revivals WHERE delivery = ?1 AND number <="
                                         " (SELECT number FROM revivals WHERE delivery = ?1"
                                         " ORDER BY number DESC LIMIT 1 OFFSET ?2)"));
    out->bind(1, delivery).bind(2, std::uint64_t{revivals_kept_max});
    return out->run();
}

}  // namespace headgate::store::sqlite
