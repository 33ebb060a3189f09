#pragma once

#include "core/clock.hpp"
#include "store/settings.hpp"
#include "store/sqlite/write_session.hpp"

#include <chrono>
#include <vector>

namespace headgate::store::sqlite {

// Deletes what is older than its window, a batch in a transaction, from the oldest sequence on.
//
// An event goes when it is routed and all its deliveries are final (the dead ones for `dead` long); what has
// to stay is walked around. Dedupe keys have a window of their own. A wall clock that jumped more than an
// hour since the last look stops all deleting: a window must not close because a clock was wrong. Belongs to
// the writer's thread.
class retention {
public:
    using instant = std::chrono::steady_clock::time_point;

    retention(retention_settings const& chosen, wall_time now, instant at);

    // Goes by these, beginning with the oldest event, at once.
    void use(retention_settings const& next, instant at);

    // When `next` is due.
    [[nodiscard]] instant due() const noexcept { return due_; }

    // Deletes one batch, inside a transaction of the session's. Fails only when the session is over.
    [[nodiscard]] result<void> next(write_session& session, wall_time now, instant at);

    // What was deleted so far; for the log and for tests.
    [[nodiscard]] std::uint64_t events_deleted() const noexcept { return events_deleted_; }

private:
    // When a delivery came into the state it is in, or was made.
    struct delivery_end {
        delivery_state state;
        wall_time at;
    };

    [[nodiscard]] bool clock_jumped(wall_time now, instant at);
    [[nodiscard]] result<bool> delete_events(write_session& session, wall_time now);
    [[nodiscard]] result<bool> delete_keys(write_session& session, wall_time now);
    [[nodiscard]] static result<std::vector<delivery_end>> states_of(connection& database,
                                                                     sequence_number sequence);
    [[nodiscard]] bool is_kept(delivery_end const& each, wall_time now) const;
    [[nodiscard]] static result<void> delete_event(write_session& session, sequence_number sequence,
                                                   std::vector<delivery_end> const& states);

    retention_settings settings_;
    wall_time last_now_;
    instant last_at_;
    instant due_;
    bool paused_ = false;
    sequence_number looked_through_ = 0;  // In this pass.
    std::uint64_t events_deleted_ = 0;
};

}  // namespace headgate::store::sqlite
