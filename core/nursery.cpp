#include "core/nursery.hpp"

#include "core/check.hpp"
#include "core/log.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <exception>
#include <utility>

namespace headgate {
namespace {

void log_failure(std::string const& name, std::exception_ptr const& failure) {
    try {
        std::rethrow_exception(failure);
    } catch (std::exception const& e) {
        log(log_level::error, "a coroutine ended with an exception", {{"name", name}, {"what", e.what()}});
    } catch (...) {
        log(log_level::error, "a coroutine ended with an exception", {{"name", name}, {"what", "unknown"}});
    }
}

}  // namespace

nursery::nursery(asio::any_io_executor executor)
    : executor_{std::move(executor)}, emptied_{executor_, asio::steady_timer::time_point::max()} {}

nursery::~nursery() {
    HEADGATE_CHECK(children_.empty(), "join the nursery before destroying it");
}

void nursery::spawn(std::string name, asio::awaitable<void> task) {
    auto const self = children_.emplace(children_.end());
    self->name = std::move(name);
    auto finished = [this, self](std::exception_ptr const& failure) {
        if (failure) log_failure(self->name, failure);
        children_.erase(self);
        if (children_.empty()) emptied_.cancel();
    };
    asio::co_spawn(executor_, std::move(task),
                   asio::bind_cancellation_slot(self->stop.slot(), std::move(finished)));
}

void nursery::cancel() {
    for (auto& each : children_) each.stop.emit(asio::cancellation_type::terminal);
}

asio::awaitable<void> nursery::join() {
    while (!children_.empty()) {
        auto [ignored] = co_await emptied_.async_wait(asio::as_tuple(asio::use_awaitable));
        static_cast<void>(ignored);
    }
}

asio::awaitable<void> nursery::join_by(std::chrono::steady_clock::time_point when) {
    while (!children_.empty() && std::chrono::steady_clock::now() < when) {
        emptied_.expires_at(when);
        auto [ignored] = co_await emptied_.async_wait(asio::as_tuple(asio::use_awaitable));
        static_cast<void>(ignored);
    }
    emptied_.expires_at(asio::steady_timer::time_point::max());
    cancel();
    auto joining = join();
    co_await std::move(joining);
}

}  // namespace headgate
