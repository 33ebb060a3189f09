#pragma once

#include "core/ids.hpp"
#include "store/sqlite/connection.hpp"

#include <cstdint>
#include <functional>
#include <optional>

// Finding rows without an index: ids grow with their row numbers, so a row is found by binary search.

namespace headgate::store::sqlite {

struct id_table {
    char const* ends;   // Asks for the lowest and the highest number.
    char const* probe;  // Asks for number and id of the first row from ?1 on.
};

inline constexpr id_table events_by_id{
    "SELECT (SELECT min(sequence) FROM events), (SELECT max(sequence) FROM events)",
    "SELECT sequence, id FROM events WHERE sequence >= ?1 ORDER BY sequence LIMIT 1"};
inline constexpr id_table deliveries_by_id{
    "SELECT (SELECT min(number) FROM deliveries), (SELECT max(number) FROM deliveries)",
    "SELECT number, id FROM deliveries WHERE number >= ?1 ORDER BY number LIMIT 1"};

struct numbered_id {
    std::uint64_t number = 0;
    uuid id;
};

// The first row whose id has `reached` what is looked for; every id after it has, too. Nothing when none has.
[[nodiscard]] result<std::optional<numbered_id>> first_row(connection& database, id_table const& of,
                                                           std::function<bool(uuid const&)> const& reached);

// The number of the row with this id.
[[nodiscard]] result<std::optional<std::uint64_t>> find_row(connection& database, id_table const& of,
                                                            uuid const& id);

}  // namespace headgate::store::sqlite
