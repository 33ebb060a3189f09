#pragma once

#include "config/load.hpp"
#include "console/operators.hpp"
#include "core/problem.hpp"
#include "dispatch/rulebook.hpp"
#include "gateway/snapshot.hpp"

#include <memory>
#include <optional>
#include <string>

// From a configuration file to the things that decide. Opens, connects and changes nothing.

namespace headgate::app {

struct plan {
    config::configuration settings;  // But for `gateway` and `console`: they are in the next ones.
    std::shared_ptr<gateway::snapshot const> sources;
    std::shared_ptr<dispatch::rulebook const> rules;
    std::shared_ptr<console::operators const> operators;
    config::ingredients made_from;
};

struct planned {
    std::optional<plan> made;       // Absent when there is a mistake.
    problems found;                 // All mistakes and warnings, with their places.
    config::locations places;       // For problems that are found when it is to be put in force.
    config::ingredients made_from;  // Also when there is a mistake.
};

[[nodiscard]] planned make_plan(std::string const& config_path);

// The same for whoever puts it in force: a rule whose tests fail is a mistake too.
[[nodiscard]] planned make_tried_plan(std::string const& config_path);

// Each with its place; a mistake unmakes the plan.
void add_problems(planned& to, problems found);

[[nodiscard]] bool is_mistake(problem const& each);

// Prints problems on standard error, one a line, mistakes first.
void print_problems(problems const& found);
void log_problems(problems const& found);

}  // namespace headgate::app
