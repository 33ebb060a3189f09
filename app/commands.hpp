#pragma once

#include "app/options.hpp"

// One function for each command; it prints what there is to print and gives the exit code.

namespace headgate::app {

[[nodiscard]] int serve(serve_options const& asked);
[[nodiscard]] int check(check_options const& asked);
[[nodiscard]] int schema();
[[nodiscard]] int presets(presets_options const& asked);
[[nodiscard]] int verify(verify_options const& asked);
[[nodiscard]] int explain(explain_options const& asked);
[[nodiscard]] int test(test_options const& asked);
[[nodiscard]] int eval(eval_options const& asked);
[[nodiscard]] int call_api(api_call_options const& asked);

}  // namespace headgate::app
