#pragma once

#include "core/problem.hpp"
#include "dispatch/item_budget.hpp"
#include "dispatch/rule.hpp"
#include "dispatch/settings.hpp"
#include "dispatch/steps.hpp"
#include "json/value.hpp"
#include "model/delivery.hpp"
#include "model/event.hpp"
#include "store/event_store.hpp"
#include "transforms/body_schema.hpp"
#include "transforms/program.hpp"
#include "transforms/rule_input.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// The rules in force, compiled: which of them an event matches, and what exactly each would start.

namespace headgate::dispatch {

// What one rule made of one event, or of one item of it.
struct match {
    rule const* by = nullptr;
    std::optional<std::uint32_t> item;  // Its place among the outputs of `each`; absent: the whole event.
    std::optional<start_order> order;   // Absent: the rule failed, and `failure` says how.
    error failure;
    std::string failed_in;  // The program that failed, as configured: `when`, `each`, `start.memo.tag`.
};

// Why a delivery is dead whose rule failed.
[[nodiscard]] std::string reason_of(match const& failed);

// What one rule of an event's source has to say about it, if only that it does not match.
struct verdict {
    rule const* by = nullptr;
    bool holds = false;            // So does a rule that failed.
    std::vector<match> matches;    // One; with `each`, one for each item, and none where there is no item.
    rule const* behind = nullptr;  // It was not looked at: this one before it is final, and holds.
    std::vector<step> steps;       // How it came to that.
};

struct findings {
    std::vector<match> matches;              // In the order of the rules, and of their items.
    std::vector<rule const*> without_items;  // They hold, and their `each` gave nothing.
    std::optional<error> not_for_rules;  // The body is not what the source's schema says: nothing matches.
};

using rule_names = std::set<std::string, std::less<>>;

// Immutable; shared by whoever evaluates. An event costs what its own source's rules cost.
class rulebook {
public:
    // Compiles every program. What is wrong is noted with its path (`rules[2].when`), and then nothing is
    // returned; a warning refuses nothing.
    [[nodiscard]] static std::shared_ptr<rulebook const> compile(settings const& from, problems& found);

    [[nodiscard]] bool knows_source(std::string_view name) const;
    [[nodiscard]] rule const* find(std::string_view rule_name) const;

    // What comes of the event. Values live in `scratch` only while this runs. Rules behind a final one are
    // not looked at when that holds, or is among those that `have_it` already.
    [[nodiscard]] findings evaluate(event const& from, json::arena& scratch,
                                    rule_names const& have_it = {}) const;

    // Why no rule may see the event: its body does not match the schema of its source.
    [[nodiscard]] result<void> look_at_body(event const& from, json::arena& scratch) const;

    // Every rule of the event's source with its verdict, in the order of the rules: for whoever asks why.
    [[nodiscard]] std::vector<verdict> verdicts(event const& from, json::arena& scratch) const;
    [[nodiscard]] verdict verdict_of(rule const& by, event const& from, json::arena& scratch) const;

    // Evaluates one rule alone, or one item of it; events of another source it never matches.
    [[nodiscard]] verdict evaluate_one(rule const& by, event const& from, json::arena& scratch,
                                       std::optional<std::uint32_t> item = {}) const;

private:
    [[nodiscard]] std::vector<rule const*> const& rules_of(std::string_view source) const;
    [[nodiscard]] transforms::rule_input input_of(event const& from, json::arena& scratch) const;
    [[nodiscard]] transforms::run_options options_of(event const& from) const;
    [[nodiscard]] bool compile_schemas(settings const& from, problems& found);
    [[nodiscard]] result<void> look_at(transforms::rule_input const& input, event const& from,
                                       json::arena& scratch) const;

    transforms::budget budget_;
    transforms::budget schema_budget_;
    transforms::body_limits bounds_;
    item_limits items_;
    std::vector<std::unique_ptr<rule const>> rules_;
    std::map<std::string, std::vector<rule const*>, std::less<>> by_source_;
    std::map<std::string, rule const*, std::less<>> by_name_;
    std::map<std::string, transforms::body_settings, std::less<>> sources_;
    std::map<std::string, transforms::body_schema, std::less<>> schemas_;  // By source.
};

// One that failed is `dead` already.
[[nodiscard]] delivery make_delivery(event const& from, match&& matched, wall_time now);

// What the store is to record of one event: its matches as deliveries. `have_it`: as above.
[[nodiscard]] store::routing route(event const& from, rulebook const& rules, json::arena& scratch,
                                   wall_time now, rule_names const& have_it = {});

}  // namespace headgate::dispatch
