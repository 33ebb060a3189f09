#include "dispatch/dispatcher.hpp"
#include "tests/support/fake_target.hpp"
#include "tests/support/manual_clock.hpp"
#include "tests/support/memory_store.hpp"
#include "tests/support/run.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace headgate::dispatch {
namespace {

using namespace std::chrono_literals;
using testing_support::fake_target;
using testing_support::manual_clock;
using testing_support::memory_store;

// Starts nothing before it is let go; remembers that it was asked.
class held_up_target final : public targets::target {
public:
    struct memory {
        std::size_t asked = 0;
        bool goes_on = false;
        bool is_gone = false;
        targets::start_answer answer{.what = targets::start_answer::kind::started, .run_id = "old-run"};
    };

    explicit held_up_target(memory& remembers) : memory_{remembers} {}
    ~held_up_target() override { memory_.is_gone = true; }

    asio::awaitable<targets::start_answer> start(start_order const&, uuid, deadline) override {
        ++memory_.asked;
        asio::steady_timer turn{co_await asio::this_coro::executor};
        for (int i = 0; i < 5000 && !memory_.goes_on; ++i) {
            turn.expires_after(1ms);
            auto waiting = turn.async_wait(asio::as_tuple(asio::use_awaitable));
            co_await std::move(waiting);
        }
        co_return memory_.answer;
    }
    asio::awaitable<result<targets::run_status>> follow(std::string, std::string, targets::patience,
                                                        deadline) override {
        co_return targets::run_status{};
    }
    asio::awaitable<result<void>> probe(deadline) override { co_return result<void>{}; }
    [[nodiscard]] std::optional<std::chrono::milliseconds> keeps_runs_for() const override {
        return std::nullopt;
    }

private:
    memory& memory_;
};

rule_settings rule_of(std::string name, std::string target = "platform") {
    rule_settings rule;
    rule.name = std::move(name);
    rule.source = "github";
    rule.target = std::move(target);
    rule.workflow = "Sync";
    rule.task_queue = "data";
    return rule;
}

settings settings_with(std::vector<rule_settings> rules, std::vector<std::string> targets = {"platform"}) {
    settings made;
    made.rules = std::move(rules);
    made.sources = {"github"};
    made.retry_first = 1ms;
    made.retry_longest = 2ms;
    made.probe_every = 1ms;
    made.follow_every = 1ms;
    for (auto& name : targets) made.targets.push_back({.name = std::move(name)});
    return made;
}

std::shared_ptr<rulebook const> compiled(settings const& from) {
    problems found;
    auto rules = rulebook::compile(from, found);
    EXPECT_TRUE(rules) << found.front().what;
    return rules;
}

// A running dispatcher whose configuration a test replaces.
class replaced_dispatcher : public ::testing::Test {
protected:
    asio::awaitable<void> begin(settings first, named_targets targets) {
        auto rules = compiled(first);
        auto const here = co_await asio::this_coro::executor;
        dispatcher_ = make_dispatcher(std::move(first), std::move(rules), std::move(targets),
                                      {here, store_, clock_, counts_, {}});
        dispatcher_->start();
    }

    asio::awaitable<void> replace(settings next, named_targets fresh = {}) {
        auto rules = compiled(next);
        auto replacing = dispatcher_->replace(std::move(next), std::move(rules), std::move(fresh));
        co_await std::move(replacing);
    }

    asio::awaitable<void> receive(std::string source = "github") {
        event fresh{.tenant = "default",
                    .source = std::move(source),
                    .sender = identity{"mac", "signing#0", coverage::full}};
        fresh.received.head = {.method = "POST", .target = "/hook", .fields = {}, .peer = "127.0.0.1"};
        auto appending = store_.append(std::move(fresh), {}, from_now(1h));
        auto const stored = co_await std::move(appending);
        EXPECT_TRUE(stored);
    }

    asio::awaitable<void> until(std::function<bool()> done) {
        asio::steady_timer turn{co_await asio::this_coro::executor};
        for (int i = 0; i < 5000 && !done(); ++i) {
            turn.expires_after(1ms);
            auto waiting = turn.async_wait(asio::use_awaitable);
            co_await std::move(waiting);
        }
        EXPECT_TRUE(done()) << "never came to it";
    }

    asio::awaitable<void> until_first_is(delivery_state state) {
        auto waiting =
            until([this, state] { return !store_.deliveries().empty() && first().state == state; });
        co_await std::move(waiting);
    }

    asio::awaitable<void> end() {
        auto stopping = dispatcher_->stop(from_now(10s));
        co_await std::move(stopping);
        dispatcher_.reset();
    }

    [[nodiscard]] delivery first() const { return store_.deliveries().begin()->second.kept; }

    static named_targets one(std::string name, std::unique_ptr<targets::target> target) {
        named_targets all;
        all.emplace(std::move(name), std::move(target));
        return all;
    }

    manual_clock clock_;
    memory_store store_{clock_};
    metrics counts_;
    std::unique_ptr<dispatcher> dispatcher_;
};

// A test is a coroutine: each step is awaited alone.
#define STEP(...)                 \
    do {                          \
        auto step = __VA_ARGS__;  \
        co_await std::move(step); \
    } while (false)

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
        STEP(begin(settings_with({rule_of("sync")}), one("platform", std::make_unique<held_up_target>(old))));
        STEP(receive());
        STEP(until([&old] { return old.asked == 1; }));
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

class a_removed_target : public replaced_dispatcher {
protected:
    asio::awaitable<void> play() {
        fake_target::memory away;
        away.there = false;
        STEP(begin(settings_with({rule_of("sync")}), one("platform", std::make_unique<fake_target>(away))));
        STEP(until([this] { return !dispatcher_->troubles().empty(); }));
        STEP(receive());
        STEP(until_first_is(delivery_state::waiting));
        STEP(replace(settings_with({}, {})));
        STEP(until_first_is(delivery_state::held));
        EXPECT_EQ(first().reason, "target 'platform' is not in the configuration");
        EXPECT_TRUE(dispatcher_->troubles().empty());
        fake_target::memory back;
        STEP(replace(settings_with({rule_of("sync")}), one("platform", std::make_unique<fake_target>(back))));
        STEP(until_first_is(delivery_state::completed));
        EXPECT_EQ(back.starts.size(), 1U);
        EXPECT_TRUE(away.starts.empty());
        STEP(end());
    }
};

TEST_F(a_removed_target, holds_what_waits_for_it_until_it_is_back) {
    testing_support::run(play());
}

class a_changed_target : public replaced_dispatcher {
protected:
    asio::awaitable<void> play() {
        held_up_target::memory old;
        STEP(begin(settings_with({rule_of("sync")}), one("platform", std::make_unique<held_up_target>(old))));
        STEP(receive());
        STEP(until([&old] { return old.asked == 1; }));
        fake_target::memory fresh;
        STEP(
            replace(settings_with({rule_of("sync")}), one("platform", std::make_unique<fake_target>(fresh))));
        STEP(receive());
        STEP(until([&fresh] { return fresh.starts.size() == 1; }));
        EXPECT_FALSE(old.is_gone) << "a start is in flight on it";
        old.goes_on = true;
        STEP(until_first_is(delivery_state::completed));
        EXPECT_EQ(first().run_id, "old-run");
        EXPECT_TRUE(old.is_gone);
        EXPECT_EQ(old.asked, 1U);
        STEP(end());
    }
};

TEST_F(a_changed_target, takes_over_and_the_old_one_ends_what_it_began) {
    testing_support::run(play());
}

class a_target_that_moved_during_a_start : public replaced_dispatcher {
protected:
    asio::awaitable<void> play() {
        held_up_target::memory old;
        old.answer = {.code = errc::deadline_exceeded};
        STEP(begin(settings_with({rule_of("sync")}), one("platform", std::make_unique<held_up_target>(old))));
        STEP(receive());
        STEP(until([&old] { return old.asked == 1; }));
        auto next = settings_with({rule_of("sync")});
        next.targets[0].temporal.name_space = "another";
        fake_target::memory fresh;
        STEP(replace(std::move(next), one("platform", std::make_unique<fake_target>(fresh))));
        old.goes_on = true;
        STEP(until_first_is(delivery_state::held));
        EXPECT_EQ(first().held_because, hold_cause::unanswered);
        EXPECT_EQ(
            first().reason,
            "a start without an answer from where the target was before its address or namespace changed"
            " — look the workflow id up there, then release or leave it");
        EXPECT_TRUE(fresh.starts.empty());
        STEP(receive());
        STEP(until([&fresh] { return fresh.starts.size() == 1; }));
        STEP(end());
    }
};

TEST_F(a_target_that_moved_during_a_start, is_not_asked_elsewhere_for_what_may_run_there) {
    testing_support::run(play());
}

class an_unchanged_target : public replaced_dispatcher {
protected:
    asio::awaitable<void> play() {
        fake_target::memory same;
        STEP(begin(settings_with({rule_of("sync")}), one("platform", std::make_unique<fake_target>(same))));
        STEP(replace(settings_with({rule_of("sync"), rule_of("more", "other")}, {"other", "platform"}),
                     one("other", std::make_unique<fake_target>(other_))));
        STEP(receive());
        STEP(until([this, &same] { return same.starts.size() == 1 && other_.starts.size() == 1; }));
        STEP(until_first_is(delivery_state::completed));
        STEP(end());
    }

private:
    fake_target::memory other_;
};

TEST_F(an_unchanged_target, keeps_what_it_has_beside_a_new_one) {
    testing_support::run(play());
}

class a_target_removed_during_a_start : public replaced_dispatcher {
protected:
    asio::awaitable<void> play() {
        held_up_target::memory old;
        STEP(begin(settings_with({rule_of("sync")}), one("platform", std::make_unique<held_up_target>(old))));
        STEP(receive());
        STEP(until([&old] { return old.asked == 1; }));
        STEP(replace(settings_with({}, {})));
        old.goes_on = true;
        STEP(until_first_is(delivery_state::started));
        EXPECT_EQ(first().run_id, "old-run");
        fake_target::memory back;
        STEP(replace(settings_with({rule_of("sync")}), one("platform", std::make_unique<fake_target>(back))));
        STEP(until_first_is(delivery_state::completed));
        EXPECT_TRUE(back.starts.empty()) << "it was started already, and only has to be followed";
        STEP(end());
    }
};

TEST_F(a_target_removed_during_a_start, has_its_answer_recorded_and_its_run_followed_when_it_is_back) {
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
