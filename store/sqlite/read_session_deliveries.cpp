#include "core/log.hpp"
#include "store/sqlite/delivery_rows.hpp"
#include "store/sqlite/paging.hpp"
#include "store/sqlite/read_session.hpp"
#include "store/sqlite/row_search.hpp"

#include <fmt/format.h>

#include <string>

// Reading deliveries.

namespace headgate::store::sqlite {
namespace {

bool matches(delivery const& row, delivery_filter const& filter) {
    auto const differs = [](auto const& wanted, auto const& has) { return wanted && *wanted != has; };
    if (differs(filter.source, row.source) || differs(filter.rule, row.rule)) return false;
    if (differs(filter.target, row.order.target) || differs(filter.state, row.state)) return false;
    if (filter.created_from && row.created_at < *filter.created_from) return false;
    return !filter.created_before || row.created_at < *filter.created_before;
}

}  // namespace

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
        if (fits) found.items.push_back(std::move((*loaded)->row));
        if (loaded) continue;
        if (loaded.error().code != errc::data_loss) return std::unexpected{loaded.error()};
        log_sparingly(log_level::error, "a delivery is left out of a list",
                      {{"why", loaded.error().message}});
    }
    found.next = std::to_string(last);
    return found;
}

result<delivery> read_session::with_order(std::uint64_t number) {
    HEADGATE_TRY(auto loaded, load_delivery(database_, number));
    if (!loaded) return no_such("delivery");
    if (auto const ordered = load_order(database_, *loaded); !ordered)
        return std::unexpected{ordered.error()};
    return std::move(loaded->row);
}

result<delivery_record> read_session::whole(std::uint64_t number) {
    HEADGATE_TRY(auto row, with_order(number));
    HEADGATE_TRY(auto attempts, load_attempts(database_, number));
    HEADGATE_TRY(auto revivals, load_revivals(database_, number));
    return delivery_record{std::move(row), std::move(attempts), std::move(revivals)};
}

result<delivery_record> read_session::read_delivery(uuid const& id) {
    snapshot all{database_};
    if (auto const begun = all.begin(); !begun) return std::unexpected{begun.error()};
    HEADGATE_TRY(auto const number, find_row(database_, deliveries_by_id, id));
    if (!number) return no_such("delivery");
    return whole(*number);
}

result<std::vector<delivery_record>> read_session::deliveries_of(uuid const& event) {
    snapshot all{database_};
    if (auto const begun = all.begin(); !begun) return std::unexpected{begun.error()};
    HEADGATE_TRY(auto const sequence, find_row(database_, events_by_id, event));
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

result<page<delivery>> read_session::unfinished(unfinished_filter const& filter, page_request const& which) {
    HEADGATE_TRY(auto const limit, read_limit(which));
    HEADGATE_TRY(auto const cursor, read_cursor(which.cursor));
    static auto const sql =
        fmt::format("{} WHERE state = ?1 AND state <> 3 AND number > ?2 ORDER BY number", select_deliveries);
    HEADGATE_TRY(auto rows, database_.ask(sql.c_str()));
    rows->bind(1, static_cast<std::uint64_t>(filter.state));
    rows->bind(2, which.cursor.empty() ? std::uint64_t{0} : cursor);
    page<delivery> found;
    std::uint64_t last = 0;
    for (std::size_t looked_at = 0;; ++looked_at) {
        HEADGATE_TRY(bool const more, rows->step());
        if (!more) return found;
        if (found.items.size() == limit || looked_at == page_rows_max_) break;
        last = rows->natural(0);
        if (filter.targets_left_out.contains(rows->text(9))) continue;
        auto read = read_delivery_row(*rows.operator->());
        if (read)
            found.items.push_back(std::move(read->row));
        else
            log_sparingly(log_level::error, "a delivery is left out", {{"why", read.error().message}});
    }
    found.next = std::to_string(last);
    return found;
}

result<std::vector<std::optional<delivery>>> read_session::read_orders(std::vector<uuid> const& ids,
                                                                       batch_limit const& limit) {
    snapshot whole{database_};
    if (auto const begun = whole.begin(); !begun) return std::unexpected{begun.error()};
    std::vector<std::optional<delivery>> found;
    std::uint64_t bytes = 0;
    for (auto const& id : ids) {
        HEADGATE_TRY(auto const number, find_row(database_, deliveries_by_id, id));
        auto one = number ? with_order(*number) : no_such("delivery");
        bool const is_missing =
            !one && (one.error().code == errc::data_loss || one.error().code == errc::not_found);
        if (!one && !is_missing) return std::unexpected{one.error()};
        if (!one) {
            log_sparingly(log_level::error, "a delivery is left out", {{"why", one.error().message}});
            found.emplace_back();
            continue;
        }
        bytes += bytes_of(*one);
        if (!found.empty() && bytes > limit.bytes) return found;
        found.emplace_back(*std::move(one));
        if (found.size() == limit.items) return found;
    }
    return found;
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
