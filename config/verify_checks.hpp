#pragma once

#include "auth/settings.hpp"
#include "config/node.hpp"
#include "config/notes.hpp"
#include "config/reader.hpp"

#include <optional>
#include <string>
#include <vector>

// Checks, handshakes, answers and ids of a sender, as YAML writes them.

namespace headgate::config {

// One check with what stands beside it: `when`, `time`, `once`. Reads these keys and leaves the other ones of
// the mapping to the caller.
[[nodiscard]] std::optional<auth::check> read_check_of(reader& from);

[[nodiscard]] std::optional<auth::check> read_check(node const& at, std::string const& path, notes& into);

[[nodiscard]] std::vector<auth::handshake_rule> read_handshakes(node const& at, std::string const& path,
                                                                notes& into);

// Changes what is said; leaves the rest as it is.
void read_answers(node const& at, std::string const& path, notes& into, auth::answer_rule& answers);

[[nodiscard]] auth::delivery_rule read_delivery(node const& at, std::string const& path, notes& into);

}  // namespace headgate::config
