#pragma once

#include "dispatch/settings.hpp"

#include <string>

namespace headgate::dispatch {

// A rule as one JSON text; two rules with the same text do the same. What a rule says nothing of is left out,
// so that a setting that comes later changes no revision.
[[nodiscard]] std::string normal_form_of(rule_settings const& rule);

}  // namespace headgate::dispatch
