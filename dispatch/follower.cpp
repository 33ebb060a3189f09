#include "dispatch/follower.hpp"

#include "core/log.hpp"
#include "dispatch/judge.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <utility>

namespace headgate::dispatch {
namespace {

constexpr auto quietly = asio::as_tuple(asio::use_awaitable);
constexpr std::chrono::milliseconds look_within{15'000};
constexpr std::chrono::milliseconds pause_longest{30'000};

}  // namespace

follower::follower(asio::any_io_executor const& executor, settings const& settings, targets::target& target,
                   recorder& records, wall_clock const& clock, std::function<bool()> starting_is_busy)
    : settings_{settings},
      target_{target},
      records_{records},
      clock_{clock},
      starting_is_busy_{std::move(starting_is_busy)},
      wake_{executor, asio::steady_timer::time_point::max()},
      looks_{executor} {}

bool follower::add(delivery const& started) {
    if (!has_room()) return false;
    auto kept = started;
    kept.order.inputs.clear();
    kept.order.memo.clear();
    kept.order.search_attributes.clear();
    kept.order.signal = {};
    auto const [place, is_new] =
        followed_.try_emplace(started.id, run_of{std::move(kept), settings_.follow_every});
    if (!is_new) return true;
    // With few runs somebody may be waiting for the end of just this one.
    bool const few = followed_.size() <= settings_.follows_in_flight_max;
    due_.emplace(
        std::chrono::steady_clock::now() + (few ? std::chrono::milliseconds{0} : settings_.follow_every),
        started.id);
    wake_.cancel();
    return true;
}

std::size_t follower::looks_at_once() const {
    return starting_is_busy_() ? 1 : settings_.follows_in_flight_max;
}

asio::awaitable<void> follower::run() {
    co_await asio::this_coro::throw_if_cancelled(false);
    while (!stopping_) {
        auto const now = std::chrono::steady_clock::now();
        while (!due_.empty() && due_.begin()->first <= now && looking_ < looks_at_once()) {
            auto const id = due_.begin()->second;
            due_.erase(due_.begin());
            ++looking_;
            looks_.spawn("follow " + to_string(id), look_at(id));
        }
        bool const has_room = looking_ < looks_at_once();
        wake_.expires_at(has_room && !due_.empty() ? due_.begin()->first
                                                   : asio::steady_timer::time_point::max());
        auto waiting = wake_.async_wait(quietly);
        co_await std::move(waiting);
    }
}

asio::awaitable<void> follower::look_at(uuid id) {
    co_await asio::this_coro::throw_if_cancelled(false);
    auto const& run = followed_.at(id).kept;
    // With few runs each look may wait for the end; with many, looks take turns.
    bool const may_wait = followed_.size() <= settings_.follows_in_flight_max && !starting_is_busy_();
    auto const how = may_wait ? targets::patience::wait_for_end : targets::patience::look;
    auto looking = target_.follow(run.order.workflow_id, run.run_id, how, from_now(look_within));
    auto const status = co_await std::move(looking);
    if (stopping_) co_return;
    --looking_;
    wake_.cancel();
    if (!status) {
        log_sparingly(log_level::warning, "could not look at a run",
                      {{"delivery", to_string(id)}, {"error", status.error().message}});
        look_again(id);
        co_return;
    }
    auto change = judge_run(followed_.at(id).kept, *status, clock_.now());
    if (!change) {
        if (!status->run_id.empty()) followed_.at(id).kept.run_id = status->run_id;
        look_again(id);
        co_return;
    }
    ended(id, *std::move(change));
}

void follower::look_again(uuid const& id) {
    auto& run = followed_.at(id);
    bool const few = followed_.size() <= settings_.follows_in_flight_max;
    due_.emplace(std::chrono::steady_clock::now() + (few ? settings_.follow_every : run.pause), id);
    run.pause = std::min(run.pause * 2, std::max(pause_longest, settings_.follow_every));
}

void follower::ended(uuid const& id, store::transition change) {
    records_.add(std::move(change), [this, id](bool) { followed_.erase(id); });
}

void follower::stop() {
    stopping_ = true;
    wake_.cancel();
    looks_.cancel();
}

asio::awaitable<void> follower::join() {
    auto joining = looks_.join();
    co_await std::move(joining);
}

}  // namespace headgate::dispatch
