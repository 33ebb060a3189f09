#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <exception>
#include <utility>

namespace headgate::testing_support {

// Starts a coroutine that nobody joins, to see what happens when it is destroyed unfinished, with its
// context.
inline void spawn_and_forget(boost::asio::io_context& context, boost::asio::awaitable<void> work) {
    boost::asio::co_spawn(context, std::move(work), [](std::exception_ptr const&) {});
}

}  // namespace headgate::testing_support
