#pragma once

#include "model/delivery.hpp"
#include "targets/settings.hpp"
#include "transforms/settings.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace headgate::dispatch {

// A search attribute of the runs that a rule starts.
struct attribute_settings {
    std::string name;
    std::string value;  // A program.
    attribute_type type = attribute_type::unsaid;
};

// The signal that a rule sends.
struct signal_settings {
    std::string name;
    std::vector<std::string> inputs{"."};  // Programs: one for each argument.
};

// One rule: `when` this holds for events of a source, `start` that on a target, or signal it. Programs are
// texts here; `dispatch` compiles them and reports what is wrong with them.
struct rule_settings {
    std::string name;
    std::string tenant = "default";
    std::string source;
    std::vector<std::pair<std::string, std::string>> vars;  // name, program; each sees those before it.
    std::string when = "true";
    std::string each;       // A program whose outputs are the items; empty: the event is started as a whole.
    bool is_final = false;  // Where it holds, no rule after it is looked at.
    order_kind kind = order_kind::start;
    std::string target;
    signal_settings signal;  // Unless it only starts.
    std::string workflow;    // What follows but the id is for a run that is started.
    std::string task_queue;
    std::string id;  // Empty: `<event id>.<rule>`, with `each` `.<index>` behind it; never, where it signals.
    std::vector<std::string> inputs{"."};                   // Programs: one for each argument.
    std::vector<std::pair<std::string, std::string>> memo;  // name, program
    std::vector<attribute_settings> search_attributes;
    id_reuse reuse = id_reuse::never;
    std::chrono::milliseconds execution_timeout{0};  // 0: no limit
    std::chrono::milliseconds run_timeout{0};
    std::chrono::milliseconds task_timeout{0};
};

[[nodiscard]] inline bool starts(rule_settings const& rule) {
    return rule.kind != order_kind::signal;
}
[[nodiscard]] inline bool signals(rule_settings const& rule) {
    return rule.kind != order_kind::start;
}

// Of a source, what its rules depend on.
struct source_settings {
    std::string name;
    transforms::body_settings body;
    std::vector<std::string> path_parameters;  // Their names.
};

struct target_settings {
    std::string name;
    targets::temporal_settings temporal;
    double starts_per_second_max = 0;  // 0: no limit.
    std::size_t starts_in_flight_max = 64;
};

struct settings {
    std::vector<rule_settings> rules;
    std::vector<target_settings> targets;
    std::vector<source_settings>
        sources;  // All that are configured: an event of another source is `unmatched`.
    std::shared_ptr<transforms::lookup_tables const> tables;  // What rules look up in. Null: there are none.

    std::chrono::milliseconds retry_first{200};  // Then doubled, with full jitter, up to `retry_longest`.
    std::chrono::milliseconds retry_longest{60'000};
    std::chrono::hours give_up_after{24 * 3};  // Age of a delivery that was certainly never started.
    std::chrono::milliseconds probe_every{
        5'000};  // Of an open circuit, and of held deliveries' slow probe x12.
    std::chrono::milliseconds learn_every{3'600'000};  // Retention and limits of a target that is there.
    double share_min = 0.03;           // Of the time: what routing keeps when accepting is busy.
    std::size_t route_batch_max = 64;  // Events routed in one transaction.
    std::size_t route_bytes_max = 16 * 1024 * 1024;  // Of what they made; one event may make more.
    std::size_t deliveries_in_memory_max = 20'000;   // Of one target.
    std::size_t deliveries_in_memory_bytes_max = 256 * 1024 * 1024;  // Of one target.
    std::size_t same_id_in_line_max = 1'000;        // Of one workflow id, behind the delivery that has it.
    std::uint32_t attempts_kept_max = 100;          // The last ones of a delivery, beside the first.
    std::chrono::milliseconds follow_every{2'000};  // Pause between looks at one run's outcome.
    std::size_t follows_in_flight_max = 32;
    std::size_t follows_in_memory_max = 100'000;
    std::chrono::milliseconds sweep_every{30'000};  // Looks for deliveries that are ready but not in memory.

    // What one program of a rule may use on one event.
    std::uint64_t rule_steps_max = 100'000;
    std::size_t rule_memory_bytes_max = 16 * 1024 * 1024;
    std::size_t rule_outputs_max = 10'000;
    std::size_t rule_depth_max = 512;
    std::chrono::milliseconds rule_time_max{50};            // Of the dispatcher's own work; zero: no limit.
    std::size_t rule_values_max = 1'000'000;                // Of the decoded body.
    std::size_t rule_decoded_bytes_max = 16 * 1024 * 1024;  // Of a body that was packed.
    std::uint64_t schema_steps_max = 1'000'000;             // Of looking whether a body matches its schema.
    std::chrono::milliseconds schema_time_max{50};          // Likewise; zero: no limit.

    // What `each` of one rule may make of one event.
    std::size_t each_items_max = 1'000;
    std::size_t each_bytes_max = 16 * 1024 * 1024;  // Of what all items are going to send.
    std::chrono::milliseconds each_time_max{500};   // Of work on all of them; zero: no limit.
};

}  // namespace headgate::dispatch
