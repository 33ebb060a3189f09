#pragma once

#include <string_view>

namespace headgate {

// Prints where and why on standard error and ends the process (abort).
[[noreturn]] void check_failed(char const* file, int line, char const* condition,
                               std::string_view why) noexcept;

}  // namespace headgate

// For what only our own bug can break; always compiled in, ends the process. Never for input.
#define HEADGATE_CHECK(condition, why) \
    ((condition) ? static_cast<void>(0) : ::headgate::check_failed(__FILE__, __LINE__, #condition, why))
