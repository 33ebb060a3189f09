#pragma once

#include "core/result.hpp"
#include "transforms/schema_node.hpp"

#include <vector>

namespace headgate::transforms {

// Reads a JSON Schema of draft 7, 6 or 4 into nodes, the first being the whole. Values and texts of `root`
// are kept by reference. Fails with invalid_argument, naming the place: at what is not a schema, at
// references that lead out of the document or round in a circle, at patterns that RE2 does not know, and at
// keywords of later drafts, which would check nothing.
[[nodiscard]] result<std::vector<schema_node>> read_schema(json::value root);

}  // namespace headgate::transforms
