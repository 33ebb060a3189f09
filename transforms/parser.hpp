#pragma once

#include "core/result.hpp"
#include "transforms/ast.hpp"

#include <string_view>

namespace headgate::transforms {

// Reads one jq program; an empty one is `.`. Fails with invalid_argument, with place and remedy.
[[nodiscard]] result<node_pointer> parse_program(std::string_view source);

// Reads definitions only (`def a: …; def b: …;`), as our own library is written: the last one's `kids[1]` is
// null.
[[nodiscard]] result<node_pointer> parse_definition(std::string_view source);

}  // namespace headgate::transforms
