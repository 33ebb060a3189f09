#pragma once

#include "core/result.hpp"

#include <cstddef>
#include <string>
#include <string_view>

namespace headgate::transforms {

// "line 2, column 7", both from 1; columns count bytes.
[[nodiscard]] std::string place_in(std::string_view source, std::size_t offset);

// An invalid_argument: what is wrong and where; then the line, and a caret under the place.
[[nodiscard]] error source_error(std::string_view source, std::size_t offset, std::string const& what,
                                 std::string remedy = {});

}  // namespace headgate::transforms
