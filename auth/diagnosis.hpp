#pragma once

#include "auth/exam.hpp"
#include "auth/settings.hpp"

#include <string>
#include <vector>

namespace headgate::auth {

// Why a signature might not match: tries the usual mistakes (secret read in another encoding, a line end
// at the end of the secret or the body, a body that was written anew, another host in the URL) and names the
// one under which it would. Empty when none does. For the command line: costs hundreds of MACs.
[[nodiscard]] std::string diagnose(mac_check const& is, std::vector<secret_entry> const& secrets,
                                   std::vector<std::string> const& candidates, exam& of, vantage const& here);

}  // namespace headgate::auth
