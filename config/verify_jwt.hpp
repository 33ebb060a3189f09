#pragma once

#include "auth/settings.hpp"
#include "config/reader.hpp"

namespace headgate::config {

// The check `jwt`, from its mapping.
[[nodiscard]] auth::jwt_check read_jwt(reader& from);

// The same of a token that, where `from` is not given, stands in `Authorization: Bearer`.
[[nodiscard]] auth::jwt_check read_id_token(reader& from);

}  // namespace headgate::config
