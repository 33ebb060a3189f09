#pragma once

#include "core/result.hpp"
#include "transforms/outlook.hpp"

#include <optional>
#include <string>
#include <string_view>

// What the workflow ids that rules make may be.

namespace headgate::dispatch {

[[nodiscard]] error not_an_id(std::string what, std::string remedy);

// Nothing when it is right.
[[nodiscard]] std::optional<error> what_is_wrong_with_id(std::string_view id);

// The same of all that a program will give, as far as it is known.
[[nodiscard]] std::optional<error> what_is_wrong_with_ids(transforms::outlook const& all);

}  // namespace headgate::dispatch
