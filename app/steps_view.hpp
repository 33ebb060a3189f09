#pragma once

#include "dispatch/steps.hpp"
#include "json/write.hpp"

#include <string>
#include <vector>

namespace headgate::app {

// The member `steps`, into an open object: each program of a rule that ran, with what it gave.
void write_steps(json::writer& out, std::vector<dispatch::step> const& steps);

// One of them on one line of a terminal.
[[nodiscard]] std::string in_one_line(dispatch::step const& one);

}  // namespace headgate::app
