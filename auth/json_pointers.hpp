#pragma once

#include "auth/settings.hpp"

#include <string>
#include <vector>

namespace headgate::auth {

// The places in a body that verifying a request may look at, each once, without those inside an `each`: found
// together, they cost one pass.
[[nodiscard]] std::vector<std::string> json_pointers_of(settings const& source);

}  // namespace headgate::auth
