#pragma once

#include "core/deadline.hpp"
#include "core/result.hpp"
#include "model/delivery.hpp"

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

// Where work starts.

namespace headgate::targets {

namespace asio = boost::asio;

// What became of one attempt to start, or to signal.
struct start_answer {
    enum class kind : std::uint8_t {
        started,     // Ours, now or by an earlier attempt; what was to be signalled is.
        signalled,   // A run that is not ours has taken the signal, now or at an earlier attempt.
        no_run,      // None is running that could take the signal.
        joined,      // A running run of somebody else has the id.
        id_taken,    // A closed run of somebody else has the id.
        refused,     // Can never work: too large, malformed. Nothing was started.
        missing,     // Namespace or search attribute is not there: hold.
        denied,      // Credentials: the whole target waits.
        not_now,     // Certainly not started; may work later: quota, overload, connection refused.
        unanswered,  // May have been started: deadline, connection lost.
    };
    kind what = kind::unanswered;
    std::string run_id;  // Of started, signalled, joined, id_taken.
    errc code = errc::unknown;
    std::string message;  // What the target said.
    std::string remedy;
    enum class scope : std::uint8_t { delivery, target };
    scope concerns =
        scope::delivery;  // `target`: trouble of the whole target: open the circuit or slow down.
    std::chrono::milliseconds not_before{0};  // Wait at least this long.
};

// Where a run stands.
struct run_status {
    enum class kind : std::uint8_t { running, completed, failed, gone };
    kind what = kind::running;
    std::string detail;  // failed: "terminated: by operator", "failed: no such table"
    std::string run_id;  // The current one, when the run was continued as a new one.
    std::optional<wall_time> ended_at;
};

// Just look, or wait for the run's end as long as the deadline allows (long poll).
enum class patience : std::uint8_t { look, wait_for_end };

// A target as the dispatcher sees it. Lives on the dispatcher's executor. Errors of `probe` and `follow` are
// unavailable, deadline_exceeded, permission_denied and so on: the question could not be answered.
class target {
public:
    virtual ~target() = default;

    // One attempt at what the order asks for. `request_id` is the delivery's id: the same at every attempt. A
    // signal that is repeated is dropped as long as the run that took it is running; later, nobody knows it.
    [[nodiscard]] virtual asio::awaitable<start_answer> start(start_order const& order, uuid request_id,
                                                              deadline until) = 0;

    // Where the run stands. Giving `running` when the deadline comes while waiting is no error.
    [[nodiscard]] virtual asio::awaitable<result<run_status>> follow(std::string workflow_id,
                                                                     std::string run_id, patience how,
                                                                     deadline until) = 0;

    // Is it there, and may we? For the circuit's probe and /readyz.
    [[nodiscard]] virtual asio::awaitable<result<void>> probe(deadline until) = 0;

    // How long it keeps closed runs, as last learnt; nothing when not known yet.
    [[nodiscard]] virtual std::optional<std::chrono::milliseconds> keeps_runs_for() const = 0;

protected:
    target() = default;
};

}  // namespace headgate::targets
