#pragma once

#include "store/settings.hpp"
#include "store/sqlite/connection.hpp"
#include "store/sqlite/dedupe_index.hpp"

#include <cstdint>

namespace headgate::store::sqlite {

// Reads the keys of all rows above `after` into `index`. A long window is read by several threads, each on a
// range and a connection of its own: opening a store must not take its senders' patience. A row whose
// checksum does not fit is logged and left out.
[[nodiscard]] result<void> load_keys(settings const& chosen, connection& database, std::uint64_t after,
                                     dedupe_index& index);

}  // namespace headgate::store::sqlite
