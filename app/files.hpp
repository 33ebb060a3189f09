#pragma once

#include "core/result.hpp"

#include <cstddef>
#include <string>

namespace headgate::app {

// The whole of a file, or of standard input for "-". Fails with unavailable or resource_exhausted.
[[nodiscard]] result<std::string> read_whole(std::string const& path, std::size_t bytes_max);

// "headgate: what — remedy" on standard error.
void print_error(error const& why);

}  // namespace headgate::app
