#include "core/deadline.hpp"
#include "store/sqlite/read_only.hpp"
#include "store/sqlite/sqlite_store.hpp"
#include "tests/support/run.hpp"
#include "tests/support/spawn_and_forget.hpp"
#include "tests/support/sqlite_store_at_work.hpp"

#include <boost/asio/io_context.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>

#include <fstream>
#include <optional>
#include <sys/stat.h>

// What the embedded store promises about its file: shared, older, newer, damaged, nearly full.

namespace headgate::store {
namespace {

using namespace testing_support;
using testing::HasSubstr;

using sqlite_store = sqlite_store_at_work;

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
    run_sql("PRAGMA user_version = 2");
    open();
    EXPECT_TRUE(store_->health().accepting);
}

TEST_F(sqlite_store, brings_a_file_of_the_first_schema_to_todays_and_keeps_what_is_in_it) {
    open();
    auto const before = append(*store_, make_event("github", "a"), {}).value().id;
    store_.reset();
    run_sql("DROP TABLE revivals; PRAGMA user_version = 1");
    EXPECT_THAT(open_read_only(settings_.sqlite.path).error().message, HasSubstr("schema version 1;"));
    open();
    EXPECT_EQ(run(store_->read_event(before)).value().kept.id, before);
    store_.reset();
    EXPECT_TRUE(open_read_only(settings_.sqlite.path));
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
    EXPECT_EQ(run(store_->unfinished({}, {})).value().items.size(), 2U);
    EXPECT_FALSE(run(store_->read_orders({all[1].id}, 10)).value().front());
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

TEST_F(sqlite_store, lists_keep_no_other_reading_waiting) {
    settings_.reads_waiting_max = 1;
    open();
    auto const kept = append(*store_, make_event("github", "kept"), {}).value();
    asio::io_context here;
    std::optional<result<page<event_summary>>> listed;
    std::optional<result<event_record>> read;
    spawn_and_forget(here, keep(store_->list_events({}, {"", 1000}), listed));
    spawn_and_forget(here, keep(store_->read_event(kept.id), read));
    here.run();
    EXPECT_TRUE(*listed);
    EXPECT_TRUE(*read) << "only one may wait, and a list waits elsewhere";
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
