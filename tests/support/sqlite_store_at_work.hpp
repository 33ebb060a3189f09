#pragma once

#include "store/sqlite/sqlite_store.hpp"
#include "tests/support/faulty_vfs.hpp"
#include "tests/support/scratch_folder.hpp"
#include "tests/support/stored_events.hpp"

#include <gtest/gtest.h>
#include <sqlite3.h>

#include <memory>
#include <string>
#include <vector>

namespace headgate::testing_support {

// The embedded store on a disk that fails when it is told to.
class sqlite_store_at_work : public testing::Test {
protected:
    sqlite_store_at_work() {
        settings_.sqlite.path = (folder_.path() / "headgate.db").string();
        settings_.sqlite.vfs = faulty_vfs::name;
        disk_.heal();
    }
    ~sqlite_store_at_work() override {
        disk_.heal();
        store_.reset();
    }

    void open() {
        store_.reset();
        registry_ = std::make_unique<metrics>();
        auto opened = store::open_sqlite_store(settings_, clock_, *registry_);
        ASSERT_TRUE(opened) << opened.error().message;
        store_ = *std::move(opened);
    }

    error refused() {
        store_.reset();
        registry_ = std::make_unique<metrics>();
        return store::open_sqlite_store(settings_, clock_, *registry_).error();
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
    store::receipt append_until_accepted(std::string const& body, std::vector<dedupe_key> const& keys) {
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
    store::settings settings_;
    std::unique_ptr<metrics> registry_;
    std::unique_ptr<store::event_store> store_;
};

}  // namespace headgate::testing_support
