#pragma once

#include "auth/authenticator.hpp"
#include "json/write.hpp"

#include <string>
#include <vector>

// How the command line shows a verdict: JSON, without a secret and without a payload.

namespace headgate::app {

// {"accepted": …, "verdict": … | "refused": …, "findings": […]}
[[nodiscard]] std::string verdict_view(result<auth::verdict> const& verdict,
                                       std::vector<auth::finding> const& findings);

// {"accepted": …, "handshake": {"status": …} | "refused": …, "findings": […]}
[[nodiscard]] std::string handshake_view(result<response> const& answer,
                                         std::vector<auth::finding> const& findings);

// The members of a verdict, into an open object.
void write_identity(json::writer& out, identity const& sender);

}  // namespace headgate::app
