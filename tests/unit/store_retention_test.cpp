#include "store/sqlite/retention.hpp"
#include "tests/support/scratch_folder.hpp"
#include "tests/support/stored_events.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace headgate::store::sqlite {
namespace {

using namespace testing_support;
using std::chrono::hours;
using instant = retention::instant;

class retention_of_the_store : public testing::Test {
protected:
    retention_of_the_store() {
        chosen_.sqlite.path = (folder_.path() / "headgate.db").string();
        chosen_.retention.events = hours{24};
        chosen_.retention.dedupe = hours{48};
        chosen_.retention.dead = hours{96};
        chosen_.retention.batch_events = 3;
        open();
    }

    void open() {
        session_.reset();
        index_.clear();
        auto opened = write_session::open(chosen_, {}, index_);
        HEADGATE_CHECK(opened.has_value(), "the store did not open");
        session_ = *std::move(opened);
    }

    event append(std::string const& name) {
        auto fresh = make_event("github", name);
        auto const keys = std::vector{key_of(name)};
        EXPECT_TRUE(session_->begin());
        last_ = session_->append(fresh, pack(fresh), keys, clock_.now()).value().value();
        EXPECT_TRUE(session_->commit());
        return fresh;
    }

    uuid route(event const& of, std::optional<delivery_state> state, std::string revision = "a") {
        std::vector<routing> done{{of.sequence, event_state::routed, "", {}, {{revision, "when: true"}}}};
        if (state) {
            done[0].deliveries.push_back(make_delivery(of, "first"));
            done[0].deliveries[0].state = *state;
            done[0].deliveries[0].rule_revision = std::move(revision);
        }
        EXPECT_TRUE(session_->begin());
        auto const recorded = session_->route(done, clock_.now()).value();
        EXPECT_TRUE(session_->commit());
        return recorded.empty() ? uuid{} : recorded[0].id;
    }

    // Time passes on both clocks alike.
    void pass(hours time) {
        clock_.advance(time);
        at_ += time;
    }

    void delete_all(retention& by) {
        for (int batch = 0; batch < 20; ++batch) {
            ASSERT_TRUE(session_->begin());
            ASSERT_TRUE(by.next(*session_, clock_.now(), at_));
            ASSERT_TRUE(session_->commit());
            if (by.due() > at_) return;
        }
        FAIL() << "deleting does not end";
    }

    std::int64_t rows(char const* table) {
        return session_->database().number(("SELECT count(*) FROM " + std::string{table}).c_str()).value();
    }

    scratch_folder folder_;
    manual_clock clock_;
    instant at_{};
    settings chosen_;
    dedupe_index index_{1000};
    std::unique_ptr<write_session> session_;
    receipt last_;
};

TEST_F(retention_of_the_store, deletes_routed_events_and_everything_of_them_past_their_window) {
    retention old{chosen_.retention, clock_.now(), at_};
    for (int i = 0; i < 10; ++i) route(append(std::to_string(i)), delivery_state::completed);
    pass(hours{25});
    route(append("young"), delivery_state::completed);
    delete_all(old);
    EXPECT_EQ(old.events_deleted(), 10U);
    EXPECT_EQ(rows("events"), 1);
    EXPECT_EQ(rows("deliveries"), 1);
    EXPECT_EQ(rows("orders"), 1);
    EXPECT_EQ(rows("routing"), 1);
    EXPECT_EQ(rows("dedupe"), 11);
}

TEST_F(retention_of_the_store, goes_round_events_that_are_not_finished) {
    retention old{chosen_.retention, clock_.now(), at_};
    auto const held = append("held");
    route(held, delivery_state::held);
    route(append("done"), delivery_state::completed);
    auto const dead = append("dead");
    route(dead, delivery_state::dead);
    route(append("nothing matched"), std::nullopt);
    append("not routed");
    pass(hours{25});
    delete_all(old);
    EXPECT_EQ(rows("events"), 3);
    pass(hours{96});
    delete_all(old);
    EXPECT_EQ(rows("events"), 2);
    EXPECT_EQ(session_->database().number("SELECT min(sequence) FROM events").value(),
              static_cast<std::int64_t>(held.sequence));
}

TEST_F(retention_of_the_store, goes_by_other_windows_at_once_and_from_the_oldest_event_on) {
    retention old{chosen_.retention, clock_.now(), at_};
    route(append("dead"), delivery_state::dead);
    for (int i = 0; i < 3; ++i) route(append(std::to_string(i)), delivery_state::completed);
    pass(hours{25});
    delete_all(old);
    EXPECT_EQ(rows("events"), 1);
    auto shorter = chosen_.retention;
    shorter.dead = shorter.dedupe = hours{24};
    old.use(shorter, at_);
    EXPECT_EQ(old.due(), at_);
    delete_all(old);
    EXPECT_EQ(rows("events"), 0);
    EXPECT_EQ(rows("dedupe"), 0);
}

TEST_F(retention_of_the_store, keeps_the_text_of_a_rule_while_a_delivery_refers_to_it) {
    retention old{chosen_.retention, clock_.now(), at_};
    route(append("1"), delivery_state::completed, "a");
    route(append("2"), delivery_state::held, "b");
    route(append("3"), delivery_state::completed, "b");
    auto const retried = route(append("4"), delivery_state::held, "c");
    ASSERT_TRUE(session_->begin());
    ASSERT_TRUE(session_->apply({.delivery = retried,
                                 .from = delivery_state::held,
                                 .order = start_order{},
                                 .rule_revision = "d",
                                 .rule_text = "when: false"},
                                clock_.now()));
    ASSERT_TRUE(session_->commit());
    pass(hours{25});
    delete_all(old);
    EXPECT_EQ(rows("rule_texts WHERE revision IN ('b', 'd')"), 2);
    EXPECT_EQ(rows("rule_texts"), 2);
}

TEST_F(retention_of_the_store, counts_only_the_deliveries_that_are_left) {
    retention old{chosen_.retention, clock_.now(), at_};
    route(append("1"), delivery_state::dead);
    route(append("2"), delivery_state::completed);
    auto const& counts = session_->deliveries();
    EXPECT_EQ(counts[static_cast<std::size_t>(delivery_state::dead)], 1U);
    pass(hours{97});
    delete_all(old);
    EXPECT_EQ(counts[static_cast<std::size_t>(delivery_state::dead)], 0U);
    EXPECT_EQ(counts[static_cast<std::size_t>(delivery_state::completed)], 0U);
}

TEST_F(retention_of_the_store, leaves_no_count_of_duplicates_behind) {
    retention old{chosen_.retention, clock_.now(), at_};
    route(append("a"), std::nullopt);
    append("a");
    EXPECT_EQ(rows("duplicates"), 1);
    pass(hours{25});
    delete_all(old);
    append("a");
    EXPECT_TRUE(last_.duplicate);
    EXPECT_EQ(rows("duplicates"), 0);
}

TEST_F(retention_of_the_store, forgets_keys_after_their_own_window) {
    retention old{chosen_.retention, clock_.now(), at_};
    route(append("a"), std::nullopt);
    pass(hours{25});
    delete_all(old);
    EXPECT_EQ(rows("events"), 0);
    append("a");
    EXPECT_TRUE(last_.duplicate);
    pass(hours{24});
    delete_all(old);
    EXPECT_EQ(rows("dedupe"), 0);
    EXPECT_EQ(index_.size(), 0U);
    append("a");
    EXPECT_FALSE(last_.duplicate);
}

TEST_F(retention_of_the_store, leaves_no_number_to_be_given_again) {
    retention old{chosen_.retention, clock_.now(), at_};
    auto const first = append("a");
    auto const delivered = route(first, delivery_state::completed);
    pass(hours{49});
    delete_all(old);
    EXPECT_EQ(rows("events"), 0);
    open();
    auto const second = append("b");
    EXPECT_GT(second.sequence, first.sequence);
    EXPECT_GT(second.id, first.id);
    EXPECT_GT(route(second, delivery_state::waiting), delivered);
    EXPECT_EQ(session_->database().number("SELECT max(number) FROM deliveries").value(), 2);
}

TEST_F(retention_of_the_store, stops_when_the_wall_clock_jumps_more_than_an_hour) {
    retention old{chosen_.retention, clock_.now(), at_};
    route(append("a"), std::nullopt);
    clock_.advance(hours{24 * 60});
    at_ += std::chrono::minutes{1};
    ASSERT_TRUE(session_->begin());
    ASSERT_TRUE(old.next(*session_, clock_.now(), at_));
    ASSERT_TRUE(session_->commit());
    EXPECT_EQ(rows("events"), 1);
    EXPECT_EQ(rows("dedupe"), 1);
    EXPECT_GT(old.due(), at_);
}

}  // namespace
}  // namespace headgate::store::sqlite
