#include "core/check.hpp"

#include <cstdio>
#include <cstdlib>

namespace headgate {

void check_failed(char const* file, int line, char const* condition, std::string_view why) noexcept {
    std::fprintf(stderr, "%s:%d: a bug in headgate: %.*s (%s)\n", file, line, static_cast<int>(why.size()),
                 why.data(), condition);
    std::abort();
}

}  // namespace headgate
