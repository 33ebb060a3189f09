#include "app/plan.hpp"

#include "app/rule_trials.hpp"
#include "config/notes.hpp"
#include "config/templates.hpp"
#include "core/log.hpp"
#include "gateway/routes.hpp"

#include <algorithm>
#include <cstdio>
#include <utility>

namespace headgate::app {

bool is_mistake(problem const& each) {
    return each.weighs == problem::weight::mistake;
}

planned make_plan(std::string const& config_path) {
    auto loaded = config::load(config_path);
    planned result{std::nullopt, std::move(loaded.found), std::move(loaded.places),
                   std::move(loaded.made_from)};
    auto& settings = loaded.made ? *loaded.made : loaded.readable;
    for (auto const& each : settings.gateway.sources) {
        settings.dispatch.sources.push_back(
            {.name = each.name, .body = each.body, .path_parameters = gateway::parameters_in(each.path)});
    }
    problems later;
    auto rules = dispatch::rulebook::compile(settings.dispatch, later);
    auto sources = gateway::make_snapshot(std::exchange(settings.gateway, {}), later);
    auto operators =
        loaded.made ? console::operators::make(std::exchange(settings.console, {}), later) : nullptr;
    for (auto& each : later) {
        result.places.locate(each);
        result.found.push_back(std::move(each));
    }
    result.found = config::told_once(std::move(result.found), loaded.borrowed);
    if (std::ranges::any_of(result.found, is_mistake)) return result;
    result.made = plan{std::move(settings), std::move(sources), std::move(rules), std::move(operators),
                       result.made_from};
    return result;
}

planned make_tried_plan(std::string const& config_path) {
    auto tried = make_plan(config_path);
    if (!tried.made) return tried;
    auto failed = problems_of(try_rules(*tried.made));
    tried.made->settings.rule_trials.clear();
    add_problems(tried, std::move(failed));
    return tried;
}

void add_problems(planned& to, problems found) {
    for (auto& each : found) {
        if (is_mistake(each)) to.made.reset();
        to.places.locate(each);
        to.found.push_back(std::move(each));
    }
}

void log_problems(problems const& found) {
    for (auto const& each : found) {
        log(is_mistake(each) ? log_level::error : log_level::warning, "a problem in the configuration",
            {{"problem", config::to_text(each)}});
    }
}

void print_problems(problems const& found) {
    auto const print = [](problem const& each) {
        std::fprintf(stderr, "%s%s\n", is_mistake(each) ? "" : "warning: ", config::to_text(each).c_str());
    };
    for (auto const& each : found) {
        if (is_mistake(each)) print(each);
    }
    for (auto const& each : found) {
        if (!is_mistake(each)) print(each);
    }
}

}  // namespace headgate::app
