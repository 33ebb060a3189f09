#pragma once

#include "core/problem.hpp"
#include "dispatch/settings.hpp"
#include "transforms/outlook.hpp"
#include "transforms/program.hpp"

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

// One rule, compiled.

namespace headgate::dispatch {

// One program of a rule, and which of the rule's vars it names.
struct expression {
    transforms::program program;
    std::vector<std::size_t> vars;  // Places in `rule::vars`; of a var only earlier ones.
    bool is_of_item = false;        // Reads $item or $index, by itself or through a var.
};

struct attribute_expression {
    std::string name;
    expression value;
    attribute_type type = attribute_type::unsaid;
};

struct rule {
    rule_settings settings;
    std::string normal_form;  // One JSON text; two rules with the same text do the same.
    std::string revision;     // First 16 hex digits of the normal form's SHA-256.
    std::vector<std::pair<std::string, expression>> vars;
    expression when;
    std::optional<expression> each;
    std::optional<expression> id;
    std::vector<expression> inputs;
    std::vector<expression> signal_inputs;
    std::vector<std::pair<std::string, expression>> memo;
    std::vector<attribute_expression> search_attributes;
};

// How problems and reasons call the program of an argument: `input`, or `input[1]` of several.
[[nodiscard]] std::string name_of_input(std::size_t place, std::size_t inputs);

// Null when there is a mistake; each is noted with its path (`rules[2].when`), and so is what makes no sense.
// `input` is what is known of the events of its source.
[[nodiscard]] std::unique_ptr<rule const> compile_rule(
    rule_settings const& settings, std::size_t index, transforms::outlook const& input,
    std::shared_ptr<transforms::lookup_tables const> const& tables, problems& found);

}  // namespace headgate::dispatch
