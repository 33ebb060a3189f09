#include "tests/support/sqlite_store_at_work.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

// What the embedded store puts into one transaction.

namespace headgate::store {
namespace {

using namespace testing_support;
using testing::HasSubstr;

class groups_of_a_store : public sqlite_store_at_work {
protected:
    event first_event() {
        settings_.group_bytes_max = 64 * 1024;
        open();
        auto const stored = append(*store_, make_event("github", "1"), {}).value();
        return run(store_->read_event(stored.id)).value().kept;
    }

    // Returns while a group of one event is being synced: what comes then waits together.
    void hold_the_disk(appends& before) {
        disk_.hold_syncs();
        before.add(make_event("github", "before"), {});
        before.submit();
        disk_.wait_for_held_sync();
    }

    // More than half of what a group may have.
    static std::vector<routing> large_routing(event const& from, std::uint32_t item = 0) {
        auto made = make_delivery(from, "large", item);
        made.order.inputs = {'"' + std::string(40'000, 'x') + '"'};
        return {{from.sequence, event_state::routed, "", {std::move(made)}, {}}};
    }
};

TEST_F(groups_of_a_store, are_bounded_by_the_bytes_of_what_routing_made_as_well) {
    auto const from = first_event();
    appends before{*store_};
    hold_the_disk(before);
    std::vector<std::optional<result<std::vector<delivery>>>> recorded(4);
    in_background routings;
    for (std::uint32_t i = 0; i < recorded.size(); ++i) {
        routings.start(store_->record_routing(large_routing(from, i)), recorded[i]);
    }
    disk_.release_syncs();
    routings.finish();
    for (auto const& each : recorded) EXPECT_TRUE(each->has_value());
    EXPECT_TRUE(before.wait().front());
    // One event, the one before, and the four, of which no two fit.
    EXPECT_THAT(registry_->render(), HasSubstr("\nheadgate_store_groups_total 6\n"));
}

TEST_F(groups_of_a_store, are_bounded_also_where_what_routing_made_meets_appends) {
    auto const from = first_event();
    appends before{*store_};
    hold_the_disk(before);
    appends large{*store_};
    for (int i = 0; i < 3; ++i) large.add(make_event("github", std::string(40'000, 'x')), {});
    large.submit();
    std::optional<result<std::vector<delivery>>> recorded;
    in_background routings;
    routings.start(store_->record_routing(large_routing(from)), recorded);
    disk_.release_syncs();
    routings.finish();
    EXPECT_TRUE(recorded->has_value());
    for (auto const& each : large.wait()) EXPECT_TRUE(each);
    EXPECT_TRUE(before.wait().front());
    // One event, the one before, and the three and the routing, of which no two fit.
    EXPECT_THAT(registry_->render(), HasSubstr("\nheadgate_store_groups_total 6\n"));
}

}  // namespace
}  // namespace headgate::store
