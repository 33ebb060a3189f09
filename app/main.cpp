#include "app/command_line.hpp"
#include "app/exit_code.hpp"

#include <CLI/CLI.hpp>

#include <cstdio>
#include <exception>

namespace headgate::app {
namespace {

int run(int count, char** words) {
    CLI::App line{"Headgate turns webhooks into workflow runs.", "headgate"};
    line.require_subcommand(1);
    line.set_version_flag("--version", HEADGATE_VERSION);
    chosen_command chosen;
    add_local_commands(line, chosen);
    add_api_commands(line, chosen);
    try {
        line.parse(count, words);
    } catch (CLI::ParseError const& e) {
        bool const is_unknown = count > 1 && words[1][0] != '-' && line.get_subcommands().empty();
        if (is_unknown) {
            std::fprintf(stderr, "there is no command '%s' — `headgate --help` lists them\n", words[1]);
            return exit_usage;
        }
        return line.exit(e) == 0 ? exit_yes : exit_usage;
    }
    return chosen ? chosen() : static_cast<int>(exit_usage);
}

}  // namespace
}  // namespace headgate::app

int main(int count, char** words) {
    try {
        return headgate::app::run(count, words);
    } catch (std::exception const& e) {
        std::fprintf(stderr, "headgate: a bug, or out of memory: %s\n", e.what());
        return headgate::app::exit_failed;
    }
}
