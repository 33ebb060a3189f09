#pragma once

#include "app/options.hpp"
#include "core/result.hpp"

#include <string>
#include <utility>
#include <vector>

namespace headgate::app {

struct api_question {
    std::string method;
    std::string path;  // "/api/v1/events"
    std::vector<std::pair<std::string, std::string>> query;
};

// Asks the operator API and gives the JSON text of a 2xx answer. A problem becomes its own error (detail,
// remedy); no server becomes unavailable.
[[nodiscard]] result<std::string> ask_api(api_options const& where, api_question const& question);

}  // namespace headgate::app
