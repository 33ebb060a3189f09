#pragma once

#include "core/result.hpp"
#include "json/value.hpp"
#include "model/delivery.hpp"
#include "transforms/outlook.hpp"

#include <optional>

namespace headgate::dispatch {

// Whether a value can be a search attribute of the type. Nothing when it can; any can when the type is not
// said. Null, which leaves the attribute out, can always.
[[nodiscard]] std::optional<error> what_is_wrong_with_attribute(json::value value, attribute_type type);

// The same of all that a program will give, as far as it is known.
[[nodiscard]] std::optional<error> what_is_wrong_with_attributes(transforms::outlook const& all,
                                                                 attribute_type type);

}  // namespace headgate::dispatch
