#pragma once

#include "auth/exam.hpp"
#include "auth/settings.hpp"
#include "auth/text.hpp"
#include "core/result.hpp"

#include <vector>

namespace headgate::auth {

// The bytes that were signed, piece by piece, in order. Of a plain sequence each value is one piece.
[[nodiscard]] result<std::vector<text>> resolve(content const& signs, exam& of, vantage const& here);

}  // namespace headgate::auth
