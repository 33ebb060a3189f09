#pragma once

#include "core/clock.hpp"
#include "core/ids.hpp"
#include "core/result.hpp"
#include "model/event.hpp"

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace headgate {

enum class delivery_state : std::uint8_t {
    waiting,          // To be attempted when due.
    starting,         // An attempt was or may have been made; its answer is not known yet.
    started,          // The target runs it; the outcome is being followed.
    completed,        // final
    failed,           // final: the run failed, was cancelled, terminated or timed out
    outcome_unknown,  // final: started, but the target no longer has the run
    joined,           // final: a running run that is not ours has this id
    held,             // Waits for an operator, or for what is missing to come back.
    dead,             // final: gave up, can never work, or the rule itself failed
};

[[nodiscard]] std::string_view name_of(delivery_state state) noexcept;
[[nodiscard]] std::optional<delivery_state> delivery_state_named(std::string_view name) noexcept;
[[nodiscard]] bool is_final(delivery_state state) noexcept;

// Why a delivery is `held`, because that decides what releases it.
enum class hold_cause : std::uint8_t {
    none,
    removed,     // Its rule or target is not in the configuration; released when it is back.
    missing,     // Namespace or search attribute missing on the target; released by a slow probe.
    unanswered,  // A start without an answer for longer than the target keeps runs; only an operator releases
                 // it.
    unsure,  // A signal that may have been delivered, and nobody knows by now; only an operator releases it.
};

[[nodiscard]] std::string_view name_of(hold_cause cause) noexcept;

// What the target is told a search attribute is.
enum class attribute_type : std::uint8_t {
    unsaid,
    text,
    keyword,
    integer,
    real,
    boolean,
    datetime,
    keywords
};

struct search_attribute {
    std::string name;
    std::string json;  // One JSON text, of this type.
    attribute_type type = attribute_type::unsaid;

    bool operator==(search_attribute const&) const = default;
};

// Whether a workflow id whose run is closed may be used again.
enum class id_reuse : std::uint8_t { never, after_failure, always };

// As the configuration writes them.
inline constexpr std::array<std::pair<std::string_view, attribute_type>, 7> attribute_types{
    {{"text", attribute_type::text},
     {"keyword", attribute_type::keyword},
     {"int", attribute_type::integer},
     {"double", attribute_type::real},
     {"bool", attribute_type::boolean},
     {"datetime", attribute_type::datetime},
     {"keyword_list", attribute_type::keywords}}};
[[nodiscard]] std::string_view name_of(attribute_type type) noexcept;

inline constexpr std::array<std::pair<std::string_view, id_reuse>, 3> id_reuses{
    {{"reject_duplicate", id_reuse::never},
     {"allow_duplicate_failed_only", id_reuse::after_failure},
     {"allow_duplicate", id_reuse::always}}};
[[nodiscard]] std::string_view name_of(id_reuse how) noexcept;

// What an order asks of its target.
enum class order_kind : std::uint8_t {
    start,              // A run of its own.
    signal,             // A signal to the run that has the id; there has to be one.
    signal_with_start,  // The same, and a run to take it where none is running.
};

// A message to a run.
struct signal_order {
    std::string name;
    std::vector<std::string> inputs;  // JSON texts: its arguments.
    std::string event_id;             // Sent along, so that who takes it knows the event again.

    bool operator==(signal_order const&) const = default;
};

// Everything that will be sent to the target, rendered once. An attempt never evaluates anything. Of a signal
// alone, nothing of what a run is started with is there.
struct start_order {
    order_kind kind = order_kind::start;
    std::string target;
    std::string workflow_id;  // 1 to 255 bytes
    signal_order signal;      // Empty, where nothing is signalled.
    std::string workflow;     // The type's name.
    std::string task_queue;
    std::vector<std::string> inputs;                        // JSON texts: the workflow's arguments.
    std::vector<std::pair<std::string, std::string>> memo;  // name, JSON text
    std::vector<search_attribute> search_attributes;
    std::chrono::milliseconds execution_timeout{0};  // 0: no limit
    std::chrono::milliseconds run_timeout{0};
    std::chrono::milliseconds task_timeout{0};
    id_reuse reuse = id_reuse::never;
    bool id_is_default =
        false;  // The id is made of the event's id, so nobody else can rightly have taken it.
};

// One event x one matching rule (x one item of its `each`) x one generation: the unit of work.
struct delivery {
    uuid id;  // Also the request id on the target. Given by the store.
    sequence_number event_sequence = 0;
    uuid event_id;
    std::string tenant;
    std::string source;
    std::string rule;
    std::string rule_revision;  // First 16 hex digits of the SHA-256 of the rule's normal form.
    std::uint32_t item = 0;
    std::uint32_t generation = 0;
    start_order order;

    delivery_state state = delivery_state::waiting;
    hold_cause held_because = hold_cause::none;
    std::string reason;  // Of held, dead, failed, joined: what happened, and the remedy.
    std::uint32_t attempts = 0;
    wall_time created_at;
    wall_time began_at;  // Its age counts from here: made, or last taken out of `held` or `dead`.
    wall_time due_at;    // Not attempted before this.
    std::string run_id;  // Of the run that we started, or joined.
    std::optional<wall_time> started_at;
    std::optional<wall_time> ended_at;
};

// What they take in memory, about.
[[nodiscard]] std::size_t bytes_of(start_order const& one);
[[nodiscard]] std::size_t bytes_of(delivery const& one);

// One try at a delivery.
struct attempt {
    std::uint32_t number = 0;  // From 1.
    wall_time at;
    std::string outcome;  // "started", or the code that came back: "UNAVAILABLE"
    std::string detail;   // Message, without payload.
};

// That a delivery left `held` or `dead`, and what is not said by the delivery any more since then.
struct revival {
    wall_time at;
    std::string asked_by;  // The operator who did; empty: what was missing is back.
    delivery_state from = delivery_state::held;
    std::string reason;                 // Why it was `from`.
    std::optional<wall_time> ended_at;  // Since when, of `dead`.
};

}  // namespace headgate
