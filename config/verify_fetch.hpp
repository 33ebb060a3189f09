#pragma once

#include "auth/settings.hpp"
#include "config/reader.hpp"

#include <string>
#include <string_view>
#include <vector>

// What checks ask others for, as YAML writes it: key sets, keys, certificates, answers.

namespace headgate::config {

[[nodiscard]] auth::fetch_rule read_key_set(reader& from);              // {jwks: https://…}
[[nodiscard]] auth::key_endpoint read_key_endpoint(reader& from);       // {endpoint: https://…}
[[nodiscard]] auth::certificate_source read_certificate(reader& from);  // `cert` of a `sig`
[[nodiscard]] auth::postback_check read_postback(reader& from);
[[nodiscard]] auth::call_rule read_call(reader& from);

// A mapping of values by name, below `key`.
[[nodiscard]] std::vector<auth::named_values> read_named_values(reader& from, std::string_view key,
                                                                bool lower);

}  // namespace headgate::config
