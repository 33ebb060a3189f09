#pragma once

#include "store/event_store.hpp"
#include "store/settings.hpp"
#include "store/sqlite/connection.hpp"
#include "store/sqlite/delivery_rows.hpp"
#include "store/sqlite/row_codec.hpp"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace headgate::store::sqlite {

// A range of events out of the database, for routing.
struct unrouted_events {
    std::vector<event> events;
    std::vector<std::pair<sequence_number, std::string>> damaged;  // Number, and what is wrong.
    sequence_number read_before = 0;                               // Everything before this was looked at.
};

// All SQL that only reads, on a connection of its own. Each call is one short read transaction: a long one
// would keep the log from starting anew. Belongs to the reader's thread. Events are read in
// read_session.cpp, deliveries in read_session_deliveries.cpp.
class read_session {
public:
    [[nodiscard]] static result<read_session> open(settings const& chosen);

    // Events that are not routed, in [from, before), in order.
    [[nodiscard]] result<unrouted_events> unrouted(sequence_number from, sequence_number before,
                                                   batch_limit const& limit);

    [[nodiscard]] result<page<delivery>> unfinished(unfinished_filter const& filter,
                                                    page_request const& which);
    [[nodiscard]] result<std::vector<std::optional<delivery>>> read_orders(std::vector<uuid> const& ids,
                                                                           batch_limit const& limit);

    [[nodiscard]] result<page<event_summary>> list_events(event_filter const& filter,
                                                          page_request const& which);
    [[nodiscard]] result<event_record> read_event(uuid const& id);
    [[nodiscard]] result<page<delivery>> list_deliveries(delivery_filter const& filter,
                                                         page_request const& which);
    [[nodiscard]] result<delivery_record> read_delivery(uuid const& id);
    [[nodiscard]] result<std::vector<delivery_record>> deliveries_of(uuid const& event);
    [[nodiscard]] result<std::string> rule_text(std::string const& revision);

private:
    struct routed {
        event_state state = event_state::accepted;
        std::string reason;
    };
    struct repeats {
        std::uint64_t count = 0;
        std::optional<wall_time> last_at;
    };
    struct range {
        sequence_number from = 0;
        sequence_number before = 0;
    };

    read_session(connection opened, settings const& chosen)
        : database_{std::move(opened)}, page_rows_max_{chosen.page_rows_max} {}

    // The first sequence whose event was stored at `time` or later; above all of them without one.
    [[nodiscard]] result<sequence_number> first_stored_at(wall_time time);
    [[nodiscard]] result<range> narrow(event_filter const& filter, sequence_number cursor);
    [[nodiscard]] result<routed> routing_of(sequence_number sequence);
    [[nodiscard]] result<repeats> duplicates_of(sequence_number sequence);
    [[nodiscard]] result<std::optional<event_summary>> summarise(event_columns const& row,
                                                                 event_filter const& filter);
    [[nodiscard]] result<delivery> with_order(std::uint64_t number);
    [[nodiscard]] result<delivery_record> whole(std::uint64_t number);

    connection database_;
    std::size_t page_rows_max_;
};

}  // namespace headgate::store::sqlite
