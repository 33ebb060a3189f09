#pragma once

#include "core/ids.hpp"
#include "model/identity.hpp"
#include "model/request.hpp"

#include <optional>
#include <string>
#include <vector>

// The tests that stand below a rule: an event, and what the rule has to make of it.

namespace headgate::config {

// An event as it is written in a test. What is empty or absent is what the request itself says.
struct written_event {
    uuid id;
    request incoming;  // Its target may begin with the query.
    std::string type;
    std::string verified_by;
    std::string key_id;
    std::optional<coverage> covers;
    std::string delivery_id;
    std::string subject;
    std::string email;
    std::vector<std::string> groups;
};

struct rule_trial {
    std::string path;  // "rules[2].tests[0]"
    std::string rule;  // Its name.
    std::string name;  // What the test claims.

    written_event given;                     // Of a request from a file: only its id and its time.
    std::optional<std::string> raw_request;  // The bytes of that file.

    // What has to come of it. Each start is a JSON object: what of it is looked at.
    std::optional<std::string> fails;  // A part of the reason why the rule fails.
    std::vector<std::string> starts;
};

}  // namespace headgate::config
