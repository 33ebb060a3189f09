#pragma once

#include "app/plan.hpp"
#include "config/rule_trials.hpp"
#include "core/problem.hpp"
#include "dispatch/steps.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

// The tests that stand below rules, each as its rule would be evaluated for such an event: the body is read
// as its source reads bodies, and looked at by its schema; credentials are hidden. Nobody judges a signature,
// and nothing is asked, stored or started. What bounds one is what bounds each program of the rule.

namespace headgate::app {

// What came of one test.
struct rule_trial {
    config::rule_trial const* test = nullptr;
    std::size_t starts = 0;
    std::string instead;             // Why nothing is started although the rule did not decide that.
    std::vector<std::string> wrong;  // What is not as expected: empty when all is.
    std::vector<dispatch::step> steps;
};

[[nodiscard]] rule_trial try_rule(plan const& by, config::rule_trial const& test);

// Every test; with a name, those of that rule alone. They refer to the plan's settings.
[[nodiscard]] std::vector<rule_trial> try_rules(plan const& by, std::string_view of_rule = {});

// Those that are not as expected, as mistakes of the configuration.
[[nodiscard]] problems problems_of(std::vector<rule_trial> const& tried);

}  // namespace headgate::app
