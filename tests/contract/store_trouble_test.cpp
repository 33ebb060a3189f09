#include "core/deadline.hpp"
#include "tests/support/sqlite_store_at_work.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

// What the embedded store promises while its disk is full, fails or hangs, or when a row cannot be written.

namespace headgate::store {
namespace {

using namespace testing_support;
using testing::HasSubstr;

using sqlite_store_in_trouble = sqlite_store_at_work;

TEST_F(sqlite_store_in_trouble, answers_all_of_a_group_with_unavailable_when_its_commit_finds_the_disk_full) {
    open();
    disk_.hold_syncs();
    appends first{*store_};
    first.add(make_event("github", "first"), {});
    first.submit();
    disk_.wait_for_held_sync();
    // These two wait while the first is being synced, so they share the next group.
    appends both{*store_};
    both.add(make_event("github", "a"), {key_of("a")});
    both.add(make_event("github", "a"), {key_of("a")});
    both.submit();
    disk_.fail_writes(1, faulty_vfs::forever);
    disk_.release_syncs();
    EXPECT_TRUE(first.wait().front());
    for (auto const& each : both.wait()) {
        ASSERT_FALSE(each);
        EXPECT_EQ(each.error().code, errc::resource_exhausted);
        EXPECT_THAT(each.error().remedy, HasSubstr("free space"));
    }
    EXPECT_FALSE(store_->health().accepting);
    EXPECT_THAT(store_->health().reason, HasSubstr("no space left"));
    EXPECT_EQ(append(*store_, make_event("github", "b"), {}).error().code, errc::resource_exhausted);

    disk_.heal();
    auto const retried = append_until_accepted("a", {key_of("a")});
    EXPECT_FALSE(retried.duplicate);
    EXPECT_EQ(stored(), 2U);
    EXPECT_TRUE(store_->health().accepting);
}

TEST_F(sqlite_store_in_trouble, serves_reads_while_the_disk_is_full) {
    open();
    auto const kept = append(*store_, make_event("github", "kept"), {}).value();
    disk_.fail_writes(1, faulty_vfs::forever);
    EXPECT_FALSE(append(*store_, make_event("github", "lost"), {}));
    EXPECT_EQ(run(store_->read_event(kept.id)).value().kept.received.body, "kept");
}

TEST_F(sqlite_store_in_trouble, acknowledges_nothing_after_a_failed_sync_until_it_has_opened_the_file_again) {
    open();
    append(*store_, make_event("github", "kept"), {key_of("kept")}).value();
    disk_.fail_syncs(1, 4);
    EXPECT_EQ(append(*store_, make_event("github", "a"), {key_of("a")}).error().code, errc::unavailable);
    auto const retried = append_until_accepted("a", {key_of("a")});
    EXPECT_GE(disk_.failures(), 4);
    // The failed commit may have reached the disk; then its retry met the key. It is there once either way.
    EXPECT_EQ(append(*store_, make_event("github", "a"), {key_of("a")}).value().id, retried.id);
    EXPECT_EQ(stored(), 2U);
    EXPECT_TRUE(append(*store_, make_event("github", "kept"), {key_of("kept")}).value().duplicate);
}

TEST_F(sqlite_store_in_trouble, survives_every_sync_and_every_write_failing_once) {
    for (bool const syncs : {true, false}) {
        for (int nth = 1; nth <= 12; ++nth) {
            auto const before = disk_.failures();
            open();
            if (syncs)
                disk_.fail_syncs(nth, 1);
            else
                disk_.fail_writes(nth, 1);
            std::set<uuid> ids;
            for (int i = 0; i < 12; ++i) {
                auto const name = std::to_string(nth) + (syncs ? "s" : "w") + std::to_string(i);
                ids.insert(append_until_accepted(name, {key_of(name)}).id);
            }
            EXPECT_EQ(ids.size(), 12U);
            disk_.heal();
            EXPECT_LE(disk_.failures(), before + 1);
            open();
            for (int i = 0; i < 12; ++i) {
                auto const name = std::to_string(nth) + (syncs ? "s" : "w") + std::to_string(i);
                EXPECT_TRUE(append(*store_, make_event("github", name), {key_of(name)}).value().duplicate)
                    << name;
            }
        }
    }
    EXPECT_EQ(stored(), 2U * 12U * 12U);
}

TEST_F(sqlite_store_in_trouble, never_gives_a_sequence_twice_also_not_of_a_failed_commit) {
    open();
    auto const first = append(*store_, make_event("github", "1"), {}).value();
    disk_.fail_writes(1, 1);
    EXPECT_FALSE(append(*store_, make_event("github", "2"), {}));
    auto const third = append_until_accepted("3", {});
    EXPECT_GT(third.sequence, first.sequence + 1);
    // The number that was lost does not stop routing.
    EXPECT_EQ(run(store_->lease_events(1)).value().front().received.body, "1");
    EXPECT_EQ(run(store_->lease_events(1)).value().front().received.body, "3");
    std::vector<routing> done{{first.sequence, event_state::routed, "", {}, {}},
                              {third.sequence, event_state::routed, "", {}, {}}};
    ASSERT_TRUE(run(store_->record_routing(std::move(done))));
    EXPECT_EQ(store_->health().backlog, 0U);
    EXPECT_EQ(store_->health().routed_through, third.sequence);
}

TEST_F(sqlite_store_in_trouble, answers_changes_with_the_error_when_their_commit_fails) {
    open();
    auto const stored_event = append(*store_, make_event("github", "1"), {}).value();
    disk_.fail_writes(1, 1);
    auto const routed =
        run(store_->record_routing({{stored_event.sequence, event_state::routed, "", {}, {}}}));
    EXPECT_EQ(routed.error().code, errc::resource_exhausted);
    append_until_accepted("2", {});
    EXPECT_EQ(run(store_->read_event(stored_event.id)).value().state, event_state::accepted);
    EXPECT_EQ(store_->health().backlog, 2U);
}

// A statement that fails by itself, in a group with others: what a trigger in the file refuses.
class poisoned_store : public sqlite_store_in_trouble {
protected:
    poisoned_store() {
        open();
        first_ = append(*store_, make_event("github", "first"), {}).value();
        second_ = append(*store_, make_event("github", "second"), {}).value();
        store_.reset();
        run_sql(
            "CREATE TRIGGER refuses BEFORE INSERT ON deliveries WHEN NEW.rule = 'poison'"
            " BEGIN SELECT RAISE(ABORT, 'poison'); END;"
            "CREATE TRIGGER undoes_all BEFORE INSERT ON deliveries WHEN NEW.rule = 'strong poison'"
            " BEGIN SELECT RAISE(ROLLBACK, 'strong poison'); END;"
            "CREATE TRIGGER refuses_change BEFORE UPDATE ON deliveries WHEN NEW.reason = 'poison'"
            " BEGIN SELECT RAISE(ABORT, 'poison'); END;"
            "CREATE TRIGGER refuses_deletion BEFORE DELETE ON events WHEN OLD.source = 'poison'"
            " BEGIN SELECT RAISE(ABORT, 'poison'); END;");
        open();
    }

    routing routed(receipt const& of, std::string rule) {
        auto const kept = run(store_->read_event(of.id)).value().kept;
        return {of.sequence, event_state::routed, "", {make_delivery(kept, std::move(rule))}, {}};
    }
    std::uint64_t waiting() { return store_->health().deliveries.at(delivery_state::waiting); }

    receipt first_;
    receipt second_;
};

TEST_F(poisoned_store, fails_a_routing_that_cannot_be_written_alone) {
    auto poison = routed(first_, "poison");
    auto good = routed(second_, "good");
    disk_.hold_syncs();
    appends before{*store_};
    before.add(make_event("github", "before"), {});
    before.submit();
    disk_.wait_for_held_sync();
    // These wait while the one before is being synced, so they share the next group.
    appends beside{*store_};
    beside.add(make_event("github", "beside"), {key_of("beside")});
    beside.submit();
    std::optional<result<std::vector<delivery>>> poisoned;
    std::optional<result<std::vector<delivery>>> recorded;
    in_background both;
    both.start(store_->record_routing({std::move(poison)}), poisoned);
    both.start(store_->record_routing({std::move(good)}), recorded);
    disk_.release_syncs();
    both.finish();
    EXPECT_TRUE(beside.wait().front());
    EXPECT_TRUE(before.wait().front());
    ASSERT_TRUE(recorded->has_value()) << recorded->error().message;
    ASSERT_FALSE(*poisoned);
    EXPECT_FALSE(is_retryable(poisoned->error().code));
    EXPECT_THAT(poisoned->error().message, HasSubstr("poison"));
    EXPECT_TRUE(store_->health().accepting);
    EXPECT_EQ(waiting(), 1U);
    EXPECT_EQ(store_->health().routed_through, 0U);  // The first one is not routed.
    EXPECT_EQ(store_->health().backlog, 3U);
    EXPECT_EQ(run(store_->read_event(first_.id)).value().state, event_state::accepted);
    EXPECT_EQ(run(store_->read_event(second_.id)).value().state, event_state::routed);
    // What the failed one had noted in memory is gone too: it can be routed, and routing goes on behind it.
    ASSERT_TRUE(run(store_->record_routing({{first_.sequence, event_state::quarantined, "poison", {}, {}}})));
    EXPECT_EQ(store_->health().routed_through, second_.sequence);
    EXPECT_EQ(store_->health().backlog, 2U);
}

TEST_F(poisoned_store, fails_the_group_when_the_database_takes_the_whole_transaction_back) {
    EXPECT_TRUE(is_retryable(run(store_->record_routing({routed(first_, "strong poison")})).error().code));
    append_until_accepted("after", {});
    EXPECT_EQ(waiting(), 0U);
    EXPECT_EQ(stored(), 3U);
}

TEST_F(poisoned_store, applies_the_other_changes_of_a_batch_that_holds_one_it_cannot_write) {
    auto const all = run(store_->record_routing({routed(first_, "a"), routed(second_, "b")})).value();
    auto const to_held = [&](std::size_t which, std::string reason) {
        return transition{.delivery = all[which].id, .to = delivery_state::held, .reason = std::move(reason)};
    };
    EXPECT_EQ(run(store_->record({to_held(0, "poison"), to_held(1, "paused")})).value(),
              (std::vector{false, true}));
    EXPECT_EQ(waiting(), 1U);
    EXPECT_EQ(run(store_->read_delivery(all[0].id)).value().kept.state, delivery_state::waiting);
    EXPECT_EQ(run(store_->read_delivery(all[1].id)).value().kept.reason, "paused");
}

TEST_F(poisoned_store, deletes_the_others_when_retention_cannot_delete_one) {
    auto const bad = append(*store_, make_event("poison", "old"), {key_of("old")}).value();
    for (auto const& each : {first_, second_, bad})
        run(store_->record_routing({{each.sequence, event_state::unmatched, "", {}, {}}})).value();
    store_.reset();
    clock_.advance(settings_.retention.events + std::chrono::hours{1});
    settings_.retention.check_every = std::chrono::seconds{0};  // In every group.
    open();
    for (int i = 0; i < 3; ++i) EXPECT_TRUE(append(*store_, make_event("github", "new"), {}));
    EXPECT_TRUE(store_->health().accepting);
    EXPECT_EQ(stored(), 4U);
    EXPECT_TRUE(run(store_->read_event(bad.id)));
    EXPECT_EQ(run(store_->read_event(first_.id)).error().code, errc::not_found);
}

TEST_F(sqlite_store_in_trouble, keeps_an_event_whose_sender_gave_up_waiting) {
    open();
    disk_.hold_syncs();
    appends one{*store_};
    one.add(make_event("github", "late"), {key_of("late")});
    one.submit();
    disk_.wait_for_held_sync();
    one.give_up();
    EXPECT_EQ(one.running(), 0U);
    EXPECT_EQ(one.answer(0)->error().code, errc::cancelled);
    disk_.release_syncs();
    one.wait();
    auto const retried = append(*store_, make_event("github", "late"), {key_of("late")}).value();
    EXPECT_TRUE(retried.duplicate);
}

TEST_F(sqlite_store_in_trouble, answers_at_the_deadline_while_the_disk_hangs_and_keeps_the_event) {
    open();
    disk_.hold_syncs();
    appends one{*store_};
    one.add(make_event("github", "late"), {key_of("late")}, from_now(std::chrono::milliseconds{1}));
    one.wait_for(0);
    EXPECT_EQ(one.answer(0)->error().code, errc::deadline_exceeded);
    disk_.release_syncs();
    one.wait();
    EXPECT_TRUE(append(*store_, make_event("github", "late"), {key_of("late")}).value().duplicate);
}

}  // namespace
}  // namespace headgate::store
