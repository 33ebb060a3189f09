#include "app/command_line.hpp"
#include "app/commands.hpp"

#include <CLI/CLI.hpp>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace headgate::app {
namespace {

struct filter {
    char const* name;
    char const* help;
};

// What can be done with one kind of thing.
struct resource {
    char const* name;
    char const* help;
    std::vector<filter> filters;
};

struct act {
    char const* name;
    char const* help;
    bool of_one = true;  // Else of a list.
};

void add_act(CLI::App& to, resource const& of, act const& one, chosen_command& chosen) {
    auto const asked = std::make_shared<api_call_options>();
    asked->resource = of.name;
    asked->act = one.name;
    auto* const made = add_command(to, one.name, one.help, chosen, [asked] { return call_api(*asked); });
    add_api_options(*made, asked->api);
    add_format_option(*made, asked->format);
    if (one.of_one) {
        made->add_option("id", asked->id, "its id")->required();
        return;
    }
    for (auto const& [name, help] : of.filters) {
        made->add_option_function<std::string>(
            std::string{"--"} + name,
            [asked, name](std::string const& value) { asked->filters.emplace_back(name, value); }, help);
    }
}

void add_resource(CLI::App& to, resource const& of, std::vector<act> const& acts, chosen_command& chosen) {
    auto* const made = to.add_subcommand(of.name, of.help);
    made->require_subcommand(1);
    for (auto const& each : acts) add_act(*made, of, each, chosen);
}

}  // namespace

void add_api_commands(CLI::App& to, chosen_command& chosen) {
    filter const source{"source", "of this source"};
    filter const from{"from", "at this RFC 3339 time or later"};
    filter const until{"to", "before this RFC 3339 time"};
    filter const after{"after", "the page after this `next`"};
    filter const limit{"limit", "so many at most"};
    add_resource(
        to,
        {"events",
         "what was accepted",
         {source, {"state", "accepted, routed, unmatched or quarantined"}, from, until, after, limit}},
        {{"list", "newest first", false},
         {"show", "one event with its timeline"},
         {"route", "today's schema and rules look at an event again"}},
        chosen);
    add_resource(
        to,
        {"deliveries",
         "what was started, or not",
         {source,
          {"state", "waiting, starting, started, completed, failed, outcome_unknown, joined, held or dead"},
          {"rule", "of this rule"},
          {"target", "on this target"},
          from,
          until,
          after,
          limit}},
        {{"list", "newest first", false},
         {"show", "one delivery with its attempts"},
         {"retry", "a dead delivery tries again"},
         {"release", "a held delivery goes on"}},
        chosen);
}

}  // namespace headgate::app
