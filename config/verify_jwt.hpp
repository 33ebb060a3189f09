#pragma once

#include "auth/settings.hpp"
#include "config/reader.hpp"

namespace headgate::config {

// The check `jwt`, from its mapping.
[[nodiscard]] auth::jwt_check read_jwt(reader& from);

}  // namespace headgate::config
