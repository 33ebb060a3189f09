#pragma once

#include "core/result.hpp"
#include "transforms/code.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace headgate::transforms {

// Fails with invalid_argument, with place, caret and remedy.
[[nodiscard]] result<std::shared_ptr<compiled>> compile_program(std::string_view source,
                                                                std::vector<std::string> const& variables,
                                                                std::shared_ptr<lookup_tables const> tables);

}  // namespace headgate::transforms
