#include "dispatch/exchangeable_target.hpp"

#include <utility>

namespace headgate::dispatch {

namespace asio = boost::asio;

void exchangeable_target::exchange(std::shared_ptr<targets::target> next) {
    now_ = std::move(next);
    ++turn_;
}

asio::awaitable<targets::start_answer> exchangeable_target::start(start_order const& order, uuid request_id,
                                                                  deadline until) {
    auto const by = now_;
    if (!by) {
        co_return targets::start_answer{.what = targets::start_answer::kind::not_now,
                                        .code = errc::failed_precondition,
                                        .message = "the target is not in the configuration"};
    }
    auto starting = by->start(order, request_id, until);
    co_return co_await std::move(starting);
}

asio::awaitable<result<targets::run_status>> exchangeable_target::follow(std::string workflow_id,
                                                                         std::string run_id,
                                                                         targets::patience how,
                                                                         deadline until) {
    auto const by = now_;
    if (!by) co_return targets::run_status{};
    auto following = by->follow(std::move(workflow_id), std::move(run_id), how, until);
    co_return co_await std::move(following);
}

asio::awaitable<result<void>> exchangeable_target::probe(deadline until) {
    auto const by = now_;
    if (!by) co_return result<void>{};
    auto probing = by->probe(until);
    co_return co_await std::move(probing);
}

std::optional<std::chrono::milliseconds> exchangeable_target::keeps_runs_for() const {
    return now_ ? now_->keeps_runs_for() : std::nullopt;
}

}  // namespace headgate::dispatch
