#pragma once

#include <string>
#include <vector>

namespace headgate::auth {

// Whom a token or a session is about.
struct person {
    std::string subject;
    std::string email;
    std::vector<std::string> groups;

    [[nodiscard]] bool is_known() const noexcept { return !subject.empty() || !email.empty(); }
};

}  // namespace headgate::auth
