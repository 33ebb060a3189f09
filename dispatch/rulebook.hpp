#pragma once

#include "core/problem.hpp"
#include "dispatch/rule.hpp"
#include "dispatch/settings.hpp"
#include "json/value.hpp"
#include "model/delivery.hpp"
#include "model/event.hpp"
#include "store/event_store.hpp"
#include "transforms/body_schema.hpp"
#include "transforms/program.hpp"
#include "transforms/rule_input.hpp"

#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// The rules in force, compiled: which of them an event matches, and what exactly each would start.

namespace headgate::dispatch {

// What one rule made of one event.
struct match {
    rule const* by = nullptr;
    std::optional<start_order> order;  // Absent: the rule failed, and `failure` says how.
    error failure;
    std::string failed_in;  // The program that failed, as configured: `when`, `start.id`, `start.memo.tag`.
};

// Why a delivery is dead whose rule failed.
[[nodiscard]] std::string reason_of(match const& failed);

// What one rule of an event's source has to say about it, if only that it does not match.
struct verdict {
    rule const* by = nullptr;
    std::optional<match> matched;  // Absent: `when` does not hold.
};

struct findings {
    std::vector<match> matches;          // In the order of the rules.
    std::optional<error> not_for_rules;  // The body is not what the source's schema says: nothing matches.
};

// Immutable; shared by whoever evaluates. An event costs what its own source's rules cost.
class rulebook {
public:
    // Compiles every program. What is wrong is noted with its path (`rules[2].when`), and then nothing is
    // returned; a warning refuses nothing.
    [[nodiscard]] static std::shared_ptr<rulebook const> compile(settings const& from, problems& found);

    [[nodiscard]] bool knows_source(std::string_view name) const;
    [[nodiscard]] rule const* find(std::string_view rule_name) const;

    // What comes of the event. Values live in `scratch` only while this runs.
    [[nodiscard]] findings evaluate(event const& from, json::arena& scratch) const;

    // Why no rule may see the event: its body does not match the schema of its source.
    [[nodiscard]] result<void> look_at_body(event const& from, json::arena& scratch) const;

    // Every rule of the event's source with its verdict, in the order of the rules: for whoever asks why.
    [[nodiscard]] std::vector<verdict> verdicts(event const& from, json::arena& scratch) const;

    // Evaluates one rule alone; nothing when it does not match, as it never does events of another source.
    [[nodiscard]] std::optional<match> evaluate_one(rule const& by, event const& from,
                                                    json::arena& scratch) const;

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
    std::vector<std::unique_ptr<rule const>> rules_;
    std::map<std::string, std::vector<rule const*>, std::less<>> by_source_;
    std::map<std::string, rule const*, std::less<>> by_name_;
    std::map<std::string, transforms::body_settings, std::less<>> sources_;
    std::map<std::string, transforms::body_schema, std::less<>> schemas_;  // By source.
};

// What the store is to record of one event: its matches as deliveries, those that failed already `dead`.
[[nodiscard]] store::routing route(event const& from, rulebook const& rules, json::arena& scratch,
                                   wall_time now);

}  // namespace headgate::dispatch
