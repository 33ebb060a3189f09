#pragma once

#include "auth/exam.hpp"
#include "model/request.hpp"

#include <string>
#include <vector>

namespace headgate::auth {

// A request as the sender may have signed it, and the sentence that says what happened to it on the way.
struct likely_change {
    std::string mistake;
    request incoming;
    surroundings place;
};

// What usually happens between a sender and us: the body is parsed and written anew, line ends change, a
// proxy has another host, scheme or path than the one that the sender called. For explanations: copies the
// request for each.
[[nodiscard]] std::vector<likely_change> likely_changes(exam const& of);

}  // namespace headgate::auth
