#pragma once

#include "core/ids.hpp"
#include "core/metrics.hpp"
#include "core/nursery.hpp"
#include "dispatch/dispatcher.hpp"
#include "dispatch/lane.hpp"
#include "dispatch/recorder.hpp"
#include "dispatch/rulebook.hpp"
#include "model/delivery.hpp"

#include <boost/asio/awaitable.hpp>

#include <memory>
#include <optional>

// What becomes of a delivery that comes out of the store: it goes to the lane of its target, is held because
// its rule or target is gone, is released because they are back, or is rendered first.

namespace headgate::dispatch {

class intake {
public:
    // Keeps references; all of them outlive it.
    intake(surroundings const& around, std::shared_ptr<rulebook const> const& rules, named_lanes& lanes,
           recorder& records);

    void take(delivery fresh);

    // The same for one whose order was not read: would there be room for it with its order? When not, it is
    // noted, and goes on from the store.
    [[nodiscard]] bool has_room_for(delivery const& bare) const;
    void note(delivery const& bare);

    // Held, because its rule or target is gone, or released, because they are back; nothing for all others.
    [[nodiscard]] std::optional<store::transition> change_of_place(delivery const& one) const;

    // The store is slow to take changes: what makes more of them can wait.
    [[nodiscard]] bool is_behind() const noexcept { return records_.is_behind(); }

    // Reads it and takes it; what cannot be read is left to the next sweep.
    [[nodiscard]] asio::awaitable<void> take_up(uuid id);

    // The same, beside whoever asks.
    void look_at(uuid const& id);
    void stop();
    [[nodiscard]] asio::awaitable<void> join();

private:
    // Of a target that is configured; null without.
    [[nodiscard]] lane* lane_of(std::string const& target) const;
    [[nodiscard]] lane* place_for(delivery const& one);
    // What today's rule makes of a delivery that has no order, and of the items beside it.
    struct rendering {
        store::transition change;
        store::routing others;
    };

    [[nodiscard]] asio::awaitable<void> render(delivery bare);
    [[nodiscard]] asio::awaitable<result<bool>> is_alone(delivery const& bare);
    [[nodiscard]] rendering rendered(delivery const& bare, result<store::event_record> const& from,
                                     result<bool> const& is_alone);
    [[nodiscard]] asio::awaitable<result<void>> record_others(store::routing others);

    surroundings const& around_;
    std::shared_ptr<rulebook const> const& rules_;
    named_lanes& lanes_;
    recorder& records_;
    counter& dead_;  // Deliveries whose rule failed.
    bool stopping_ = false;
    nursery looks_;
};

}  // namespace headgate::dispatch
