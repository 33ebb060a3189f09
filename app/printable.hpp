#pragma once

#include <string>
#include <string_view>

// Texts of strangers on a terminal: they may hold what moves its cursor.

namespace headgate::app {

// With a blank for each control character.
[[nodiscard]] std::string printable(std::string_view text);

// The same of JSON, in which such a character of several bytes can only stand in a string: it becomes an
// escape, and the JSON says what it said.
[[nodiscard]] std::string escaped(std::string_view json);

}  // namespace headgate::app
