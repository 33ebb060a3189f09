#pragma once

#include "core/result.hpp"
#include "store/sqlite/patience.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/prefer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <functional>
#include <memory>
#include <utility>

// How a coroutine waits for another thread's work.

namespace headgate::store::sqlite {

namespace asio = boost::asio;

// What whoever asks for work, or still waits for it, learns once the store is closed.
[[nodiscard]] inline error closed() {
    return {errc::unavailable, "the event store is closed", "wait for the gateway to start again"};
}

// One coroutine that waits for a T. Made on its executor; whoever does the work keeps a share and calls
// `answer` once, from any thread. Terminal cancellation and a deadline end the wait, not the work: the
// coroutine gets `cancelled` or `deadline_exceeded`, and a later answer goes nowhere. Everything but `answer`
// happens on the coroutine's executor, so nothing here is locked.
template <class T>
class waiting final : public impatient, public std::enable_shared_from_this<waiting<T>> {
public:
    template <class Handler>
    waiting(asio::any_io_executor const& executor, Handler handler)
        : executor_{asio::prefer(executor, asio::execution::outstanding_work.tracked)},
          slot_{asio::get_associated_cancellation_slot(handler)},
          resume_{std::move(handler)} {}

    // On the coroutine's executor, before the work can be answered.
    void allow_cancellation() {
        if (!slot_.is_connected()) return;
        slot_.assign([self = std::weak_ptr<waiting>{this->shared_from_this()}](asio::cancellation_type type) {
            if ((type & asio::cancellation_type::terminal) == asio::cancellation_type::none) return;
            if (auto const alive = self.lock())
                alive->answer(refuse(errc::cancelled, "the wait for the event store was given up"));
        });
    }

    // On the coroutine's executor, before the work can be answered.
    void wait_no_longer_than(deadline until) {
        patience_ = &patience::of(executor_);
        place_ = patience_->add(executor_, until, *this);
    }

    void answer(result<T> outcome) {
        auto const executor = executor_;  // Outlives the call, whatever the coroutine does meanwhile.
        asio::post(executor, [self = this->shared_from_this(), outcome = std::move(outcome)]() mutable {
            self->resume(std::move(outcome));
        });
    }

    // On the coroutine's executor only.
    void resume(result<T> outcome) {
        if (!resume_) return;
        if (auto* const held_by = std::exchange(patience_, nullptr)) held_by->forget(place_);
        if (slot_.is_connected()) slot_.clear();
        auto resuming = std::exchange(resume_, nullptr);
        resuming(std::move(outcome));
    }

    [[nodiscard]] asio::any_io_executor const& executor() const noexcept { return executor_; }

private:
    void give_up() override {
        patience_ = nullptr;
        answer(std::unexpected{out_of_time()});
    }

    asio::any_io_executor const executor_;  // Counts as work, so that its context waits for the answer.
    patience* patience_ = nullptr;          // Set while it knows of this wait.
    patience::place place_;
    asio::cancellation_slot slot_;
    std::move_only_function<void(result<T>)> resume_;
};

// Waits for whoever `submit(std::shared_ptr<waiting<T>>)` hands the work to, and no longer than
// `until`, unless that is the end of time. `submit` is called once, when the result is awaited; it owns what
// it needs.
template <class T, class Submit>
[[nodiscard]] asio::awaitable<result<T>> wait_for(Submit submit, deadline until = deadline::max()) {
    auto const executor = co_await asio::this_coro::executor;
    auto start = [](auto handler, asio::any_io_executor const& on, deadline when, Submit work) {
        auto const waiter = std::make_shared<waiting<T>>(on, std::move(handler));
        waiter->allow_cancellation();
        if (when != deadline::max()) waiter->wait_no_longer_than(when);
        work(waiter);
    };
    auto pending = asio::async_initiate<asio::use_awaitable_t<> const, void(result<T>)>(
        std::move(start), asio::use_awaitable, executor, until, std::move(submit));
    co_return co_await std::move(pending);
}

}  // namespace headgate::store::sqlite
