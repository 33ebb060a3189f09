#pragma once

#include "core/result.hpp"

#include <optional>
#include <string>
#include <string_view>

// What the workflow ids that rules make may be.

namespace headgate::dispatch {

[[nodiscard]] error not_an_id(std::string what, std::string remedy);

// Nothing when it is right.
[[nodiscard]] std::optional<error> what_is_wrong_with_id(std::string_view id);

}  // namespace headgate::dispatch
