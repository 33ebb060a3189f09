#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <cstddef>
#include <list>
#include <string>

namespace headgate {

namespace asio = boost::asio;

// Owns every coroutine we start; with `with_deadline` the only caller of `co_spawn`, so no coroutine outlives
// the thing that started it.
//
// Lives on one executor: all calls and all children run there. Declare it as the last member of its owner, so
// that children may use every member above it. Join before destruction; the destructor checks. A child that
// ends with an exception is logged by name and ends alone.
class nursery {
public:
    explicit nursery(asio::any_io_executor executor);
    ~nursery();

    nursery(nursery const&) = delete;
    nursery& operator=(nursery const&) = delete;

    // Starts `task` and keeps it. `name` appears in the log.
    void spawn(std::string name, asio::awaitable<void> task);

    // Asks every child to stop (terminal cancellation). Children run on until they have cleaned up.
    void cancel();

    // Waits until no child is left; children may start others meanwhile.
    [[nodiscard]] asio::awaitable<void> join();

    // The same, but children that are left at `when` are asked to stop.
    [[nodiscard]] asio::awaitable<void> join_by(std::chrono::steady_clock::time_point when);

    [[nodiscard]] std::size_t size() const noexcept { return children_.size(); }

private:
    struct child {
        std::string name;
        asio::cancellation_signal stop;
    };

    asio::any_io_executor executor_;
    asio::steady_timer emptied_;
    std::list<child> children_;
};

}  // namespace headgate
