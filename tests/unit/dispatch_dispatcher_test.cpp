#include "dispatch/dispatcher.hpp"
#include "tests/support/fake_target.hpp"
#include "tests/support/manual_clock.hpp"
#include "tests/support/memory_store.hpp"
#include "tests/support/run.hpp"

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>

namespace headgate::dispatch {
namespace {

using namespace std::chrono_literals;
using testing_support::fake_target;
using testing_support::manual_clock;
using testing_support::memory_store;
using answer_kind = targets::start_answer::kind;

rule_settings rule_named(std::string name) {
    rule_settings rule;
    rule.name = std::move(name);
    rule.source = "github";
    rule.target = "platform";
    rule.workflow = "Sync";
    rule.task_queue = "data";
    rule.input = "{n: .body.n}";
    return rule;
}

event event_with(std::string body) {
    event made{
        .tenant = "default", .source = "github", .sender = identity{"mac", "signing#0", coverage::full}};
    made.received.head = {.method = "POST",
                          .target = "/webhooks/github",
                          .fields = {{"content-type", "application/json"}},
                          .peer = "127.0.0.1"};
    made.received.body = std::move(body);
    return made;
}

// A dispatcher with everything around it, run until a condition holds.
class dispatcher_at_work {
public:
    explicit dispatcher_at_work(std::vector<rule_settings> rules) {
        settings_.rules = std::move(rules);
        settings_.sources = {"github"};
        settings_.retry_first = 1ms;
        settings_.retry_longest = 2ms;
        settings_.probe_every = 1ms;
        settings_.follow_every = 1ms;
        settings_.targets.push_back({.name = "platform"});
    }

    // Appends the bodies, then works until `done` holds; fails the test when that takes too many turns.
    void run_until(std::function<bool()> done, std::vector<std::string> bodies = {}) {
        problems found;
        auto const rules = rulebook::compile(settings_, found);
        ASSERT_TRUE(rules) << found.front().what;
        named_targets targets;
        targets.emplace("platform", std::make_unique<fake_target>(target));
        testing_support::run(drive(rules, std::move(targets), std::move(done), std::move(bodies)));
    }

    [[nodiscard]] delivery only() const { return store.deliveries().begin()->second.kept; }

    [[nodiscard]] std::function<bool()> all_are(delivery_state state, std::size_t how_many = 1) {
        return [this, state, how_many] {
            auto const is = [state](auto const& each) { return each.second.kept.state == state; };
            return static_cast<std::size_t>(std::ranges::count_if(store.deliveries(), is)) == how_many;
        };
    }

    memory_store store;
    fake_target::memory target;
    manual_clock clock;
    metrics counts;

private:
    asio::awaitable<void> drive(std::shared_ptr<rulebook const> rules, named_targets targets,
                                std::function<bool()> done, std::vector<std::string> bodies) {
        auto const here = co_await asio::this_coro::executor;
        auto const working = make_dispatcher(settings_, std::move(rules), std::move(targets),
                                             {here, store, clock, counts, {}});
        auto& work = *working;
        for (auto& body : bodies) {
            auto appending = store.append(event_with(std::move(body)), {});
            auto const stored = co_await std::move(appending);
            EXPECT_TRUE(stored);
        }
        work.start();
        asio::steady_timer turn{here};
        for (int i = 0; i < 5000 && !done(); ++i) {
            turn.expires_after(1ms);
            auto waiting = turn.async_wait(asio::use_awaitable);
            co_await std::move(waiting);
        }
        EXPECT_TRUE(done()) << "never came to it";
        auto stopping = work.stop();
        co_await std::move(stopping);
    }

    settings settings_;
};

TEST(dispatcher, starts_a_match_once_and_follows_it_to_its_end) {
    dispatcher_at_work work{{rule_named("sync")}};
    work.run_until(work.all_are(delivery_state::completed), {R"({"n":7})"});
    ASSERT_EQ(work.target.starts.size(), 1U);
    EXPECT_EQ(work.target.starts[0].input, R"({"n":7})");
    EXPECT_EQ(work.target.starts[0].request_id, work.only().id);
    EXPECT_EQ(work.target.starts[0].workflow_id, to_string(work.only().event_id) + ".sync");
    EXPECT_EQ(work.only().run_id, "run-1");
}

TEST(dispatcher, an_event_that_nothing_matches_is_unmatched) {
    auto never = rule_named("never");
    never.when = ".body.n == 8";
    dispatcher_at_work work{{never}};
    work.run_until([&] { return work.store.events().begin()->second.state == event_state::unmatched; },
                   {R"({"n":7})"});
    EXPECT_TRUE(work.store.deliveries().empty());
}

TEST(dispatcher, a_rule_that_fails_leaves_a_dead_delivery_and_others_alone) {
    auto broken = rule_named("broken");
    broken.input = R"(error("no such thing"))";
    dispatcher_at_work work{{broken, rule_named("sound")}};
    work.run_until(work.all_are(delivery_state::completed), {R"({"n":7})"});
    EXPECT_TRUE(work.all_are(delivery_state::dead)());
    for (auto const& [id, each] : work.store.deliveries()) {
        if (each.kept.rule != "broken") continue;
        EXPECT_TRUE(each.kept.reason.starts_with("match: input: ")) << each.kept.reason;
    }
}

TEST(dispatcher, tries_again_with_the_same_ids) {
    dispatcher_at_work work{{rule_named("sync")}};
    work.target.answers = {
        {.what = answer_kind::unanswered, .code = errc::deadline_exceeded, .message = "slow"},
        {.what = answer_kind::not_now, .code = errc::unavailable, .message = "away"}};
    work.run_until(work.all_are(delivery_state::completed), {R"({"n":7})"});
    ASSERT_EQ(work.target.starts.size(), 3U);
    EXPECT_EQ(work.target.starts[0].request_id, work.target.starts[2].request_id);
    EXPECT_EQ(work.target.starts[0].workflow_id, work.target.starts[2].workflow_id);
    EXPECT_EQ(work.only().attempts, 3U);
}

TEST(dispatcher, does_not_attempt_anything_while_the_target_is_away) {
    dispatcher_at_work work{{rule_named("sync")}};
    work.target.there = false;
    work.run_until([&] { return work.target.probes > 3; }, {R"({"n":1})", R"({"n":2})"});
    EXPECT_LE(work.target.starts.size(), 2U);
    EXPECT_EQ(work.store.deliveries().size(), 2U);
}

TEST(dispatcher, drains_what_piled_up_when_the_target_is_back) {
    dispatcher_at_work work{{rule_named("sync")}};
    work.target.there = false;
    work.run_until(
        [&] {
            if (work.target.probes > 3) work.target.there = true;
            return work.all_are(delivery_state::completed, 20)();
        },
        std::vector<std::string>(20, R"({"n":1})"));
}

TEST(dispatcher, continues_with_a_start_that_may_have_happened) {
    dispatcher_at_work work{{rule_named("sync")}};
    delivery old;
    old.source = "github";
    old.rule = "sync";
    old.order.target = "platform";
    old.order.workflow_id = "w";
    old.state = delivery_state::starting;
    auto const id = work.store.keep(old).id;
    work.run_until(work.all_are(delivery_state::completed));
    ASSERT_EQ(work.target.starts.size(), 1U);
    EXPECT_EQ(work.target.starts[0].request_id, id);
}

TEST(dispatcher, a_waiting_delivery_whose_rule_is_gone_is_held_and_one_whose_rule_is_back_goes_on) {
    dispatcher_at_work work{{rule_named("sync")}};
    delivery orphan;
    orphan.rule = "gone";
    orphan.order.target = "platform";
    orphan.order.workflow_id = "w1";
    work.store.keep(orphan);
    delivery back = orphan;
    back.rule = "sync";
    back.order.workflow_id = "w2";
    back.state = delivery_state::held;
    back.held_because = hold_cause::removed;
    work.store.keep(back);
    work.run_until(
        [&] { return work.all_are(delivery_state::held)() && work.all_are(delivery_state::completed)(); });
    EXPECT_EQ(work.only().held_because, hold_cause::removed);
    EXPECT_EQ(work.only().reason, "rule 'gone' is not in the configuration");
}

TEST(dispatcher, releases_all_that_was_held_for_something_missing_once_one_went_through) {
    dispatcher_at_work work{{rule_named("sync")}};
    for (int i = 0; i < 5; ++i) {
        delivery held;
        held.rule = "sync";
        held.order.target = "platform";
        held.order.workflow_id = "w" + std::to_string(i);
        held.state = delivery_state::held;
        held.held_because = hold_cause::missing;
        work.store.keep(held);
    }
    work.run_until(work.all_are(delivery_state::completed, 5));
}

TEST(dispatcher, attempts_only_one_delivery_of_a_workflow_id_at_a_time) {
    auto same = rule_named("same");
    same.id = R"("one-id")";
    dispatcher_at_work work{{same}};
    work.target.answers = {{.what = answer_kind::unanswered, .code = errc::deadline_exceeded}};
    work.run_until(work.all_are(delivery_state::completed, 2), {R"({"n":1})", R"({"n":2})"});
    ASSERT_EQ(work.target.starts.size(), 3U);
    EXPECT_EQ(work.target.starts[0].request_id, work.target.starts[1].request_id);
}

TEST(dispatcher, goes_on_when_the_store_takes_changes_again) {
    dispatcher_at_work work{{rule_named("sync")}};
    int turns = 0;
    work.run_until(
        [&] {
            work.store.refusing = ++turns % 3 != 0;
            return work.all_are(delivery_state::completed)();
        },
        {R"({"n":7})"});
    EXPECT_EQ(work.target.starts.size(), 1U);
}

}  // namespace
}  // namespace headgate::dispatch
