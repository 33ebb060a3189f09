#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_awaitable.hpp>

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

}  // namespace headgate
