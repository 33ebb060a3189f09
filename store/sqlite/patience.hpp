#pragma once

#include "core/deadline.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/execution_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <list>
#include <optional>

// Ends waits whose instant has passed.

namespace headgate::store::sqlite {

namespace asio = boost::asio;

// Somebody who waits until an instant.
class impatient {
public:
    virtual void give_up() = 0;

protected:
    ~impatient() = default;
};

// Looks at all waits of one `io_context` every so often, and ends those that are over. Thousands of waits
// share one timer, because a timer for each costs more than all the rest of the wait. Everything happens on
// the context's thread.
class patience final : public asio::execution_context::service {
public:
    using key_type = patience;
    using place = std::list<std::pair<deadline, impatient*>>::iterator;
    inline static asio::execution_context::id id;

    // A wait ends at most this much too late.
    static constexpr std::chrono::milliseconds grain{25};

    explicit patience(asio::execution_context& owner) : asio::execution_context::service{owner} {}

    [[nodiscard]] static patience& of(asio::any_io_executor const& executor);

    // Either `forget` is called, or `give_up`, once.
    [[nodiscard]] place add(asio::any_io_executor const& executor, deadline until, impatient& waits);
    void forget(place where) { waiting_.erase(where); }

private:
    void shutdown() override { timer_.reset(); }
    void look_later();
    void look();

    std::list<std::pair<deadline, impatient*>> waiting_;
    std::optional<asio::steady_timer> timer_;
    bool looks_ = false;
};

}  // namespace headgate::store::sqlite
