#pragma once

#include "targets/target.hpp"

#include <cstdint>
#include <memory>

// A target that another one can take the place of while calls are in flight: each ends where it began.

namespace headgate::dispatch {

class exchangeable_target final : public targets::target {
public:
    explicit exchangeable_target(std::shared_ptr<targets::target> first) : now_{std::move(first)} {}

    // Null: there is none for the time being. Then starts certainly do not happen, and nothing is known to
    // have ended.
    void exchange(std::shared_ptr<targets::target> next);
    [[nodiscard]] bool is_there() const noexcept { return now_ != nullptr; }

    // Another number after each exchange: what a call that began before it says is no news of today's target.
    [[nodiscard]] std::uint64_t turn() const noexcept { return turn_; }

    [[nodiscard]] targets::asio::awaitable<targets::start_answer> start(start_order const& order,
                                                                        uuid request_id,
                                                                        deadline until) override;
    [[nodiscard]] targets::asio::awaitable<result<targets::run_status>> follow(std::string workflow_id,
                                                                               std::string run_id,
                                                                               targets::patience how,
                                                                               deadline until) override;
    [[nodiscard]] targets::asio::awaitable<result<void>> probe(deadline until) override;
    [[nodiscard]] std::optional<std::chrono::milliseconds> keeps_runs_for() const override;

private:
    std::shared_ptr<targets::target> now_;
    std::uint64_t turn_ = 0;
};

}  // namespace headgate::dispatch
