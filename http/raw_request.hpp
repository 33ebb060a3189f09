#pragma once

#include "core/result.hpp"
#include "http/settings.hpp"
#include "model/request.hpp"

#include <string_view>

namespace headgate::http {

// One HTTP/1.1 request from a file, read as strictly as the server reads it. The body is what Content-Length
// or chunks say and nothing may follow it; where the head has neither, it is everything after the head.
// `peer` and `received_at` are left empty. Fails with invalid_argument: what the server would have refused.
[[nodiscard]] result<request> parse_raw_request(std::string_view bytes, limits const& bounds);

}  // namespace headgate::http
