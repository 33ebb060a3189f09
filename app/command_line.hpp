#pragma once

#include "app/options.hpp"

#include <functional>

namespace CLI {
class App;
}

// The words of the command line, and what each command is told by them.

namespace headgate::app {

// The command that was chosen, once the words are parsed; empty without one.
using chosen_command = std::function<int()>;

// serve, check, schema, presets, verify, explain, test, eval.
void add_local_commands(CLI::App& to, chosen_command& chosen);

// events …, deliveries …: what an operator asks of a running gateway.
void add_api_commands(CLI::App& to, chosen_command& chosen);

// For both.
CLI::App* add_command(CLI::App& to, char const* name, char const* help, chosen_command& chosen,
                      chosen_command command);
void add_api_options(CLI::App& to, api_options& into);
void add_format_option(CLI::App& to, output_format& into);

}  // namespace headgate::app
