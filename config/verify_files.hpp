#pragma once

#include "config/reader.hpp"

#include <string>
#include <string_view>

// Files that checks name. A configuration depends on them: it is read again when one changes.

namespace headgate::config {

// What is in the file that a key names, or the key itself where it has the text; empty where the key is
// absent, or where the file cannot be read.
[[nodiscard]] std::string read_file(reader& from, std::string_view key);

// The file that `ca` names: authorities to trust for https; empty without one.
[[nodiscard]] std::string read_authorities(reader& from);

}  // namespace headgate::config
