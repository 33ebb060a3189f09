#include "gateway/routes.hpp"

#include <gtest/gtest.h>

#include <string>

namespace headgate::gateway {
namespace {

route_table table() {
    route_table routes;
    EXPECT_TRUE(routes.add("/webhooks/github", 0));
    EXPECT_TRUE(routes.add("/webhooks/airbyte/{connection}", 1));
    EXPECT_TRUE(routes.add("/webhooks/airbyte/{connection}/done", 2));
    EXPECT_TRUE(routes.add("/webhooks/airbyte/all", 3));
    return routes;
}

TEST(route_table, finds_a_literal_path) {
    auto const found = table().find("/webhooks/github");
    ASSERT_TRUE(found);
    EXPECT_EQ(found->source, 0U);
    EXPECT_TRUE(found->values.empty());
}

TEST(route_table, gives_parameters_decoded_once) {
    auto const found = table().find("/webhooks/airbyte/a%20b%2525");
    ASSERT_TRUE(found);
    EXPECT_EQ(found->source, 1U);
    EXPECT_EQ(found->values, (parameters{{"connection", "a b%25"}}));
}

TEST(route_table, lets_no_parameter_look_like_a_path) {
    using namespace std::string_literals;
    for (auto const& value : {"a%2Fdone"s, "%2f"s, "a%5Cb"s, "a%00"s, "%0d%0ab"s, "%1F"s, "%7f"s}) {
        EXPECT_FALSE(table().find("/webhooks/airbyte/" + value)) << value;
    }
    EXPECT_TRUE(table().find("/webhooks/airbyte/a%252Fdone")) << "decoded once, it has no slash";
    EXPECT_TRUE(table().find("/webhooks/airbyte/...")) << "only one and two dots mean a folder";
}

TEST(route_table, prefers_a_literal_to_a_parameter_and_goes_back_when_that_leads_nowhere) {
    EXPECT_EQ(table().find("/webhooks/airbyte/all")->source, 3U);
    EXPECT_EQ(table().find("/webhooks/airbyte/all/done")->source, 2U);
}

TEST(route_table, refuses_a_path_that_is_taken) {
    auto routes = table();
    EXPECT_FALSE(routes.add("/webhooks/airbyte/{other}", 9));
}

class unmatched_paths : public testing::TestWithParam<char const*> {};

TEST_P(unmatched_paths, belong_to_nobody) {
    EXPECT_FALSE(table().find(GetParam()));
}

INSTANTIATE_TEST_SUITE_P(rows, unmatched_paths,
                         testing::Values("", "/", "webhooks/github", "/webhooks", "/webhooks/github/",
                                         "/webhooks//github", "/webhooks/./github", "/webhooks/x/../github",
                                         "/webhooks/%2e%2e/github", "/WEBHOOKS/github", "/webhooks/git%",
                                         "/webhooks/git%zz", "/webhooks/airbyte/", "/webhooks/airbyte/%2e",
                                         "/webhooks/airbyte/.%2E", "/webhooks%2Fgithub"));

}  // namespace
}  // namespace headgate::gateway
