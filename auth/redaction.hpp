#pragma once

#include "auth/settings.hpp"
#include "model/request.hpp"

#include <string>
#include <vector>

namespace headgate::auth {

// Where a source's requests carry credentials: values that are compared with a secret, and tokens. Not
// signatures, which are evidence.
struct credential_places {
    std::vector<std::string> headers;  // Besides those that always are credentials.
    std::vector<std::string> query;
    std::vector<std::string> path;
};

[[nodiscard]] credential_places credential_places_of(settings const& source);

// Replaces them by `<verified>` in headers, target and path parameters. `Authorization`,
// `Proxy-Authorization` and `Cookie` always are.
void redact(request& verified, credential_places const& places);

}  // namespace headgate::auth
