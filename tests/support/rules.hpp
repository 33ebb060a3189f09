#pragma once

#include "dispatch/rulebook.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

// Rules, an event, and what they make of it.

namespace headgate::testing_support {

inline constexpr wall_time now{std::chrono::seconds{1'700'000'000}};

inline dispatch::rule_settings bare_rule(std::string name) {
    dispatch::rule_settings rule;
    rule.name = std::move(name);
    rule.source = "github";
    rule.target = "platform";
    rule.workflow = "Sync";
    rule.task_queue = "data";
    return rule;
}

inline event event_with(std::string body) {
    event made{
        .tenant = "default", .source = "github", .sender = identity{"mac", "signing#0", coverage::full}};
    made.received.head = {.method = "POST",
                          .target = "/webhooks/github",
                          .fields = {{"content-type", "application/json"}},
                          .peer = "192.0.2.1"};
    made.received.body = std::move(body);
    return made;
}

inline event release() {
    auto made =
        event_with(R"({"action":"published","release":{"tag_name":"v1"},"n":12345678901234567890123})");
    made.sequence = 5;
    made.id = *parse_uuid("0192f3c0-7b1e-7cc3-9a4f-0123456789ab");
    made.received.head.fields.push_back({"x-github-event", "release"});
    made.received.received_at = now;
    return made;
}

inline std::shared_ptr<dispatch::rulebook const> compiled(dispatch::settings const& from) {
    problems found;
    auto book = dispatch::rulebook::compile(from, found);
    EXPECT_TRUE(book) << (found.empty() ? "" : found.front().what);
    return book;
}

inline std::shared_ptr<dispatch::rulebook const> book_of(std::vector<dispatch::rule_settings> rules) {
    dispatch::settings from;
    from.rules = std::move(rules);
    from.sources = {{.name = "github", .body = {}}};
    return compiled(from);
}

inline store::routing routed(std::vector<dispatch::rule_settings> rules, event const& from = release()) {
    json::arena scratch;
    return dispatch::route(from, *book_of(std::move(rules)), scratch, now);
}

}  // namespace headgate::testing_support
