#pragma once

#include "model/event.hpp"
#include "store/event_store.hpp"
#include "store/sqlite/waiting.hpp"

#include <cstdint>
#include <deque>
#include <mutex>
#include <vector>

namespace headgate::store::sqlite {

// Fresh events on their way to the dispatcher, in commit order, without a detour through the disk.
//
// The writer pushes what it has committed; one lease at a time takes. What does not fit is left out, and the
// lease is told which sequences it has to read from the database instead. Safe from any thread; the lock is
// held for moves only.
class feed {
public:
    feed(std::size_t events_max, std::size_t bytes_max) : events_max_{events_max}, bytes_max_{bytes_max} {}

    // Leases go on after `routed`; everything up to `committed` can be read from the database.
    void start(sequence_number routed, sequence_number committed);

    // Events that are durable now, oldest first, without gaps other than numbers that do not exist.
    void push(std::vector<event> fresh);
    // More may have become durable, up to `committed`, than was pushed.
    void announce(sequence_number committed);

    // What a lease does next.
    struct step {
        std::vector<event> events;  // Take these,
        sequence_number from = 0;   // or read [from, before) from the database, when from < before,
        sequence_number before = 0;
        bool waits = false;  // or wait: the waiter given is kept, and answered when there is something.
    };
    using waiter = std::shared_ptr<waiting<bool>>;
    [[nodiscard]] step next(batch_limit const& limit);
    // Keeps `who` until there is something to take; answers at once when there is already.
    void wait(waiter who);

    // The lease has given up waiting.
    void forget_waiter();

    // The lease has read everything before `sequence`.
    void advance_to(sequence_number sequence);

    // Nothing is given any more: a waiter gets unavailable.
    void close();

private:
    [[nodiscard]] bool has_something() const { return next_ < end_; }
    void wake();

    std::mutex guard_;
    std::deque<event> fresh_;
    std::size_t bytes_ = 0;
    std::size_t const events_max_;
    std::size_t const bytes_max_;
    sequence_number next_ = 1;         // The lease has taken everything before.
    sequence_number end_ = 1;          // Everything before is durable.
    sequence_number fresh_begin_ = 1;  // `fresh_` holds every event in [fresh_begin_, fresh_end_).
    sequence_number fresh_end_ = 1;
    waiter waiter_;
    bool closed_ = false;
};

}  // namespace headgate::store::sqlite
