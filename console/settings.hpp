#pragma once

#include "core/secret.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace headgate::console {

enum class role : std::uint8_t { viewer, operator_, admin };

struct operator_settings {
    std::string name;
    role may = role::viewer;
    secret token;  // Bearer; at least 16 bytes.
};

struct settings {
    std::vector<operator_settings> operators;  // Empty: /api answers 403 with the remedy.
};

}  // namespace headgate::console
