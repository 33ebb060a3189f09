#pragma once

#include "auth/exam.hpp"
#include "auth/settings.hpp"
#include "auth/signature.hpp"

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace headgate::auth {

// Why a signature might not match: tries the usual mistakes (secret read in another encoding, a line end
// at the end of the secret or the body, a body that was written anew, another host in the URL) and names the
// one under which it would. Empty when none does. For the command line: costs hundreds of MACs.
[[nodiscard]] std::string diagnose(mac_check const& is, std::vector<secret_entry> const& secrets,
                                   std::vector<std::string> const& candidates, exam& of, vantage const& here);

// The same for a signature with a key pair, whose keys are not secret and have no variants.
using signature_test = std::function<bool(std::vector<text> const& pieces)>;
[[nodiscard]] std::string diagnose(content const& signs, exam& of, vantage const& here,
                                   signature_test const& matches);

// Names the headers that look like signatures where the one that is looked for is missing; empty without one.
[[nodiscard]] std::string other_signatures(signature_grammar const& grammar, headers const& fields);

// What is wrong with how a signature is written, in words; empty where that is not obvious.
[[nodiscard]] std::string what_it_looks_like(std::string_view written, signature_grammar const& grammar,
                                             signature_length length);

}  // namespace headgate::auth
