#pragma once

#include "core/deadline.hpp"
#include "core/ids.hpp"
#include "targets/temporal/temporal.hpp"
#include "tests/support/fake_workflow_service.hpp"
#include "tests/support/run.hpp"

#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

// A Temporal target as the tests ask it.

namespace headgate::testing_support {

inline uuid delivery_numbered(std::uint8_t n) {
    uuid id;
    id.bytes.fill(0x11);
    id.bytes[15] = n;
    return id;
}

inline start_order order_for(std::string workflow_id) {
    start_order order;
    order.workflow_id = std::move(workflow_id);
    order.workflow = "SyncThenBuild";
    order.task_queue = "data-platform";
    order.inputs = {R"({"connection":"orders","exact":1.10})"};
    return order;
}

inline start_order signal_with_start_for(std::string workflow_id) {
    auto order = order_for(std::move(workflow_id));
    order.kind = order_kind::signal_with_start;
    order.signal = {.name = "new_release",
                    .inputs = {R"({"tag":"v1"})"},
                    .event_id = "0192f3c0-7b1e-7cc3-9a4f-0123456789ab"};
    return order;
}

inline start_order signal_for(std::string workflow_id) {
    auto whole = signal_with_start_for(std::move(workflow_id));
    start_order order;
    order.kind = order_kind::signal;
    order.workflow_id = std::move(whole.workflow_id);
    order.signal = std::move(whole.signal);
    return order;
}

inline deadline soon() {
    return from_now(std::chrono::seconds{15});
}

inline targets::temporal_settings settings_for(std::string address) {
    targets::temporal_settings settings;
    settings.address = std::move(address);
    settings.identity = "headgate@test";
    return settings;
}

inline std::unique_ptr<targets::target> make_target(targets::temporal_settings const& settings,
                                                    boost::asio::io_context& context) {
    auto made = targets::make_temporal_target(settings, context.get_executor());
    EXPECT_TRUE(made) << made.error().message;
    return *std::move(made);
}

// A target of a fake frontend.
class asking_a_fake : public testing::Test {
protected:
    std::unique_ptr<targets::target> make(targets::temporal_settings const& settings) {
        return make_target(settings, context_);
    }

    targets::start_answer start(start_order const& order, uuid const& id) {
        return run(target_->start(order, id, soon()));
    }

    targets::run_status follow(std::string workflow_id, std::string run_id,
                               targets::patience how = targets::patience::wait_for_end) {
        auto looked = run(target_->follow(std::move(workflow_id), std::move(run_id), how, soon()));
        EXPECT_TRUE(looked) << looked.error().message;
        return looked.value_or(targets::run_status{});
    }

    boost::asio::io_context context_{1};
    fake_workflow_service service_;
    std::unique_ptr<targets::target> target_ = make(settings_for(service_.address()));
};

}  // namespace headgate::testing_support
