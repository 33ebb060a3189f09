#include "core/nursery.hpp"
#include "dispatch/recorder.hpp"
#include "tests/support/manual_clock.hpp"
#include "tests/support/memory_store.hpp"
#include "tests/support/run.hpp"
#include "tests/support/turns.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <optional>

namespace headgate::dispatch {
namespace {

using testing_support::manual_clock;
using testing_support::memory_store;
using testing_support::turns_until;

// Records one change in a store that refuses it once; `meanwhile` comes before it is asked again.
asio::awaitable<void> record_twice(memory_store& store, store::transition change,
                                   std::function<void()> meanwhile, std::optional<bool>& applied) {
    auto const here = co_await asio::this_coro::executor;
    metrics counts;
    recorder records{here, store, counts};
    nursery tasks{here};
    store.refusing = true;
    tasks.spawn("record", records.run());
    records.add(std::move(change), [&applied](bool was_applied) { applied = was_applied; });
    auto refusing = turns_until([&store] { return store.records_refused == 1; });
    bool const is_refused = co_await std::move(refusing);
    EXPECT_TRUE(is_refused);
    store.refusing = false;
    meanwhile();
    auto recording = turns_until([&applied] { return applied.has_value(); });
    bool const is_recorded = co_await std::move(recording);
    EXPECT_TRUE(is_recorded);
    records.finish(from_now(std::chrono::seconds{10}));
    auto joining = tasks.join();
    co_await std::move(joining);
}

store::transition start_of(delivery const& one) {
    store::transition change{
        .delivery = one.id, .from = delivery_state::starting, .to = delivery_state::started};
    change.tried = attempt{.number = 1, .at = {}, .outcome = "started", .detail = {}};
    return change;
}

class a_change_that_was_refused : public testing::Test {
protected:
    a_change_that_was_refused() {
        delivery one;
        one.state = delivery_state::starting;
        change_ = start_of(store_.keep(one));
    }

    std::optional<bool> record_again_after(std::function<void()> meanwhile) {
        std::optional<bool> applied;
        testing_support::run(record_twice(store_, change_, std::move(meanwhile), applied));
        return applied;
    }

    manual_clock clock_;
    memory_store store_{clock_};
    store::transition change_;
};

TEST_F(a_change_that_was_refused, is_made_when_it_is_asked_again) {
    EXPECT_EQ(record_again_after([] {}), true);
}

TEST_F(a_change_that_was_refused, is_not_said_to_be_made_when_somebody_else_was_first) {
    auto const taken_by_another = [this] {
        store_.change(
            {.delivery = change_.delivery, .from = delivery_state::starting, .to = delivery_state::held});
    };
    EXPECT_EQ(record_again_after(taken_by_another), false);
}

// The answer of a commit can be lost after it happened.
TEST_F(a_change_that_was_refused, is_known_to_be_made_when_it_was_after_all) {
    EXPECT_EQ(record_again_after([this] { store_.change(change_); }), true);
}

}  // namespace
}  // namespace headgate::dispatch
