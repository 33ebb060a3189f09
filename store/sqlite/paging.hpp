#pragma once

#include "store/event_store.hpp"
#include "store/sqlite/connection.hpp"

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

// What reads have in common.

namespace headgate::store::sqlite {

// Above every row number.
inline constexpr std::uint64_t no_cursor = std::numeric_limits<std::int64_t>::max();

// A page ends before this row. Fails with invalid_argument.
[[nodiscard]] result<std::uint64_t> read_cursor(std::string const& cursor);
[[nodiscard]] result<std::size_t> read_limit(page_request const& which);

[[nodiscard]] std::unexpected<error> no_such(std::string_view what);

// One instant of the database for several statements.
class snapshot {
public:
    explicit snapshot(connection& database) : database_{&database} {}
    ~snapshot() {
        if (database_->in_transaction()) static_cast<void>(database_->run("COMMIT"));
    }
    snapshot(snapshot const&) = delete;
    snapshot& operator=(snapshot const&) = delete;

    [[nodiscard]] result<void> begin() { return database_->run("BEGIN"); }

private:
    connection* database_;
};

}  // namespace headgate::store::sqlite
