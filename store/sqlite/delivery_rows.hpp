#pragma once

#include "model/delivery.hpp"
#include "store/sqlite/connection.hpp"

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

// Reading deliveries, for the writer and for the console alike.

namespace headgate::store::sqlite {

struct numbered_delivery {
    std::uint64_t number = 0;
    delivery row;  // Of its order only target and workflow id, unless said otherwise.
};

inline constexpr std::string_view select_deliveries =
    "SELECT number, id, event_sequence, event_id, tenant, source, rule, item, generation, target, state,"
    " held_because, reason, attempts, created_at, due_at, run_id, started_at, ended_at, began_at,"
    " rule_revision, workflow_id, checksum FROM deliveries";

// A row of `select_deliveries`. Fails with data_loss, naming the delivery.
[[nodiscard]] result<numbered_delivery> read_delivery_row(statement const& row);

// The delivery with this number. Nothing when there is none.
[[nodiscard]] result<std::optional<numbered_delivery>> load_delivery(connection& database,
                                                                     std::uint64_t number);

// Fills in the rest of what will be sent.
[[nodiscard]] result<void> load_order(connection& database, numbered_delivery& into);

[[nodiscard]] result<std::vector<attempt>> load_attempts(connection& database, std::uint64_t number);

[[nodiscard]] std::uint64_t checksum_of_attempt(std::uint64_t delivery, attempt const& tried);

[[nodiscard]] result<std::vector<revival>> load_revivals(connection& database, std::uint64_t number);

[[nodiscard]] std::uint64_t checksum_of_revival(std::uint64_t delivery, revival const& one);

}  // namespace headgate::store::sqlite
