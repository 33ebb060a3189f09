#include "dispatch/dispatcher.hpp"

#include "core/nursery.hpp"
#include "core/run_on.hpp"
#include "dispatch/intake.hpp"
#include "dispatch/lane.hpp"
#include "dispatch/recorder.hpp"
#include "dispatch/router.hpp"
#include "dispatch/sweeper.hpp"

#include <boost/asio/post.hpp>

#include <algorithm>
#include <chrono>
#include <mutex>
#include <string>
#include <utility>

namespace headgate::dispatch {
namespace {

// What the last attempts led to is written down, even where they took all the time there was.
constexpr std::chrono::milliseconds time_to_record{1'000};

lane_counters counters_of(metrics& counts, std::string const& target) {
    auto const make = [&](char const* result) -> counter& {
        return counts.make_counter("headgate_attempts_total",
                                   "Attempts to start or to signal, by what they led to.",
                                   {{"target", target}, {"result", result}});
    };
    return {make("started"), make("signalled"), make("joined"), make("dead"), make("held"), make("retry")};
}

// Puts the parts together and ends them in the order of use.
class the_dispatcher final : public dispatcher {
public:
    the_dispatcher(settings of, std::shared_ptr<rulebook const> rules, named_targets targets,
                   surroundings around)
        : settings_{std::move(of)},
          rules_{std::move(rules)},
          around_{std::move(around)},
          records_{around_.executor, around_.store, around_.counts},
          deliveries_{around_, rules_, lanes_, records_},
          router_{around_, settings_, rules_, deliveries_},
          sweeper_{around_, settings_, lanes_, deliveries_},
          tasks_{around_.executor},
          recording_{around_.executor} {
        for (auto const& each : settings_.targets) add_lane(each, std::move(targets.at(each.name)));
    }

    void start() override {
        asio::post(around_.executor, [this] {
            recording_.spawn("record deliveries", records_.run());
            for (auto& [name, each] : lanes_) each->start();
            tasks_.spawn("continue and route", continue_and_route());
        });
    }

    asio::awaitable<void> stop(deadline until) override { return run_on(around_.executor, stop_here(until)); }

    asio::awaitable<void> replace(settings next, std::shared_ptr<rulebook const> rules,
                                  named_targets fresh) override {
        return run_on(around_.executor, replace_here(std::move(next), std::move(rules), std::move(fresh)));
    }

    void look_at(uuid delivery) override {
        asio::post(around_.executor, [this, delivery] { deliveries_.look_at(delivery); });
    }

    asio::awaitable<result<void>> route_again(uuid event) override {
        return run_on(around_.executor, router_.route_again(event));
    }

    [[nodiscard]] std::map<std::string, std::string> troubles() const override {
        std::lock_guard const hold{lanes_guard_};
        std::map<std::string, std::string> all;
        for (auto const& [name, each] : lanes_) {
            if (auto why = each->trouble(); !why.empty()) all.emplace(name, std::move(why));
        }
        return all;
    }

private:
    lane& add_lane(target_settings const& of, std::unique_ptr<targets::target> target) {
        auto made = std::make_unique<lane>(around_, settings_, rules_, records_,
                                           counters_of(around_.counts, of.name), of, std::move(target));
        std::lock_guard const hold{lanes_guard_};
        return *lanes_.emplace(of.name, std::move(made)).first->second;
    }

    // Settings change in place, because all parts look at them. A lane stays when its target goes: attempts
    // are in flight in it, and the target may come back.
    asio::awaitable<void> replace_here(settings next, std::shared_ptr<rulebook const> rules,
                                       named_targets fresh) {
        settings_ = std::move(next);
        rules_ = std::move(rules);
        for (auto const& [name, each] : lanes_) {
            auto const& wanted = settings_.targets;
            if (std::ranges::find(wanted, name, &target_settings::name) == wanted.end()) each->close();
        }
        for (auto const& each : settings_.targets) {
            auto target = std::move(fresh[each.name]);
            auto const found = lanes_.find(each.name);
            if (found != lanes_.end()) {
                found->second->use(each, std::move(target));
            } else {
                add_lane(each, std::move(target)).start();
            }
        }
        sweeper_.sweep_soon();
        co_return;
    }

    asio::awaitable<void> stop_here(deadline until) {
        stopping_ = true;
        router_.stop();
        sweeper_.stop();
        deliveries_.stop();
        tasks_.cancel();
        for (auto& [name, each] : lanes_) each->stop();
        auto tasks_end = tasks_.join();
        co_await std::move(tasks_end);
        auto looks_end = deliveries_.join();
        co_await std::move(looks_end);
        for (auto& [name, each] : lanes_) {
            auto lane_ends = each->join(until);
            co_await std::move(lane_ends);
        }
        auto const recorded_by = std::max(until, from_now(time_to_record));
        records_.finish(recorded_by);
        auto records_end = recording_.join_by(recorded_by);
        co_await std::move(records_end);
    }

    // An earlier life's deliveries go before new events.
    asio::awaitable<void> continue_and_route() {
        co_await asio::this_coro::throw_if_cancelled(false);
        auto continuing = sweeper_.sweep(sweeper::extent::while_there_is_room);
        co_await std::move(continuing);
        if (stopping_) co_return;
        tasks_.spawn("sweep", sweeper_.run());
        auto routing = router_.run();
        co_await std::move(routing);
    }

    settings settings_;
    std::shared_ptr<rulebook const> rules_;
    surroundings around_;
    recorder records_;
    named_lanes lanes_;
    mutable std::mutex lanes_guard_;  // While `lanes_` grows, and while another thread looks.
    intake deliveries_;
    router router_;
    sweeper sweeper_;
    bool stopping_ = false;
    nursery tasks_;
    nursery recording_;
};

}  // namespace

std::unique_ptr<dispatcher> make_dispatcher(settings of, std::shared_ptr<rulebook const> rules,
                                            named_targets targets, surroundings around) {
    return std::make_unique<the_dispatcher>(std::move(of), std::move(rules), std::move(targets),
                                            std::move(around));
}

}  // namespace headgate::dispatch
