#include "http/descriptors.hpp"

#include <gtest/gtest.h>

namespace headgate::http {
namespace {

struct listeners {
    listener_settings webhooks{.name = "webhooks"};
    listener_settings operator_{.name = "operator"};

    listeners(std::size_t webhooks_max, std::size_t operator_max) {
        webhooks.bounds.connections_max = webhooks_max;
        operator_.bounds.connections_max = operator_max;
    }
};

TEST(descriptors, that_are_enough_change_nothing) {
    listeners of{10'000, 256};
    EXPECT_TRUE(share_descriptors(descriptors_kept + 10'256, of.webhooks, of.operator_).empty());
    EXPECT_EQ(of.webhooks.bounds.connections_max, 10'000U);
    EXPECT_EQ(of.operator_.bounds.connections_max, 256U);
}

TEST(descriptors, that_are_one_too_few_lower_the_webhooks_listener) {
    listeners of{10'000, 256};
    auto const lowered = share_descriptors(descriptors_kept + 10'255, of.webhooks, of.operator_);
    ASSERT_EQ(lowered.size(), 1U);
    EXPECT_EQ(lowered.front().of, &of.webhooks);
    EXPECT_EQ(lowered.front().configured, 10'000U);
    EXPECT_EQ(of.webhooks.bounds.connections_max, 9'999U);
}

TEST(descriptors, that_are_few_leave_the_operator_a_quarter) {
    listeners of{10'000, 256};
    EXPECT_EQ(share_descriptors(descriptors_kept + 400, of.webhooks, of.operator_).size(), 2U);
    EXPECT_EQ(of.operator_.bounds.connections_max, 100U);
    EXPECT_EQ(of.webhooks.bounds.connections_max, 300U);
}

TEST(descriptors, that_are_none_leave_both_listeners_a_handful) {
    listeners of{10'000, 256};
    share_descriptors(0, of.webhooks, of.operator_);
    EXPECT_EQ(of.operator_.bounds.connections_max, 16U);
    EXPECT_EQ(of.webhooks.bounds.connections_max, 16U);
}

}  // namespace
}  // namespace headgate::http
