#pragma once

#include "model/request.hpp"

#include <string>

namespace headgate {

// An answer. The server adds Date, Content-Length, Connection and `X-Content-Type-Options: nosniff`.
struct response {
    unsigned status = 500;
    headers fields;  // Names in lower case.
    std::string body;
};

// One of `body`, which is a JSON text.
[[nodiscard]] response json_answer(unsigned status, std::string body);

}  // namespace headgate
