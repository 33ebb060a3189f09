#pragma once

#include "targets/target.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <chrono>
#include <deque>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace headgate::testing_support {

// A target that remembers what was asked of it, and answers what it was told to; once it has nothing more to
// say, every start is a new run and every run is completed.
class fake_target final : public targets::target {
public:
    struct call {
        std::string workflow_id;
        std::vector<std::string> inputs;
        uuid request_id;
    };

    // Shared, so that a test can look at it while the dispatcher owns the target.
    struct memory {
        std::vector<call> starts;
        std::deque<targets::start_answer> answers;
        std::deque<targets::run_status> statuses;
        bool there = true;
        bool has_namespace = true;         // False: a probe finds none.
        bool answers_probes = true;        // False: probes wait until it is true.
        bool takes_work = true;            // False: it answers probes, and no start.
        std::set<std::string> silent;      // Workflow ids whose starts are never answered.
        std::function<void()> when_asked;  // By each start, before its answer.
        std::size_t probes = 0;
    };

    explicit fake_target(memory& remembers) : memory_{remembers} {}

    targets::asio::awaitable<targets::start_answer> start(start_order const& order, uuid request_id,
                                                          deadline until) override {
        memory_.starts.push_back({order.workflow_id, order.inputs, request_id});
        if (memory_.when_asked) memory_.when_asked();
        if (!memory_.takes_work) {
            co_return targets::start_answer{.what = targets::start_answer::kind::not_now,
                                            .code = errc::unavailable,
                                            .message = "takes no work",
                                            .concerns = targets::start_answer::scope::target};
        }
        if (memory_.silent.contains(order.workflow_id)) {
            boost::asio::steady_timer waiting{co_await boost::asio::this_coro::executor, until};
            auto ending = waiting.async_wait(boost::asio::as_tuple(boost::asio::use_awaitable));
            co_await std::move(ending);
            co_return targets::start_answer{.code = errc::deadline_exceeded};
        }
        if (!memory_.answers.empty()) {
            auto answer = std::move(memory_.answers.front());
            memory_.answers.pop_front();
            co_return answer;
        }
        co_return targets::start_answer{.what = targets::start_answer::kind::started,
                                        .run_id = "run-" + std::to_string(memory_.starts.size())};
    }

    targets::asio::awaitable<result<targets::run_status>> follow(std::string, std::string, targets::patience,
                                                                 deadline) override {
        if (memory_.statuses.empty())
            co_return targets::run_status{.what = targets::run_status::kind::completed};
        auto status = std::move(memory_.statuses.front());
        memory_.statuses.pop_front();
        co_return status;
    }

    targets::asio::awaitable<result<void>> probe(deadline until) override {
        ++memory_.probes;
        boost::asio::steady_timer turn{co_await boost::asio::this_coro::executor};
        while (!memory_.answers_probes && std::chrono::steady_clock::now() < until) {
            turn.expires_after(std::chrono::milliseconds{1});
            auto waiting = turn.async_wait(boost::asio::as_tuple(boost::asio::use_awaitable));
            co_await std::move(waiting);
        }
        if (!memory_.there) co_return refuse(errc::unavailable, "not there", "");
        if (!memory_.has_namespace) co_return refuse(errc::not_found, "no such namespace", "");
        keeps_runs_for_ = std::chrono::hours{24};
        co_return result<void>{};
    }

    [[nodiscard]] std::optional<std::chrono::milliseconds> keeps_runs_for() const override {
        return keeps_runs_for_;
    }

private:
    memory& memory_;
    std::optional<std::chrono::milliseconds> keeps_runs_for_;  // Learnt by the first probe.
};

}  // namespace headgate::testing_support
