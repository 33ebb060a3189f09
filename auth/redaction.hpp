#pragma once

#include "auth/settings.hpp"
#include "model/request.hpp"

#include <cstddef>
#include <string>
#include <vector>

namespace headgate::auth {

// Where a source's requests carry credentials: values that are compared with a secret, and tokens. Not
// signatures, which are evidence.
struct credential_places {
    std::vector<std::string> headers;  // Besides those that always are credentials.
    std::vector<std::string> query;
    std::vector<std::string> path;
    std::vector<std::string> form;
    std::vector<std::vector<std::string>> json;  // As `json::raw_slices` takes them.
    bool whole_body = false;
    std::vector<std::string> told;  // Headers that say who somebody is, and that a check believes or covers.
};

// A body with more of them is hidden whole.
inline constexpr std::size_t hidden_places_max = 256;

[[nodiscard]] credential_places credential_places_of(settings const& source);

// Replaces them by `<verified>` in headers, target and path parameters. `Authorization`,
// `Proxy-Authorization` and `Cookie` always are. Headers of proxies that say who somebody is are taken out
// where nobody has proven them: a rule would believe them. A body keeps its bytes, because they are what was
// signed, and is marked where it must not be shown.
void redact(request& verified, credential_places const& places);

}  // namespace headgate::auth
