#pragma once

#include "auth/settings.hpp"

#include <set>
#include <string>
#include <vector>

// What the checks and handshakes of a source use beside the request. What is pointed to is part of `source`.

namespace headgate::auth {

[[nodiscard]] std::set<std::string> secrets_used_by(settings const& source);
[[nodiscard]] std::vector<fetch_rule const*> fetched_for(settings const& source);
[[nodiscard]] std::vector<session_proxy const*> session_proxies_of(settings const& source);
[[nodiscard]] bool uses_values_once(settings const& source);

}  // namespace headgate::auth
