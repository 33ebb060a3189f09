#include "tests/support/fake_target.hpp"
#include "tests/support/replaced_dispatcher.hpp"
#include "tests/support/run.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <string>
#include <utility>

namespace headgate::dispatch {
namespace {

using namespace std::chrono_literals;
using testing_support::fake_target;

class a_removed_rule : public replaced_dispatcher {
protected:
    asio::awaitable<void> play() {
        fake_target::memory away;
        away.there = false;
        away.answers.assign(1, {.what = targets::start_answer::kind::not_now,
                                .code = errc::unavailable,
                                .message = "away",
                                .concerns = targets::start_answer::scope::target});
        STEP(begin(settings_with({rule_of("sync")}), one("platform", std::make_unique<fake_target>(away))));
        STEP(receive());
        STEP(until_first_is(delivery_state::waiting));
        STEP(replace(settings_with({rule_of("other")})));
        STEP(until_first_is(delivery_state::held));
        EXPECT_EQ(first().held_because, hold_cause::removed);
        EXPECT_EQ(first().reason, "rule 'sync' is not in the configuration");
        away.there = true;
        STEP(replace(settings_with({rule_of("sync")})));
        STEP(until_first_is(delivery_state::completed));
        STEP(end());
    }
};

TEST_F(a_removed_rule, holds_what_waits_for_it_until_it_is_back) {
    testing_support::run(play());
}

class a_removed_rule_of_a_full_lane : public replaced_dispatcher {
protected:
    asio::awaitable<void> play() {
        fake_target::memory away;
        away.there = false;
        auto first = settings_with({rule_of("sync")});
        first.deliveries_in_memory_max = 2;
        auto next = settings_with({rule_of("other")});
        next.deliveries_in_memory_max = 2;
        STEP(begin(std::move(first), one("platform", std::make_unique<fake_target>(away))));
        for (int i = 0; i < 4; ++i) STEP(receive());
        STEP(until([this] { return store_.deliveries().size() == 4; }));
        STEP(replace(std::move(next)));
        STEP(until([this] {
            return std::ranges::all_of(store_.deliveries(), [](auto const& each) {
                return each.second.kept.held_because == hold_cause::removed;
            });
        }));
        away.there = true;
        STEP(until([this] { return dispatcher_->troubles().empty(); }));
        EXPECT_TRUE(away.starts.empty());
        STEP(end());
    }
};

TEST_F(a_removed_rule_of_a_full_lane, holds_all_that_waits_for_it) {
    testing_support::run(play());
}

class a_removed_rule_behind_one_that_fills_the_lane : public replaced_dispatcher {
protected:
    asio::awaitable<void> play() {
        fake_target::memory away;
        away.there = false;
        for (auto const* rule : {"sync", "sync", "sync", "gone", "gone"}) {
            delivery old;
            old.rule = rule;
            old.order.target = "platform";
            old.order.workflow_id = "w" + std::to_string(store_.deliveries().size());
            store_.keep(old);
        }
        auto first = settings_with({rule_of("sync"), rule_of("gone")});
        first.deliveries_in_memory_max = 2;
        auto next = settings_with({rule_of("sync")});
        next.deliveries_in_memory_max = 2;
        STEP(begin(std::move(first), one("platform", std::make_unique<fake_target>(away))));
        STEP(until([this] { return store_.searches > 4; }));
        STEP(replace(std::move(next)));
        STEP(until([this] {
            return std::ranges::count(store_.deliveries(), hold_cause::removed,
                                      [](auto const& each) { return each.second.kept.held_because; }) == 2;
        }));
        STEP(end());
    }
};

TEST_F(a_removed_rule_behind_one_that_fills_the_lane, holds_all_that_waits_for_it) {
    testing_support::run(play());
}

class a_rule_removed_during_a_start : public replaced_dispatcher {
protected:
    asio::awaitable<void> play() {
        held_up_target::memory old;
        old.answer = {.what = targets::start_answer::kind::not_now, .code = errc::unavailable};
        STEP(begin_a_start(old));
        auto next = settings_with({rule_of("other")});
        next.sweep_every = 5ms;
        STEP(replace(std::move(next)));
        old.goes_on = true;
        STEP(until_first_is(delivery_state::held));
        EXPECT_EQ(first().held_because, hold_cause::removed);
        EXPECT_EQ(old.asked, 1U);
        STEP(end());
    }
};

TEST_F(a_rule_removed_during_a_start, is_not_tried_again) {
    testing_support::run(play());
}

class a_lane_that_empties_before_the_trial : public replaced_dispatcher {
protected:
    asio::awaitable<void> play() {
        fake_target::memory back;
        back.answers.assign(1, {.what = targets::start_answer::kind::not_now,
                                .code = errc::unavailable,
                                .message = "away",
                                .concerns = targets::start_answer::scope::target});
        auto first = settings_with({rule_of("sync")});
        first.retry_first = 1h;
        first.retry_longest = 1h;
        STEP(begin(std::move(first), one("platform", std::make_unique<fake_target>(back))));
        STEP(receive());
        STEP(until([&back] { return back.probes > 1; }));
        EXPECT_FALSE(dispatcher_->troubles().empty());
        STEP(replace(settings_with({rule_of("other")})));
        STEP(until([this] { return dispatcher_->troubles().empty(); }));
        STEP(end());
    }
};

TEST_F(a_lane_that_empties_before_the_trial, is_well_again) {
    testing_support::run(play());
}

class a_removed_source : public replaced_dispatcher {
protected:
    asio::awaitable<void> play() {
        fake_target::memory same;
        STEP(begin(settings_with({rule_of("sync")}), one("platform", std::make_unique<fake_target>(same))));
        auto next = settings_with({});
        next.sources.clear();
        STEP(replace(std::move(next)));
        STEP(receive());
        STEP(until([this] { return store_.events().begin()->second.state == event_state::unmatched; }));
        EXPECT_EQ(store_.events().begin()->second.reason, "source 'github' is not in the configuration");
        STEP(end());
    }
};

TEST_F(a_removed_source, makes_its_events_unmatched_with_that_reason) {
    testing_support::run(play());
}

}  // namespace
}  // namespace headgate::dispatch
