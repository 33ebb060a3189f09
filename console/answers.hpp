#pragma once

#include "core/result.hpp"
#include "model/response.hpp"

#include <string>
#include <string_view>

// The answers of the operator listener beside `json_answer`: texts, and problems as RFC 9457 says.

namespace headgate::console {

[[nodiscard]] response text_answer(std::string_view type, std::string body);

// application/problem+json {type, title, status, detail, remedy}; the status comes from the code alone.
[[nodiscard]] response problem_answer(error const& why);

}  // namespace headgate::console
