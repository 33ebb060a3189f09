#include "tests/support/run.hpp"
#include "tests/support/temporal_target.hpp"

#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

// What real servers do too rarely to wait for: answers that are lost, connections that break, runs that
// continue under another id. The fake does it when told.

namespace headgate::targets {
namespace {

using namespace std::chrono_literals;
using fake = testing_support::fake_workflow_service;
using testing_support::delivery_numbered;
using testing_support::order_for;
using testing_support::run;
using testing_support::settings_for;
using testing_support::soon;

class following_a_run : public testing_support::asking_a_fake {};

struct ending_row {
    fake::ending how;
    std::string why;
    run_status::kind what;
    std::string detail;
};

TEST_F(following_a_run, every_end_of_a_run_is_told_with_its_reason) {
    using enum run_status::kind;
    std::vector<ending_row> const rows{
        {fake::ending::completed, "", completed, ""},
        {fake::ending::failed, "no such table", failed, "failed: Activity task failed: no such table"},
        {fake::ending::cancelled, "", failed, "cancelled"},
        {fake::ending::terminated, "by operator", failed, "terminated: by operator"},
        {fake::ending::timed_out, "", failed, "timed out"},
    };
    for (auto const& row : rows) {
        auto const id = "ends." + std::to_string(static_cast<int>(row.how));
        auto const order = order_for(id);
        auto const started = start(order, delivery_numbered(1));
        service_.close(id, row.how, row.why);
        for (auto const how : {patience::look, patience::wait_for_end}) {
            auto const told = follow(id, started.run_id, how);
            EXPECT_EQ(told.what, row.what) << id;
            EXPECT_EQ(told.detail, row.detail) << id;
            EXPECT_EQ(told.run_id, started.run_id) << id;
            EXPECT_EQ(told.ended_at, wall_time{1'700'000'000'250ms}) << id;
        }
    }
}

TEST_F(following_a_run, waits_for_an_end_that_comes_later) {
    auto const order = order_for("later");
    auto const started = start(order, delivery_numbered(1));
    std::jthread const worker{[this] {
        if (service_.wait_for_calls("GetWorkflowExecutionHistory", 1)) {
            service_.close("later", fake::ending::completed);
        }
    }};
    EXPECT_EQ(follow("later", started.run_id).what, run_status::kind::completed);
}

TEST_F(following_a_run, follows_a_run_that_continues_as_new_to_its_end) {
    auto const order = order_for("chain");
    auto const started = start(order, delivery_numbered(1));
    service_.continue_as_new("chain");
    auto const last = service_.continue_as_new("chain");
    auto const on_the_way = follow("chain", started.run_id, patience::look);
    EXPECT_EQ(on_the_way.what, run_status::kind::running);
    EXPECT_EQ(on_the_way.run_id, last);

    service_.close("chain", fake::ending::completed);
    auto const told = follow("chain", started.run_id);
    EXPECT_EQ(told.what, run_status::kind::completed);
    EXPECT_EQ(told.run_id, last);
}

TEST_F(following_a_run, a_run_that_failed_and_is_tried_again_runs_on) {
    auto const order = order_for("retried");
    auto const started = start(order, delivery_numbered(1));
    auto const second = service_.fail_and_retry("retried", "no such table");
    auto const told = follow("retried", started.run_id, patience::look);
    EXPECT_EQ(told.what, run_status::kind::running);
    EXPECT_EQ(told.run_id, second);
}

TEST_F(following_a_run, a_run_that_was_forgotten_is_gone) {
    auto const order = order_for("forgotten");
    auto const started = start(order, delivery_numbered(1));
    service_.forget("forgotten");
    EXPECT_EQ(follow("forgotten", started.run_id).what, run_status::kind::gone);
}

TEST_F(following_a_run, a_question_that_cannot_be_answered_is_an_error_not_an_end) {
    auto const order = order_for("quiet");
    auto const started = start(order, delivery_numbered(1));
    service_.answer_next("DescribeWorkflowExecution", {.code = 7, .message = "Request unauthorized."});
    auto const told = run(target_->follow("quiet", started.run_id, patience::look, soon()));
    ASSERT_FALSE(told);
    EXPECT_EQ(told.error().code, errc::permission_denied);
}

}  // namespace
}  // namespace headgate::targets
