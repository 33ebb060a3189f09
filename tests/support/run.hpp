#pragma once

#include "core/check.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <exception>
#include <optional>
#include <utility>

namespace headgate::testing_support {

template <class T>
boost::asio::awaitable<void> keep(boost::asio::awaitable<T> work, std::optional<T>& outcome) {
    auto value = co_await std::move(work);
    outcome.emplace(std::move(value));
}

// Runs one coroutine to its end on a context of its own and gives its result; proves that nothing else was
// left.
template <class T>
T run(boost::asio::awaitable<T> work) {
    boost::asio::io_context context{1};
    std::optional<T> outcome;  // T need not have a default value.
    std::exception_ptr failure;
    boost::asio::co_spawn(context, keep(std::move(work), outcome),
                          [&](std::exception_ptr thrown) { failure = std::move(thrown); });
    context.run();
    if (failure) std::rethrow_exception(failure);
    HEADGATE_CHECK(outcome.has_value(), "the coroutine never ended");
    return *std::move(outcome);
}

inline void run(boost::asio::awaitable<void> work) {
    boost::asio::io_context context{1};
    std::exception_ptr failure;
    boost::asio::co_spawn(context, std::move(work),
                          [&](std::exception_ptr thrown) { failure = std::move(thrown); });
    context.run();
    if (failure) std::rethrow_exception(failure);
}

}  // namespace headgate::testing_support
