#include "core/deadline.hpp"
#include "store/sqlite/read_only.hpp"
#include "store/sqlite/sqlite_store.hpp"
#include "tests/support/faulty_vfs.hpp"
#include "tests/support/scratch_folder.hpp"
#include "tests/support/stored_events.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>

#include <fstream>
#include <set>
#include <sys/stat.h>

// What the embedded store promises about its disk: full, failing, damaged, shared, older and newer.

namespace headgate::store {
namespace {

using namespace testing_support;
using testing::HasSubstr;

class sqlite_store : public testing::Test {
protected:
    sqlite_store() {
        settings_.sqlite.path = (folder_.path() / "headgate.db").string();
        settings_.sqlite.vfs = faulty_vfs::name;
        disk_.heal();
    }
    ~sqlite_store() override {
        disk_.heal();
        store_.reset();
    }

    void open() {
        store_.reset();
        registry_ = std::make_unique<metrics>();
        auto opened = open_sqlite_store(settings_, clock_, *registry_);
        ASSERT_TRUE(opened) << opened.error().message;
        store_ = *std::move(opened);
    }

    error refused() {
        store_.reset();
        registry_ = std::make_unique<metrics>();
        return open_sqlite_store(settings_, clock_, *registry_).error();
    }

    // Another program's hand in the file, while no store is open.
    void run_sql(std::string const& sql) const {
        sqlite3* database = nullptr;
        ASSERT_EQ(sqlite3_open(settings_.sqlite.path.c_str(), &database), SQLITE_OK);
        EXPECT_EQ(sqlite3_exec(database, sql.c_str(), nullptr, nullptr, nullptr), SQLITE_OK)
            << sqlite3_errmsg(database);
        sqlite3_close(database);
    }

    // Appends until one is accepted again; every one refused before has to be `unavailable` or
    // `resource_exhausted`.
    receipt append_until_accepted(std::string const& body, std::vector<dedupe_key> const& keys) {
        while (true) {
            auto const answered = append(*store_, make_event("github", body), keys);
            if (answered) return *answered;
            EXPECT_TRUE(is_retryable(answered.error().code)) << answered.error().message;
        }
    }

    std::size_t stored() { return run(store_->list_events({}, {"", 1000})).value().items.size(); }

    faulty_vfs& disk_ = faulty_vfs::instance();
    scratch_folder folder_;
    manual_clock clock_;
    settings settings_;
    std::unique_ptr<metrics> registry_;
    std::unique_ptr<event_store> store_;
};

TEST_F(sqlite_store, refuses_a_file_that_another_store_serves) {
    open();
    metrics other;
    auto const second = open_sqlite_store(settings_, clock_, other);
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().code, errc::failed_precondition);
    EXPECT_THAT(second.error().message, HasSubstr("another headgate holds"));
    EXPECT_THAT(second.error().remedy, HasSubstr("store.sqlite.path"));
}

TEST_F(sqlite_store, keeps_events_where_not_everybody_on_the_machine_can_read_them) {
    auto const before = ::umask(022);
    open();
    ::umask(before);
    ASSERT_TRUE(append(*store_, make_event("github", "a"), {}));
    for (auto const* const suffix : {"", "-wal", "-shm", ".lock"}) {
        struct stat seen{};
        ASSERT_EQ(::stat((settings_.sqlite.path + suffix).c_str(), &seen), 0) << suffix;
        EXPECT_EQ(seen.st_mode & 07777U, 0640U) << suffix;
    }
}

TEST_F(sqlite_store, opens_although_a_lock_file_was_left_behind) {
    std::ofstream{settings_.sqlite.path + ".lock"} << "4711";
    open();
    EXPECT_TRUE(store_->health().accepting);
}

TEST_F(sqlite_store, refuses_a_folder_that_is_not_there) {
    settings_.sqlite.path = (folder_.path() / "nowhere" / "headgate.db").string();
    auto const why = refused();
    EXPECT_EQ(why.code, errc::failed_precondition);
    EXPECT_THAT(why.remedy, HasSubstr("make the folder"));
}

TEST_F(sqlite_store, refuses_a_newer_schema_by_name_and_leaves_it_alone) {
    open();
    store_.reset();
    run_sql("PRAGMA user_version = 99");
    auto const why = refused();
    EXPECT_EQ(why.code, errc::failed_precondition);
    EXPECT_THAT(why.message, HasSubstr("schema version 99"));
    EXPECT_THAT(why.remedy, HasSubstr("newer headgate"));
    run_sql("PRAGMA user_version = 1");
    open();
    EXPECT_TRUE(store_->health().accepting);
}

TEST_F(sqlite_store, refuses_the_database_of_another_program) {
    run_sql("CREATE TABLE bookmarks (url TEXT)");
    auto const why = refused();
    EXPECT_EQ(why.code, errc::failed_precondition);
    EXPECT_THAT(why.message, HasSubstr("another program"));
}

TEST_F(sqlite_store, refuses_a_file_that_is_no_database) {
    std::ofstream{settings_.sqlite.path} << std::string(8192, 'x');
    EXPECT_EQ(refused().code, errc::data_loss);
}

TEST_F(sqlite_store, answers_all_of_a_group_with_unavailable_when_its_commit_finds_the_disk_full) {
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

TEST_F(sqlite_store, serves_reads_while_the_disk_is_full) {
    open();
    auto const kept = append(*store_, make_event("github", "kept"), {}).value();
    disk_.fail_writes(1, faulty_vfs::forever);
    EXPECT_FALSE(append(*store_, make_event("github", "lost"), {}));
    EXPECT_EQ(run(store_->read_event(kept.id)).value().kept.received.body, "kept");
}

TEST_F(sqlite_store, acknowledges_nothing_after_a_failed_sync_until_it_has_opened_the_file_again) {
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

TEST_F(sqlite_store, survives_every_sync_and_every_write_failing_once) {
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

TEST_F(sqlite_store, never_gives_a_sequence_twice_also_not_of_a_failed_commit) {
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

TEST_F(sqlite_store, answers_changes_with_the_error_when_their_commit_fails) {
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
class poisoned_store : public sqlite_store {
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

TEST_F(sqlite_store, keeps_an_event_whose_sender_gave_up_waiting) {
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

TEST_F(sqlite_store, answers_at_the_deadline_while_the_disk_hangs_and_keeps_the_event) {
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

TEST_F(sqlite_store, names_a_damaged_event_and_serves_the_others) {
    open();
    auto const good = append(*store_, make_event("github", "good"), {}).value();
    auto const bad = append(*store_, make_event("github", "bad"), {}).value();
    auto const worse = append(*store_, make_event("github", "worse"), {}).value();
    auto const last = append(*store_, make_event("github", "last"), {}).value();
    store_.reset();
    run_sql("UPDATE events SET body = 'BAD' WHERE sequence = " + std::to_string(bad.sequence));
    run_sql("UPDATE events SET source = 'gitlab' WHERE sequence = " + std::to_string(worse.sequence));
    open();
    auto const refused = run(store_->read_event(bad.id));
    EXPECT_EQ(refused.error().code, errc::data_loss);
    EXPECT_THAT(refused.error().message, HasSubstr("event " + std::to_string(bad.sequence) + " is damaged"));
    EXPECT_EQ(run(store_->read_event(worse.id)).error().code, errc::data_loss);
    EXPECT_EQ(run(store_->read_event(good.id)).value().kept.received.body, "good");
    // The list shows heads; the one whose head is damaged is left out.
    EXPECT_EQ(stored(), 3U);
    // Routing goes round them, and says so.
    std::string routed;
    while (routed.size() < 8) {
        for (auto const& each : run(store_->lease_events(10)).value()) routed += each.received.body;
    }
    EXPECT_EQ(routed, "goodlast");
    EXPECT_EQ(run(store_->list_events({.state = event_state::quarantined}, {})).value().items.size(), 1U);
    EXPECT_LT(good.sequence, last.sequence);
}

TEST_F(sqlite_store, names_a_damaged_delivery_and_leaves_it_out_of_lists) {
    open();
    auto const of = append(*store_, make_event("github", "1"), {}).value();
    auto const kept = run(store_->read_event(of.id)).value().kept;
    auto const all = run(store_->record_routing(
                             {{of.sequence,
                               event_state::routed,
                               "",
                               {make_delivery(kept, "a"), make_delivery(kept, "b"), make_delivery(kept, "c")},
                               {}}}))
                         .value();
    store_.reset();
    run_sql("UPDATE deliveries SET state = 3 WHERE number = 1");
    run_sql("UPDATE orders SET content = x'00' WHERE number = 2");
    open();
    EXPECT_THAT(run(store_->read_delivery(all[0].id)).error().message, HasSubstr("delivery 1 is damaged"));
    EXPECT_THAT(run(store_->read_delivery(all[1].id)).error().message,
                HasSubstr("order of delivery 2 is damaged"));
    EXPECT_TRUE(run(store_->read_delivery(all[2].id)));
    EXPECT_EQ(run(store_->list_deliveries({}, {})).value().items.size(), 2U);  // No order is read for a list.
    EXPECT_EQ(run(store_->unfinished({delivery_state::waiting}, {}, 10)).value().size(), 1U);
    EXPECT_FALSE(
        run(store_->record({{.delivery = all[0].id, .from = delivery_state::completed}})).value().front());
}

TEST_F(sqlite_store, keeps_the_log_near_its_bound_under_load) {
    settings_.sqlite.wal_bytes_bound = 2 * 1024 * 1024;
    open();
    std::uint64_t longest = 0;
    for (int round = 0; round < 60; ++round) {
        appends many{*store_};
        for (int i = 0; i < 100; ++i) many.add(make_event("github", std::string(4000, 'x')), {});
        for (auto const& each : many.wait()) ASSERT_TRUE(each);
        longest = std::max(longest, store_->health().wal_bytes);
    }
    auto const bytes = std::filesystem::file_size(settings_.sqlite.path + "-wal");
    // 24 MB were written; without an end of the log it would be as long as that.
    EXPECT_LT(longest, 2 * settings_.sqlite.wal_bytes_bound);
    EXPECT_LT(bytes, 2 * settings_.sqlite.wal_bytes_bound);
}

TEST_F(sqlite_store, refuses_the_source_whose_keys_are_as_many_as_are_free_and_no_other) {
    settings_.dedupe_keys_max = 8;
    for (bool const reopened : {false, true}) {
        open();
        for (auto const* const name : {"1", "2", "3", "4"})
            EXPECT_EQ(append(*store_, make_event("github", name), {key_of(name)}).value().duplicate,
                      reopened);
        EXPECT_TRUE(store_->health().notes.empty());
        auto const fifth = append(*store_, make_event("github", "5"), {key_of("5")});
        EXPECT_EQ(fifth.error().code, errc::resource_exhausted);
        EXPECT_THAT(fifth.error().message, HasSubstr("source 'github'"));
        EXPECT_THAT(fifth.error().remedy, HasSubstr("dedupe_keys_max"));
        EXPECT_TRUE(append(*store_, make_event("stripe", "s"), {key_of("stripe 1")}));
        EXPECT_TRUE(store_->health().accepting);
        EXPECT_THAT(store_->health().notes, testing::ElementsAre(HasSubstr("source github")));
        EXPECT_THAT(registry_->render(), HasSubstr("\nheadgate_store_sources_without_room 1\n"));
    }
    EXPECT_EQ(stored(), 5U);
}

TEST_F(sqlite_store, accepts_a_source_again_when_its_keys_have_room) {
    settings_.dedupe_keys_max = 2;
    open();
    append(*store_, make_event("github", "1"), {key_of("1")}).value();
    EXPECT_FALSE(append(*store_, make_event("github", "2"), {key_of("2")}));
    EXPECT_TRUE(append(*store_, make_event("github", "without a key"), {}));
    EXPECT_TRUE(store_->health().notes.empty());
}

TEST_F(sqlite_store, names_a_source_no_longer_once_its_keys_have_room_although_it_sends_nothing) {
    settings_.dedupe_keys_max = 2;
    settings_.retention.dedupe = std::chrono::hours{1};
    settings_.retention.check_every = std::chrono::seconds{0};  // In every group.
    open();
    append(*store_, make_event("github", "1"), {key_of("1")}).value();
    EXPECT_FALSE(append(*store_, make_event("github", "2"), {key_of("2")}));
    EXPECT_THAT(store_->health().notes, testing::ElementsAre(HasSubstr("source github")));
    for (int i = 0; i < 4; ++i) {
        clock_.advance(std::chrono::minutes{30});
        EXPECT_TRUE(append(*store_, make_event("stripe", "s"), {}));
    }
    EXPECT_TRUE(store_->health().notes.empty());
    EXPECT_TRUE(append(*store_, make_event("github", "2"), {key_of("2")}));
}

TEST_F(sqlite_store, refuses_events_but_routes_and_records_when_the_disk_is_nearly_full) {
    open();
    auto const kept = append(*store_, make_event("github", "kept"), {}).value();
    settings_.disk_free_min = std::uint64_t{1} << 60;  // More than there is.
    open();
    auto const refused = append(*store_, make_event("github", "x"), {});
    EXPECT_EQ(refused.error().code, errc::resource_exhausted);
    EXPECT_THAT(refused.error().message, HasSubstr("store.disk_free_min"));
    EXPECT_FALSE(store_->health().accepting);
    EXPECT_THAT(store_->health().reason, HasSubstr("store.disk_free_min"));
    EXPECT_THAT(registry_->render(), HasSubstr("\nheadgate_store_accepting 0\n"));
    auto const of = run(store_->lease_events(1)).value().front();
    EXPECT_EQ(of.id, kept.id);
    auto const routed =
        run(store_->record_routing({{of.sequence, event_state::routed, "", {make_delivery(of, "a")}, {}}}));
    ASSERT_TRUE(routed) << routed.error().message;
    EXPECT_TRUE(run(store_->record({{.delivery = routed->at(0).id, .to = delivery_state::completed}})));
}

TEST_F(sqlite_store, is_not_accepting_while_the_backlog_is_full) {
    settings_.backlog_max = 1;
    open();
    auto const first = append(*store_, make_event("github", "1"), {}).value();
    EXPECT_FALSE(append(*store_, make_event("github", "2"), {}));
    EXPECT_FALSE(store_->health().accepting);
    EXPECT_THAT(store_->health().reason, HasSubstr("wait to be routed"));
    run(store_->record_routing({{first.sequence, event_state::unmatched, "", {}, {}}})).value();
    EXPECT_TRUE(store_->health().accepting);
    EXPECT_TRUE(append(*store_, make_event("github", "2"), {}));
}

TEST_F(sqlite_store, is_looked_into_by_whoever_only_reads) {
    open();
    auto const kept = append(*store_, make_event("github", "raw \xff bytes"), {}).value();
    auto const bad = append(*store_, make_event("github", "bad"), {}).value();
    auto const& path = settings_.sqlite.path;
    auto const held = open_read_only(path);
    EXPECT_EQ(held.error().code, errc::failed_precondition);
    EXPECT_THAT(held.error().message, HasSubstr("held by a running serve"));
    EXPECT_THAT(held.error().remedy, HasSubstr("--api"));
    store_.reset();
    run_sql("UPDATE events SET body = 'BAD' WHERE sequence = " + std::to_string(bad.sequence));

    auto const opened = open_read_only(path).value();
    auto const shown = opened->read_event(kept.id).value();
    EXPECT_EQ(shown.kept.received.body, "raw \xff bytes");
    EXPECT_EQ(shown.kept.sender.delivery_id, "72d3162e");
    EXPECT_EQ(opened->read_event(bad.id).error().code, errc::data_loss);
    EXPECT_EQ(opened->read_event({}).error().code, errc::not_found);
    EXPECT_TRUE(open_read_only(path));
    EXPECT_THAT(refused().message, HasSubstr("another headgate holds"));
}

TEST_F(sqlite_store, is_not_opened_to_read_when_it_is_missing_foreign_or_of_another_schema) {
    auto const& path = settings_.sqlite.path;
    auto const missing = open_read_only(path);
    EXPECT_EQ(missing.error().code, errc::failed_precondition);
    EXPECT_THAT(missing.error().message, HasSubstr(path));
    EXPECT_FALSE(std::filesystem::exists(path));
    open();
    store_.reset();
    run_sql("PRAGMA user_version = 99");
    EXPECT_THAT(open_read_only(path).error().message, HasSubstr("schema version 99"));
    run_sql("PRAGMA application_id = 5");
    EXPECT_THAT(open_read_only(path).error().message, HasSubstr("another program"));
    std::ofstream{path} << std::string(8192, 'x');
    EXPECT_EQ(open_read_only(path).error().code, errc::data_loss);
}

TEST_F(sqlite_store, refuses_events_past_the_size_of_the_database) {
    settings_.bytes_max = 512 * 1024;
    open();
    int accepted = 0;
    result<receipt> last;
    while ((last = append(*store_, make_event("github", std::string(16'000, 'x')), {}))) ++accepted;
    EXPECT_EQ(last.error().code, errc::resource_exhausted);
    EXPECT_THAT(last.error().message, HasSubstr("store.bytes_max"));
    EXPECT_GT(accepted, 5);
    EXPECT_LT(accepted, 33);
}

}  // namespace
}  // namespace headgate::store
