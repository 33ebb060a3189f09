#pragma once

#include "dispatch/settings.hpp"
#include "model/delivery.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

// What waits for one target, in memory: bounded by count and by bytes, and of each workflow id one delivery.
//
// Others of the same id stand in line by their own ids alone and are read again when it is their turn, so a
// sender whose events share one workflow id takes no room from the rest. What does not fit stays in the
// store, and `wants_sweep` says when to look there again. No clock and no I/O: times are passed in.

namespace headgate::dispatch {

class waiting_room {
public:
    using instant = std::chrono::steady_clock::time_point;

    // Keeps a reference to `limits`.
    explicit waiting_room(settings const& limits) : limits_{limits} {}

    enum class admission : std::uint8_t { taken, in_line, turned_away };

    // Takes a delivery in, unless it is here already; it owns its workflow id from then on.
    admission add(delivery fresh, instant due);

    // The same for one whose order was not read. Would `add` take it in, as far as can be said without? When
    // not, note it: it stands in line, or is turned away.
    [[nodiscard]] bool has_room_for(delivery const& bare) const;
    void note(delivery const& bare);

    // A start that may have happened owns its workflow id, in the room or not.
    void claim(std::string const& workflow_id, uuid const& owner);

    // The one that is due first, when that is by now. It is not due again until it is put back.
    [[nodiscard]] std::optional<uuid> take_due(instant now);
    void put_back(uuid const& id, instant due);

    enum class leaving : std::uint8_t {
        for_good,           // Needs no more attempts from here.
        behind_the_others,  // Of its workflow id: they go first.
        keeping_its_id,     // Nobody else may have its workflow id until it is known what became of it.
    };

    // Takes a delivery out. Gives its workflow id when others are in line for it: ask `next_in_line` then.
    [[nodiscard]] std::optional<std::string> leave(uuid const& id, leaving how);

    // Whose turn it is with a workflow id that nobody in the room has. It owns the id from here on, and is to
    // be read and added; when it cannot be, ask again. Nothing: the id is free.
    [[nodiscard]] std::optional<uuid> next_in_line(std::string const& workflow_id);

    // It is this one's turn still, and nobody has brought it yet.
    [[nodiscard]] bool is_awaited(uuid const& id, std::string const& workflow_id) const;

    // Takes out all that is not being attempted, and everybody in line: they are in the store.
    void turn_out();

    [[nodiscard]] delivery& at(uuid const& id) { return present_.at(id).kept; }
    [[nodiscard]] bool others_wait_for_id_of(uuid const& id) const;
    [[nodiscard]] bool is_empty() const noexcept { return present_.empty(); }
    [[nodiscard]] bool is_full() const noexcept;
    // Full, or somebody found no room since the last sweep began: who comes now goes behind them.
    [[nodiscard]] bool takes_no_more() const noexcept { return turned_away_ || is_full(); }
    [[nodiscard]] instant next_due() const;  // The end of time when nothing is due.

    // Somebody was turned away, and there is room for them by now.
    [[nodiscard]] bool wants_sweep() const noexcept;
    void sweep_begins();
    void more_wait_in_store() noexcept { turned_away_ = true; }

private:
    struct resident {
        delivery kept;
        std::size_t bytes = 0;
    };
    struct line {
        uuid owner;
        std::set<uuid> behind;
        bool turned_away = false;
    };

    [[nodiscard]] admission stand_in_line(line& of, uuid const& id);
    [[nodiscard]] bool is_half_empty() const noexcept;

    settings const& limits_;
    std::map<uuid, resident> present_;             // All that is not started yet, being attempted or not.
    std::set<std::pair<instant, uuid>> due_;       // Of those, what is not being attempted.
    std::unordered_map<std::string, line> lines_;  // By workflow id; each has an owner.
    std::size_t bytes_ = 0;
    std::size_t in_line_ = 0;
    bool turned_away_ = false;           // For want of room.
    bool a_short_line_emptied_ = false;  // One that had turned somebody away.
};

}  // namespace headgate::dispatch
