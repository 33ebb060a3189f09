#pragma once

#include "app/plan.hpp"
#include "core/problem.hpp"

// What is different between the configuration in force and the next one.

namespace headgate::app {

// What a running gateway cannot take over: listen addresses and the store. Each is a mistake of `next` then,
// with the remedy "restart needed".
[[nodiscard]] problems what_needs_a_restart(config::configuration const& now,
                                            config::configuration const& next);

// Whether `name` needs a connection of its own in `next`: it is new, its settings changed, or a file that
// they name did. Rates alone do not count.
[[nodiscard]] bool needs_new_target(plan const& now, plan const& next, std::string const& name);

}  // namespace headgate::app
