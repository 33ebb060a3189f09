#include "config/schema.hpp"

#include "app/commands.hpp"
#include "app/exit_code.hpp"

#include <cstdio>

namespace headgate::app {

int schema() {
    std::printf("%s\n", config::json_schema().c_str());
    return exit_yes;
}

}  // namespace headgate::app
