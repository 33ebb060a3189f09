#pragma once

#include "store/sqlite/connection.hpp"

#include <string>

// The tables, and how an older file becomes a newer one.

namespace headgate::store::sqlite {

inline constexpr std::uint64_t page_bytes = 16 * 1024;
inline constexpr std::uint64_t log_frame_bytes = page_bytes + 24;  // sqlite.org/fileformat2.html, 4.1

// Settings of a connection that writes: durable at each commit, never a checkpoint of its own.
[[nodiscard]] result<void> prepare_writing(connection& database);

// Brings the file to the schema of this program: each step is one transaction, and only forward. Fails with
// failed_precondition for a file that is not ours or that a newer program has written; it is not touched
// then.
[[nodiscard]] result<void> migrate(connection& database, std::string const& path);

// For whoever only reads: fails with failed_precondition unless the file is at the schema of this program.
[[nodiscard]] result<void> check_schema(connection& database, std::string const& path);

}  // namespace headgate::store::sqlite
