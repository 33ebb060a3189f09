#pragma once

#include "core/clock.hpp"
#include "core/result.hpp"
#include "targets/target.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

// What a Temporal frontend answers, read from its bytes. Reading fails with `internal` when the bytes are no
// such message: then it is not a Temporal frontend that answers.

namespace headgate::targets {

// Under this name the delivery's id stands in the memo of every run that we start, and in the header of every
// signal that we send.
inline constexpr std::string_view delivery_memo = "headgate.delivery";

// What a namespace takes, counted as the server counts: the serialized input, the serialized memo.
struct size_limits {
    std::size_t input_bytes_max = 2 * 1024 * 1024;
    std::size_t memo_bytes_max = 2 * 1024 * 1024;
};

// The run id in the answer to a start.
[[nodiscard]] result<std::string> read_started(std::string const& body);

struct signalled_run {
    std::string run_id;
    bool is_new = false;  // Of server 1.23 never.
};

[[nodiscard]] result<signalled_run> read_signalled_with_start(std::string const& body);

// A run as DescribeWorkflowExecution tells it.
struct run_description {
    enum class status : std::uint8_t {
        running,
        completed,
        failed,
        cancelled,
        terminated,
        continued_as_new,
        timed_out
    };
    status is = status::running;
    std::string run_id;
    std::string delivery_id;  // From the memo; empty when we did not start it.
    std::optional<wall_time> ended_at;
};

[[nodiscard]] std::string_view name_of(run_description::status status) noexcept;
[[nodiscard]] result<run_description> read_description(std::string const& body);

// One page of history, asked for its closing event only.
struct history_page {
    std::optional<run_status> end;  // Nothing: the run goes on.
    std::string continued_by;       // The run that goes on in its place; empty: none.
    std::string next_page_token;
};

[[nodiscard]] result<history_page> read_history(std::string const& body);

struct namespace_facts {
    std::optional<std::chrono::milliseconds> retention;
    size_limits limits;
};

[[nodiscard]] result<namespace_facts> read_namespace(std::string const& body);

// What a frontend attached to an error.
struct error_detail {
    enum class kind : std::uint8_t {
        none,
        already_started,
        exhausted,
        namespace_not_found,
        namespace_not_active,
        namespace_invalid_state,
        namespace_unavailable,
        version_not_supported,
        other,
    };
    kind what = kind::none;
    std::string start_request_id;  // already_started
    std::string run_id;            // already_started
    int exhausted_cause = 0;       // exhausted: number of ResourceExhaustedCause
};

inline constexpr int exhausted_by_busy_workflow = 5;

// `details` are the bytes of google.rpc.Status. Bytes that are none are no detail.
[[nodiscard]] error_detail read_detail(std::string const& details);

}  // namespace headgate::targets
