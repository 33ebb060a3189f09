#pragma once

#include "core/deadline.hpp"
#include "dispatch/dispatcher.hpp"
#include "tests/support/fake_target.hpp"
#include "tests/support/manual_clock.hpp"
#include "tests/support/memory_store.hpp"
#include "tests/support/rules.hpp"
#include "tests/support/run.hpp"
#include "tests/support/turns.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace headgate::testing_support {

inline dispatch::rule_settings rule_named(std::string name) {
    auto rule = bare_rule(std::move(name));
    rule.inputs = {"{n: .body.n}"};
    return rule;
}

// A dispatcher with everything around it, run until a condition holds.
class dispatcher_at_work {
public:
    explicit dispatcher_at_work(std::vector<dispatch::rule_settings> rules) {
        settings.rules = std::move(rules);
        settings.sources = {{.name = "github", .body = {}}};
        settings.retry_first = std::chrono::milliseconds{1};
        settings.retry_longest = std::chrono::milliseconds{2};
        settings.probe_every = std::chrono::milliseconds{1};
        settings.follow_every = std::chrono::milliseconds{1};
        settings.targets.push_back({.name = "platform"});
    }

    // Appends the bodies, then works until `done` holds; fails the test when that takes too many turns.
    void run_until(std::function<bool()> done, std::vector<std::string> bodies = {}) {
        auto const rules = compiled(settings);
        ASSERT_TRUE(rules);
        dispatch::named_targets targets;
        targets.emplace("platform", std::make_unique<fake_target>(target));
        run(drive(rules, std::move(targets), std::move(done), std::move(bodies)));
    }

    // Keeps so many deliveries like this one, each with a workflow id of its own.
    void keep_many(delivery like, int how_many) {
        for (int i = 0; i < how_many; ++i) {
            like.order.workflow_id = "w" + std::to_string(i);
            store.keep(like);
        }
    }

    [[nodiscard]] delivery only() const { return store.deliveries().begin()->second.kept; }

    [[nodiscard]] std::function<bool()> all_are(delivery_state state, std::size_t how_many = 1) {
        return [this, state, how_many] {
            auto const is = [state](auto const& each) { return each.second.kept.state == state; };
            return static_cast<std::size_t>(std::ranges::count_if(store.deliveries(), is)) == how_many;
        };
    }

    manual_clock clock;
    memory_store store{clock};
    fake_target::memory target;
    metrics counts;
    dispatch::settings settings;
    std::function<bool()> accepting_is_busy;
    std::chrono::milliseconds drain_within{10'000};

private:
    asio::awaitable<void> drive(std::shared_ptr<dispatch::rulebook const> rules,
                                dispatch::named_targets targets, std::function<bool()> done,
                                std::vector<std::string> bodies) {
        auto const here = co_await asio::this_coro::executor;
        auto const working = dispatch::make_dispatcher(settings, std::move(rules), std::move(targets),
                                                       {here, store, clock, counts, accepting_is_busy});
        auto& work = *working;
        for (auto& body : bodies) {
            auto appending = store.append(event_with(std::move(body)), {}, deadline::max());
            auto const stored = co_await std::move(appending);
            EXPECT_TRUE(stored);
        }
        work.start();
        auto turns = turns_until(std::move(done));
        bool const is_done = co_await std::move(turns);
        EXPECT_TRUE(is_done) << "never came to it";
        auto stopping = work.stop(from_now(drain_within));
        co_await std::move(stopping);
    }
};

}  // namespace headgate::testing_support
