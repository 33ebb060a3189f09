#pragma once

#include "core/result.hpp"
#include "transforms/schema_node.hpp"

#include <vector>

namespace headgate::transforms {

// Fails with invalid_argument where one schema leads to another for the same value so often that looking at
// it would not keep to the stack, and where that never ends: a circle.
[[nodiscard]] result<void> check_chains(std::vector<schema_node> const& nodes);

}  // namespace headgate::transforms
