#pragma once

#include "auth/settings.hpp"
#include "core/secret.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace headgate::console {

// What an operator may do. There is no admin yet: nothing would be theirs alone, and a role that grants no
// more than another would grant more one day without being asked for.
enum class role : std::uint8_t { viewer, operator_ };

struct operator_settings {
    std::string name;
    role may = role::viewer;
    secret token;                          // Bearer; at least 16 bytes. Or
    std::optional<auth::settings> sender;  // what proves that it is one of them, as of a source.
};

struct settings {
    std::vector<operator_settings> operators;         // Empty: /api answers 403 with the remedy.
    std::chrono::milliseconds answer_within{10'000};  // From the whole request to the API's answer, else 504.
};

}  // namespace headgate::console
