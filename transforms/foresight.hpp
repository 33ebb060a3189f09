#pragma once

#include "core/result.hpp"
#include "transforms/outlook.hpp"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace headgate::transforms {

using known_variables = std::vector<std::pair<std::string, outlook>>;

// What a program will give, as far as that can be known before it sees an event. Fails with invalid_argument
// where it does what can only fail, or reads a member that nothing has: with place, caret and remedy, as
// `program::compile` does. `source` is of a program that compiles. What stands in `try`, before `?` and on
// the left of `//` may fail. Knows less than a run, never something else: what it knows nothing of is
// anything.
[[nodiscard]] result<outlook> foresee(std::string_view source, outlook const& input,
                                      known_variables const& variables = {});

}  // namespace headgate::transforms
