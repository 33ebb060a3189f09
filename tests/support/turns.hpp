#pragma once

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <chrono>
#include <functional>
#include <utility>

namespace headgate::testing_support {

// Lets the others work until `done` holds, 5000 turns of a millisecond at most; gives whether it holds.
inline boost::asio::awaitable<bool> turns_until(std::function<bool()> done) {
    boost::asio::steady_timer turn{co_await boost::asio::this_coro::executor};
    for (int i = 0; i < 5000 && !done(); ++i) {
        turn.expires_after(std::chrono::milliseconds{1});
        auto waiting = turn.async_wait(boost::asio::as_tuple(boost::asio::use_awaitable));
        co_await std::move(waiting);
    }
    co_return done();
}

}  // namespace headgate::testing_support
