#include "store/sqlite/delivery_rows.hpp"

#include "store/sqlite/row_codec.hpp"

#include <fmt/format.h>

namespace headgate::store::sqlite {
namespace {

std::unexpected<error> damaged(std::string_view what, std::uint64_t number) {
    return refuse(errc::data_loss,
                  fmt::format("{} {} is damaged in the store: its checksum does not fit", what, number),
                  "check the disk, and restore the row from a backup if it is needed");
}

std::optional<wall_time> optional_time(statement const& row, int column) {
    if (row.is_null(column)) return std::nullopt;
    return to_time(row.integer(column));
}

}  // namespace

result<numbered_delivery> read_delivery_row(statement const& row) {
    numbered_delivery found;
    found.number = row.natural(0);
    auto const id = uuid_from(row.bytes(1));
    auto const event_id = uuid_from(row.bytes(3));
    auto const state = row.natural(10);
    auto const held_because = row.natural(11);
    bool const fits = id && event_id && state <= static_cast<std::uint64_t>(delivery_state::dead) &&
                      held_because <= static_cast<std::uint64_t>(hold_cause::unsure);
    if (!fits) return damaged("delivery", found.number);
    auto& kept = found.row;
    kept.id = *id;
    kept.event_sequence = row.natural(2);
    kept.event_id = *event_id;
    kept.tenant = row.text(4);
    kept.source = row.text(5);
    kept.rule = row.text(6);
    kept.item = static_cast<std::uint32_t>(row.natural(7));
    kept.generation = static_cast<std::uint32_t>(row.natural(8));
    kept.order.target = row.text(9);
    kept.state = static_cast<delivery_state>(state);
    kept.held_because = static_cast<hold_cause>(held_because);
    kept.reason = row.text(12);
    kept.attempts = static_cast<std::uint32_t>(row.natural(13));
    kept.created_at = to_time(row.integer(14));
    kept.due_at = to_time(row.integer(15));
    kept.run_id = row.text(16);
    kept.started_at = optional_time(row, 17);
    kept.ended_at = optional_time(row, 18);
    kept.began_at = to_time(row.integer(19));
    kept.rule_revision = row.text(20);
    kept.order.workflow_id = row.text(21);
    if (checksum_of(found.number, kept) != row.natural(22)) return damaged("delivery", found.number);
    return found;
}

result<std::optional<numbered_delivery>> load_delivery(connection& database, std::uint64_t number) {
    static auto const sql = fmt::format("{} WHERE number = ?1", select_deliveries);
    HEADGATE_TRY(auto rows, database.ask(sql.c_str()));
    rows->bind(1, number);
    HEADGATE_TRY(bool const found, rows->step());
    if (!found) return std::nullopt;
    HEADGATE_TRY(auto read, read_delivery_row(*rows.operator->()));
    return read;
}

result<void> load_order(connection& database, numbered_delivery& into) {
    HEADGATE_TRY(auto rows, database.ask("SELECT content, checksum FROM orders WHERE number = ?1"));
    rows->bind(1, into.number);
    HEADGATE_TRY(bool const found, rows->step());
    if (!found) return damaged("order of delivery", into.number);
    return unpack_order(into.number, rows->bytes(0), rows->natural(1), into.row);
}

result<std::vector<attempt>> load_attempts(connection& database, std::uint64_t number) {
    HEADGATE_TRY(auto rows, database.ask("SELECT attempt, at, outcome, detail, checksum FROM attempts"
                                         " WHERE delivery = ?1 ORDER BY number"));
    rows->bind(1, number);
    std::vector<attempt> all;
    while (true) {
        HEADGATE_TRY(bool const more, rows->step());
        if (!more) return all;
        attempt tried{static_cast<std::uint32_t>(rows->natural(0)), to_time(rows->integer(1)),
                      std::string{rows->text(2)}, std::string{rows->text(3)}};
        if (checksum_of_attempt(number, tried) != rows->natural(4))
            return damaged("an attempt of delivery", number);
        all.push_back(std::move(tried));
    }
}

std::uint64_t checksum_of_attempt(std::uint64_t delivery, attempt const& tried) {
    auto const first = fmt::format("{} {} {}", tried.number, to_column(tried.at), tried.outcome);
    return checksum_of(delivery, first, tried.detail);
}

result<std::vector<revival>> load_revivals(connection& database, std::uint64_t number) {
    HEADGATE_TRY(auto rows,
                 database.ask("SELECT at, asked_by, state, reason, ended_at, checksum FROM revivals"
                              " WHERE delivery = ?1 ORDER BY number"));
    rows->bind(1, number);
    std::vector<revival> all;
    while (true) {
        HEADGATE_TRY(bool const more, rows->step());
        if (!more) return all;
        revival one{to_time(rows->integer(0)), std::string{rows->text(1)},
                    static_cast<delivery_state>(rows->natural(2)), std::string{rows->text(3)}, std::nullopt};
        if (!rows->is_null(4)) one.ended_at = to_time(rows->integer(4));
        if (checksum_of_revival(number, one) != rows->natural(5))
            return damaged("a revival of delivery", number);
        all.push_back(std::move(one));
    }
}

std::uint64_t checksum_of_revival(std::uint64_t delivery, revival const& one) {
    auto const ended_at = one.ended_at ? to_column(*one.ended_at) : 0;
    auto const first = fmt::format("{} {} {} {}", to_column(one.at), static_cast<unsigned>(one.from),
                                   ended_at, one.asked_by);
    return checksum_of(delivery, first, one.reason);
}

}  // namespace headgate::store::sqlite
