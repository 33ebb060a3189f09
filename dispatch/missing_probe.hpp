#pragma once

#include "core/ids.hpp"
#include "dispatch/settings.hpp"
#include "model/delivery.hpp"
#include "store/event_store.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>

#include <functional>
#include <optional>
#include <string>

// Deliveries of one target that are held because something is missing there, a namespace or a search
// attribute. That can mend itself, so one after another is let go to try; once one went through, all are.

namespace headgate::dispatch {

namespace asio = boost::asio;

class missing_probe {
public:
    // What it needs of its lane.
    struct neighbours {
        store::event_store& store;
        std::function<bool()> may_try;
        std::function<bool(delivery)> add;  // False: it is not going to be attempted soon.
        std::function<void()> more_wait;    // In the store, for a sweep to find.
    };

    missing_probe(asio::any_io_executor const& executor, settings const& settings, std::string target,
                  neighbours around);

    // Lets one go at a time until `stop`.
    [[nodiscard]] asio::awaitable<void> run();
    void stop();

    // A delivery was attempted and is in another state now, or is gone (nothing). True when it was the one
    // that was let go, and went through: then the others are to follow.
    [[nodiscard]] bool went_through(uuid const& id, std::optional<delivery_state> now);

    // The one that was let go may not be attempted after all: another one takes its turn.
    void forget_the_try() { trying_.reset(); }

    [[nodiscard]] asio::awaitable<void> release_all();

private:
    [[nodiscard]] asio::awaitable<void> let_one_go();
    [[nodiscard]] asio::awaitable<std::optional<uuid>> next_of_ours();
    [[nodiscard]] bool is_ours(delivery const& held) const;
    [[nodiscard]] asio::awaitable<bool> take_along(uuid released);

    settings const& settings_;
    std::string target_;
    neighbours around_;
    asio::steady_timer wake_;
    std::string cursor_;         // Of the page that the last one was on,
    std::optional<uuid> tried_;  // and which it was: the next one takes its turn.
    std::optional<uuid> trying_;
    bool stopping_ = false;
};

}  // namespace headgate::dispatch
