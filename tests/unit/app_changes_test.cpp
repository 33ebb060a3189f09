#include "app/changes.hpp"

#include <gtest/gtest.h>

#include <string>

namespace headgate::app {
namespace {

plan plan_with(targets::temporal_settings temporal) {
    plan made;
    made.settings.dispatch.targets.push_back({.name = "platform", .temporal = std::move(temporal)});
    return made;
}

targets::temporal_settings temporal() {
    targets::temporal_settings made;
    made.address = "temporal:7233";
    made.tls = targets::temporal_tls{.server_ca = "ca.pem"};
    made.api_key = secret{"a key"};
    return made;
}

std::string paths_of(problems const& found) {
    std::string all;
    for (auto const& each : found) all += each.path + " ";
    return all;
}

TEST(changes, of_addresses_the_store_and_the_logs_queue_need_a_restart) {
    config::configuration const now;
    EXPECT_EQ(paths_of(what_needs_a_restart(now, now)), "");
    auto next = now;
    next.webhooks.address = "127.0.0.1:1";
    next.operator_.address = "127.0.0.1:2";
    next.store.queue_bytes_max += 1;
    next.log.lines_waiting_max += 1;
    auto const found = what_needs_a_restart(now, next);
    EXPECT_EQ(paths_of(found),
              "listen.webhooks.address listen.operator.address store log.lines_waiting_max ");
    for (auto const& each : found) EXPECT_TRUE(each.remedy.starts_with("restart needed")) << each.path;
}

TEST(changes, of_limits_certificates_operators_rules_sources_and_retention_need_none) {
    config::configuration const now;
    auto next = now;
    next.webhooks.bounds.connections_max = 7;
    next.webhooks.tls.push_back({"certificate.pem", "key.pem"});
    next.console.operators.push_back({"ada", console::role::operator_, secret{"a token"}});
    next.dispatch.rules.emplace_back();
    next.gateway.sources.emplace_back();
    next.store.retention.dead += std::chrono::hours{1};
    EXPECT_EQ(paths_of(what_needs_a_restart(now, next)), "");
}

TEST(target, keeps_its_connection_when_only_its_rate_changes) {
    auto const now = plan_with(temporal());
    auto next = now;
    next.settings.dispatch.targets.front().starts_per_second_max = 5;
    EXPECT_TRUE(needs_new_target(now, next, "platform")) << "its authorities were never looked at";
    auto const looked_at = [](plan of) {
        of.made_from["ca.pem"] = {1};
        return of;
    };
    EXPECT_FALSE(needs_new_target(looked_at(now), looked_at(next), "platform"));
}

TEST(target, is_replaced_when_its_settings_its_key_or_a_file_it_names_change) {
    auto now = plan_with(temporal());
    now.made_from["ca.pem"] = {1};
    auto other_file = now;
    other_file.made_from["ca.pem"] = {2};
    EXPECT_TRUE(needs_new_target(now, other_file, "platform"));
    auto other_key = now;
    other_key.settings.dispatch.targets.front().temporal.api_key = secret{"another key"};
    EXPECT_TRUE(needs_new_target(now, other_key, "platform"));
    auto other_address = now;
    other_address.settings.dispatch.targets.front().temporal.address = "elsewhere:7233";
    EXPECT_TRUE(needs_new_target(now, other_address, "platform"));
    EXPECT_TRUE(needs_new_target(plan{}, now, "platform")) << "it is new";
}

}  // namespace
}  // namespace headgate::app
