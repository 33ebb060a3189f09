#pragma once

#include "model/delivery.hpp"
#include "store/sqlite/connection.hpp"

#include <cstdint>
#include <optional>
#include <vector>

// Reading deliveries, for the writer and for the console alike.

namespace headgate::store::sqlite {

struct numbered_delivery {
    std::uint64_t number = 0;
    delivery row;  // Without its order, unless said otherwise.
};

// Each one begins a SELECT whose rows `read_delivery_row` understands.
inline constexpr char const* delivery_by_number =
    "SELECT number, id, event_sequence, event_id, tenant, source, rule, item, generation, target, state, "
    "held_because,"
    " reason, attempts, created_at, due_at, run_id, started_at, ended_at, checksum FROM deliveries WHERE "
    "number = ?1";

// Fails with data_loss, naming the delivery.
[[nodiscard]] result<numbered_delivery> read_delivery_row(statement const& row);

// The delivery with this number, without its order. Nothing when there is none.
[[nodiscard]] result<std::optional<numbered_delivery>> load_delivery(connection& database,
                                                                     std::uint64_t number);

// Its number, by binary search: ids grow with numbers.
[[nodiscard]] result<std::optional<std::uint64_t>> find_delivery(connection& database, uuid const& id);

// Fills in what will be sent.
[[nodiscard]] result<void> load_order(connection& database, numbered_delivery& into);

[[nodiscard]] result<std::vector<attempt>> load_attempts(connection& database, std::uint64_t number);

[[nodiscard]] std::uint64_t checksum_of_attempt(std::uint64_t delivery, attempt const& tried);

}  // namespace headgate::store::sqlite
