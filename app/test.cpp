#include "app/commands.hpp"
#include "app/exit_code.hpp"
#include "app/files.hpp"
#include "app/plan.hpp"
#include "app/rule_trials.hpp"
#include "app/steps_view.hpp"
#include "json/write.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace headgate::app {
namespace {

constexpr std::size_t names_shown_max = 20;

struct report {
    std::vector<rule_trial> tried;
    std::vector<std::string> untested;  // Rules without tests.

    [[nodiscard]] std::size_t failed() const {
        return static_cast<std::size_t>(
            std::ranges::count_if(tried, [](rule_trial const& each) { return !each.wrong.empty(); }));
    }
};

report report_on(plan const& by, std::string_view rule) {
    report made{.tried = try_rules(by, rule), .untested = {}};
    std::set<std::string_view> tested;
    for (auto const& each : made.tried) tested.insert(each.test->rule);
    for (auto const& each : by.settings.dispatch.rules) {
        bool const is_asked = rule.empty() || each.name == rule;
        if (is_asked && !tested.contains(each.name)) made.untested.push_back(each.name);
    }
    return made;
}

std::string counted(std::size_t count, std::string_view what) {
    return fmt::format("{} {}{}", count, what, count == 1 ? "" : "s");
}

std::string outcome_of(rule_trial const& tried) {
    if (tried.test->fails) return "fails as it should";
    if (tried.starts > 0) return counted(tried.starts, "start");
    return tried.instead.empty() ? "nothing" : "nothing: " + tried.instead;
}

void print_line(std::string const& line) {
    std::printf("%s\n", line.c_str());
}

void print_trial(rule_trial const& tried) {
    auto const& rule = tried.test->rule;
    auto const& name = tried.test->name;
    if (tried.wrong.empty()) {
        print_line(fmt::format("ok    {}: {} ({})", rule, name, outcome_of(tried)));
        return;
    }
    print_line(fmt::format("FAIL  {}: {}", rule, name));
    for (auto const& each : tried.wrong) print_line("        " + each);
    if (!tried.steps.empty()) print_line("      what each program gave:");
    for (auto const& each : tried.steps) print_line("        " + in_one_line(each));
}

void print_untested(std::vector<std::string> const& names) {
    if (names.empty()) return;
    auto const shown = std::min(names.size(), names_shown_max);
    auto const last = names.begin() + static_cast<std::ptrdiff_t>(shown);
    print_line(fmt::format("{} without tests: {}{}", counted(names.size(), "rule"),
                           fmt::join(names.begin(), last, ", "), shown < names.size() ? ", …" : ""));
}

void print_text(report const& all) {
    for (auto const& each : all.tried) print_trial(each);
    print_untested(all.untested);
    print_line(fmt::format("{}: {} passed, {} failed", counted(all.tried.size(), "test"),
                           all.tried.size() - all.failed(), all.failed()));
}

void write_trial(json::writer& out, rule_trial const& tried, config::locations const& places) {
    auto const place = places.of(tried.test->path);
    out.begin_object();
    out.key("rule").string(tried.test->rule);
    out.key("name").string(tried.test->name);
    out.key("path").string(tried.test->path);
    out.key("file").string(place.file);
    out.key("line").integer(place.line);
    out.key("passed").boolean(tried.wrong.empty());
    out.key("starts").integer(static_cast<std::int64_t>(tried.starts));
    if (!tried.instead.empty()) out.key("instead").string(tried.instead);
    out.key("wrong").begin_array();
    for (auto const& each : tried.wrong) out.string(each);
    out.end_array();
    write_steps(out, tried.steps);
    out.end_object();
}

void print_json(report const& all, config::locations const& places) {
    json::writer out;
    out.begin_object();
    out.key("passed").integer(static_cast<std::int64_t>(all.tried.size() - all.failed()));
    out.key("failed").integer(static_cast<std::int64_t>(all.failed()));
    out.key("tests").begin_array();
    for (auto const& each : all.tried) write_trial(out, each, places);
    out.end_array();
    out.key("rules_without_tests").begin_array();
    for (auto const& each : all.untested) out.string(each);
    out.end_array().end_object();
    print_line(std::move(out).take());
}

}  // namespace

int test(test_options const& asked) {
    auto const planned = make_plan(asked.config);
    if (!planned.made) {
        print_problems(planned.found);
        return exit_no;
    }
    if (!asked.rule.empty() && planned.made->rules->find(asked.rule) == nullptr) {
        print_error({errc::out_of_range, "no rule is named '" + asked.rule + "'",
                     "see `rules` in the configuration"});
        return exit_usage;
    }
    auto const all = report_on(*planned.made, asked.rule);
    if (asked.format == output_format::json) {
        print_json(all, planned.places);
    } else {
        print_text(all);
    }
    return all.failed() == 0 ? exit_yes : exit_no;
}

}  // namespace headgate::app
