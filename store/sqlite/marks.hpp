#pragma once

#include "model/delivery.hpp"
#include "store/sqlite/connection.hpp"

#include <array>
#include <cstdint>

namespace headgate::store::sqlite {

inline constexpr std::size_t delivery_states = static_cast<std::size_t>(delivery_state::dead) + 1;

// The highest numbers ever given, so that none is given twice.
struct high_water {
    sequence_number sequence = 0;
    uuid event_id;
    std::uint64_t key = 0;
    std::uint64_t delivery = 0;
    uuid delivery_id;

    // Of each, the greater one.
    void raise_to(high_water const& other);
};

// What the store knows without scanning, kept beside the rows in the same transactions.
struct marks {
    sequence_number routed_through = 0;
    std::array<std::uint64_t, delivery_states> deliveries{};  // In the store now.
    high_water kept;  // Written by retention before it deletes the rows that would tell.

    void count(delivery_state state, std::int64_t more);
    [[nodiscard]] bool operator==(marks const&) const;
};

// A mark whose checksum does not fit is logged and reads as nothing: routing then looks at every event again
// and skips what was routed.
[[nodiscard]] result<marks> load_marks(connection& database);
[[nodiscard]] result<void> save_marks(connection& database, marks const& from, marks const& to);

// From the marks and from the last row of each table.
[[nodiscard]] result<high_water> load_high_water(connection& database, marks const& loaded);

}  // namespace headgate::store::sqlite
