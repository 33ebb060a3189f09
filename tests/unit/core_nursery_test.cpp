#include "core/deadline.hpp"
#include "core/nursery.hpp"
#include "tests/support/run.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <gtest/gtest.h>

#include <memory>
#include <stdexcept>

namespace headgate {
namespace {

using namespace std::chrono_literals;
using testing_support::run;

asio::awaitable<void> waits_for_ever(bool& cleaned_up) {
    co_await asio::this_coro::throw_if_cancelled(false);
    asio::steady_timer never{co_await asio::this_coro::executor, asio::steady_timer::time_point::max()};
    auto waiting = never.async_wait(asio::as_tuple(asio::use_awaitable));
    co_await std::move(waiting);
    cleaned_up = true;
}

asio::awaitable<void> throws() {
    throw std::runtime_error{"planted"};
    co_return;
}

asio::awaitable<void> cancel_and_join(bool& cleaned_up, std::size_t& left) {
    nursery children{co_await asio::this_coro::executor};
    children.spawn("waits", waits_for_ever(cleaned_up));
    children.spawn("throws", throws());
    children.cancel();
    auto joining = children.join();
    co_await std::move(joining);
    left = children.size();
}

TEST(nursery, joins_what_it_started_and_lets_each_clean_up) {
    bool cleaned_up = false;
    std::size_t left = 9;
    run(cancel_and_join(cleaned_up, left));
    EXPECT_TRUE(cleaned_up);
    EXPECT_EQ(left, 0U);
}

asio::awaitable<void> join_by_an_instant_in_the_past(bool& cleaned_up, std::size_t& left) {
    nursery children{co_await asio::this_coro::executor};
    children.spawn("waits", waits_for_ever(cleaned_up));
    auto joining = children.join_by(from_now(-1ms));
    co_await std::move(joining);
    left = children.size();
}

TEST(nursery, asks_children_to_stop_that_are_left_at_the_instant) {
    bool cleaned_up = false;
    std::size_t left = 9;
    run(join_by_an_instant_in_the_past(cleaned_up, left));
    EXPECT_TRUE(cleaned_up);
    EXPECT_EQ(left, 0U);
}

asio::awaitable<void> ends_by_itself(bool& ended) {
    asio::steady_timer soon{co_await asio::this_coro::executor, 1ms};
    auto waiting = soon.async_wait(asio::use_awaitable);
    co_await std::move(waiting);
    ended = true;
}

asio::awaitable<void> join_by_an_instant_far_away(bool& ended) {
    nursery children{co_await asio::this_coro::executor};
    children.spawn("ends", ends_by_itself(ended));
    auto joining = children.join_by(from_now(1h));
    co_await std::move(joining);
}

TEST(nursery, lets_children_end_that_do_so_before_the_instant) {
    bool ended = false;
    run(join_by_an_instant_far_away(ended));
    EXPECT_TRUE(ended);
}

asio::awaitable<result<int>> slow(bool& ended) {
    bool ignored = false;
    auto waiting = waits_for_ever(ignored);
    co_await std::move(waiting);
    ended = true;
    co_return 1;
}

asio::awaitable<result<int>> quick() {
    co_return 42;
}

TEST(with_deadline, gives_up_at_the_deadline_and_leaves_nothing_running) {
    bool ended = false;
    auto const outcome = run(with_deadline(from_now(5ms), slow(ended)));
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error().code, errc::deadline_exceeded);
    EXPECT_TRUE(ended);
}

TEST(with_deadline, gives_the_result_of_what_was_in_time) {
    EXPECT_EQ(run(with_deadline(from_now(1min), quick())), 42);
}

}  // namespace
}  // namespace headgate
