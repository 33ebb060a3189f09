#include "app/commands.hpp"
#include "app/exit_code.hpp"
#include "app/plan.hpp"
#include "app/preset_trials.hpp"
#include "app/rule_trials.hpp"
#include "json/write.hpp"

#include <algorithm>
#include <cstdio>
#include <string>
#include <utility>

namespace headgate::app {
namespace {

std::string counted(std::size_t count, char const* what) {
    return std::to_string(count) + " " + what + (count == 1 ? "" : "s");
}

std::size_t count_mistakes(problems const& found) {
    return static_cast<std::size_t>(std::ranges::count(found, problem::weight::mistake, &problem::weighs));
}

void print_json(planned const& outcome) {
    json::writer out;
    out.begin_object().key("valid").boolean(outcome.made.has_value()).key("problems").begin_array();
    for (auto const& each : outcome.found) {
        out.begin_object();
        out.key("weight").string(each.weighs == problem::weight::mistake ? "mistake" : "warning");
        out.key("path").string(each.path);
        out.key("file").string(each.file);
        out.key("line").integer(each.line);
        out.key("what").string(each.what);
        out.key("remedy").string(each.remedy);
        out.end_object();
    }
    out.end_array().end_object();
    std::printf("%s\n", std::move(out).take().c_str());
}

}  // namespace

int check(check_options const& asked) {
    auto outcome = make_plan(asked.config);
    if (outcome.made) {
        auto of_presets = try_presets(outcome.made->settings.trials);
        auto of_rules = problems_of(try_rules(*outcome.made));
        add_problems(outcome, std::move(of_presets));
        add_problems(outcome, std::move(of_rules));
    }
    if (asked.format == output_format::json) {
        print_json(outcome);
        return outcome.made ? exit_yes : exit_no;
    }
    print_problems(outcome.found);
    if (!outcome.made) {
        auto const mistakes = count_mistakes(outcome.found);
        std::fprintf(stderr, "%s: the configuration is refused\n", counted(mistakes, "problem").c_str());
        return exit_no;
    }
    auto const& made = *outcome.made;
    auto const tests = made.settings.rule_trials.size();
    std::printf("valid: %s, %s, %s%s\n", counted(made.sources->sources.size(), "source").c_str(),
                counted(made.settings.dispatch.rules.size(), "rule").c_str(),
                counted(made.settings.dispatch.targets.size(), "target").c_str(),
                tests == 0 ? "" : (", " + counted(tests, "test") + " passed").c_str());
    return exit_yes;
}

}  // namespace headgate::app
