#pragma once

#include "core/result.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/experimental/parallel_group.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <chrono>
#include <exception>
#include <utility>

namespace headgate {

namespace asio = boost::asio;

// An instant, never a duration: it can be handed down a call chain without growing.
using deadline = std::chrono::steady_clock::time_point;

[[nodiscard]] inline deadline from_now(std::chrono::steady_clock::duration wait) {
    return std::chrono::steady_clock::now() + wait;
}

[[nodiscard]] error out_of_time();

// Runs `work`, cancels it at `when`, and waits until it has finished cleaning up either way. Work that
// ignores cancellation therefore holds the caller. Fails with deadline_exceeded.
//
// Boost 1.81 has no `cancel_after`, and `awaitable_operators::operator||` sits on a thrown exception until
// the timer fires; `wait_for_one` does neither.
template <class T>
[[nodiscard]] asio::awaitable<result<T>> with_deadline(deadline when, asio::awaitable<result<T>> work) {
    auto executor = co_await asio::this_coro::executor;
    asio::steady_timer timer{executor, when};
    auto group = asio::experimental::make_parallel_group(
        asio::co_spawn(executor, std::move(work), asio::deferred), timer.async_wait(asio::deferred));
    auto waiting = group.async_wait(asio::experimental::wait_for_one(), asio::use_awaitable);
    auto [order, failure, outcome, timer_status] = co_await std::move(waiting);
    bool const timer_fired_first = order[0] == 1 && !timer_status;
    if (timer_fired_first) co_return std::unexpected{out_of_time()};
    if (failure) std::rethrow_exception(failure);
    co_return std::move(outcome);
}

}  // namespace headgate
