#pragma once

#include "core/deadline.hpp"
#include "dispatch/dispatcher.hpp"
#include "tests/support/manual_clock.hpp"
#include "tests/support/memory_store.hpp"
#include "tests/support/rules.hpp"
#include "tests/support/turns.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

// A running dispatcher under a configuration that changes.

namespace headgate::dispatch {

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
        auto turns = testing_support::turns_until([this] { return memory_.goes_on; });
        co_await std::move(turns);
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

using testing_support::compiled;

inline rule_settings rule_of(std::string name, std::string target = "platform") {
    auto rule = testing_support::bare_rule(std::move(name));
    rule.target = std::move(target);
    return rule;
}

inline settings settings_with(std::vector<rule_settings> rules,
                              std::vector<std::string> targets = {"platform"}) {
    settings made;
    made.rules = std::move(rules);
    made.sources = {{.name = "github", .body = {}}};
    made.retry_first = std::chrono::milliseconds{1};
    made.retry_longest = std::chrono::milliseconds{2};
    made.probe_every = std::chrono::milliseconds{1};
    made.follow_every = std::chrono::milliseconds{1};
    for (auto& name : targets) made.targets.push_back({.name = std::move(name)});
    return made;
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

    // With a start in flight on the only target.
    asio::awaitable<void> begin_a_start(held_up_target::memory& on) {
        auto beginning =
            begin(settings_with({rule_of("sync")}), one("platform", std::make_unique<held_up_target>(on)));
        co_await std::move(beginning);
        auto receiving = receive();
        co_await std::move(receiving);
        auto waiting = until([&on] { return on.asked == 1; });
        co_await std::move(waiting);
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
        auto appending = store_.append(std::move(fresh), {}, from_now(std::chrono::hours{1}));
        auto const stored = co_await std::move(appending);
        EXPECT_TRUE(stored);
    }

    asio::awaitable<void> until(std::function<bool()> done) {
        auto turns = testing_support::turns_until(std::move(done));
        bool const is_done = co_await std::move(turns);
        EXPECT_TRUE(is_done) << "never came to it";
    }

    asio::awaitable<void> until_first_is(delivery_state state) {
        auto waiting =
            until([this, state] { return !store_.deliveries().empty() && first().state == state; });
        co_await std::move(waiting);
    }

    asio::awaitable<void> end() {
        auto stopping = dispatcher_->stop(from_now(std::chrono::seconds{10}));
        co_await std::move(stopping);
        dispatcher_.reset();
    }

    [[nodiscard]] delivery first() const { return store_.deliveries().begin()->second.kept; }

    static named_targets one(std::string name, std::unique_ptr<targets::target> target) {
        named_targets all;
        all.emplace(std::move(name), std::move(target));
        return all;
    }

    testing_support::manual_clock clock_;
    testing_support::memory_store store_{clock_};
    metrics counts_;
    std::unique_ptr<dispatcher> dispatcher_;
};

// A test is a coroutine: each step is awaited alone.
#define STEP(...)                 \
    do {                          \
        auto step = __VA_ARGS__;  \
        co_await std::move(step); \
    } while (false)

}  // namespace headgate::dispatch
