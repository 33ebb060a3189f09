#pragma once

#include <span>
#include <string_view>

namespace headgate::transforms {

// The one of `names` that takes the fewest edits to become `name`; empty when none is near.
[[nodiscard]] std::string_view nearest(std::string_view name, std::span<std::string_view const> names);

}  // namespace headgate::transforms
