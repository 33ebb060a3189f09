#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>

#include <utility>

namespace headgate {

namespace asio = boost::asio;

// Runs `work` on another thread's executor and resumes here with its result, or its exception. Whoever awaits
// owns the work.
template <class T>
[[nodiscard]] asio::awaitable<T> run_on(asio::any_io_executor elsewhere, asio::awaitable<T> work) {
    auto running = asio::co_spawn(std::move(elsewhere), std::move(work), asio::use_awaitable);
    co_return co_await std::move(running);
}

// Runs `work` on another thread's executor and blocks this thread until it has ended. Never on a thread that
// runs a context itself.
inline void block_on(asio::any_io_executor elsewhere, asio::awaitable<void> work) {
    asio::co_spawn(std::move(elsewhere), std::move(work), asio::use_future).get();
}

// Calls `work` on another thread's executor and blocks this thread until it has been called. Never on a
// thread that runs a context itself.
template <class Work>
void call_on(asio::any_io_executor elsewhere, Work work) {
    asio::post(std::move(elsewhere), asio::use_future(std::move(work))).get();
}

// Runs `work` on a context of its own, here, until it has ended.
template <class T>
[[nodiscard]] T run_here(asio::awaitable<T> work) {
    asio::io_context context{1};
    auto outcome = asio::co_spawn(context, std::move(work), asio::use_future);
    context.run();
    return outcome.get();
}

}  // namespace headgate
