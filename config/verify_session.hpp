#pragma once

#include "auth/settings.hpp"
#include "config/reader.hpp"

namespace headgate::config {

// {ask: {url: …}}, {headers: …}, {gap_signature: {alg: …}} or {jwt: …}, and who may come in.
[[nodiscard]] auth::session_check read_session(reader& from);

}  // namespace headgate::config
