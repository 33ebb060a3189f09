#pragma once

#include "core/result.hpp"
#include "json/value.hpp"
#include "model/delivery.hpp"

#include <optional>

namespace headgate::dispatch {

// Whether a value can be a search attribute of the type. Nothing when it can; any can when the type is not
// said. Null, which leaves the attribute out, can always.
[[nodiscard]] std::optional<error> what_is_wrong_with_attribute(json::value value, attribute_type type);

}  // namespace headgate::dispatch
