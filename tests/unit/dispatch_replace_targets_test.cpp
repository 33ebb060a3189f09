#include "tests/support/fake_target.hpp"
#include "tests/support/replaced_dispatcher.hpp"
#include "tests/support/run.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <utility>

namespace headgate::dispatch {
namespace {

using testing_support::fake_target;

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
        STEP(begin_a_start(old));
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
        STEP(begin_a_start(old));
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
        STEP(begin_a_start(old));
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

}  // namespace
}  // namespace headgate::dispatch
