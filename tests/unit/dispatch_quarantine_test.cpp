#include "json/parse.hpp"
#include "tests/support/fake_target.hpp"
#include "tests/support/replaced_dispatcher.hpp"
#include "tests/support/run.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace headgate::dispatch {
namespace {

using testing::HasSubstr;
using testing_support::event_with;
using testing_support::fake_target;

settings with_schema(settings from, std::string_view text) {
    auto schema = std::make_shared<transforms::kept_document>();
    schema->root = json::parse(text, schema->kept)->root;
    from.sources.front().body.schema = std::move(schema);
    return from;
}

store::routing routed(settings const& from, std::string body) {
    json::arena scratch;
    return route(event_with(std::move(body)), *compiled(from), scratch, wall_time{});
}

constexpr std::string_view needs_a_number =
    R"({"required": ["n"], "properties": {"n": {"type": "integer"}}})";

TEST(quarantine, takes_events_whose_body_does_not_match_the_schema) {
    auto const from = with_schema(settings_with({rule_of("sync")}), needs_a_number);
    EXPECT_EQ(routed(from, R"({"n": 1})").deliveries.size(), 1U);
    auto const kept = routed(from, R"({"n": "SECRET"})");
    EXPECT_EQ(kept.state, event_state::quarantined);
    EXPECT_EQ(kept.reason,
              "the body does not match its schema: /n may not be of type string — mend the schema, or let "
              "the sender "
              "mend the body; then route the event again");
    EXPECT_TRUE(kept.deliveries.empty());
    EXPECT_EQ(routed(settings_with({rule_of("sync")}), R"({"n": "x"})").state, event_state::routed);
}

TEST(quarantine, takes_events_whose_body_is_not_what_it_says) {
    auto const kept = routed(with_schema(settings_with({rule_of("sync")}), "true"), R"({"n": )");
    EXPECT_EQ(kept.state, event_state::quarantined);
    EXPECT_THAT(kept.reason, HasSubstr("JSON"));
}

TEST(quarantine, takes_events_that_no_rule_would_have_looked_at) {
    EXPECT_EQ(routed(with_schema(settings_with({}), needs_a_number), "{}").state, event_state::quarantined);
    EXPECT_EQ(routed(with_schema(settings_with({}), needs_a_number), R"({"n": 1})").state,
              event_state::unmatched);
}

TEST(quarantine, takes_events_that_cannot_be_looked_at_within_the_budget) {
    auto from = with_schema(settings_with({rule_of("sync")}),
                            R"({"properties": {"n": {"items": {"type": "integer"}}}})");
    std::string body = R"({"n": [0)";
    for (int i = 0; i < 500; ++i) body += ",0";
    body += "]}";
    EXPECT_EQ(routed(from, body).state, event_state::routed);
    from.schema_steps_max = 100;
    EXPECT_EQ(routed(from, body).state, event_state::quarantined);
    EXPECT_THAT(routed(from, body).reason, HasSubstr("took too long — raise dispatch.schema_steps_max"));
}

TEST(quarantine, of_a_bad_schema_is_a_problem_of_the_source) {
    problems found;
    EXPECT_EQ(rulebook::compile(with_schema(settings_with({}), R"({"type": "text"})"), found), nullptr);
    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(found[0].path, "sources.github.schema");
    EXPECT_THAT(found[0].what, HasSubstr("the schema at /type: is not a type"));
}

class an_event_that_is_routed_again : public replaced_dispatcher {
protected:
    asio::awaitable<result<void>> route_first() { return dispatcher_->route_again(only().kept.id); }

    asio::awaitable<void> take(std::string body) {
        auto appending = store_.append(event_with(std::move(body)), {}, deadline::max());
        auto const stored = co_await std::move(appending);
        EXPECT_TRUE(stored);
        auto waiting = until([this] { return only().state != event_state::accepted; });
        co_await std::move(waiting);
    }

    [[nodiscard]] store::event_record const& only() const { return store_.events().begin()->second; }

    [[nodiscard]] std::string counted(std::string_view result) const {
        auto const text = counts_.render();
        auto const name = "headgate_events_routed_total{result=\"" + std::string{result} + "\"} ";
        auto const at = text.find(name) + name.size();
        return text.substr(at, text.find('\n', at) - at);
    }

    asio::awaitable<void> play_mended_schema() {
        STEP(begin(with_schema(settings_with({rule_of("sync")}), needs_a_number),
                   one("platform", std::make_unique<fake_target>(target_))));
        STEP(take(R"({"n": "one"})"));
        EXPECT_EQ(only().state, event_state::quarantined);
        EXPECT_EQ(counted("quarantined"), "1");
        auto still_bad = route_first();
        auto const same = co_await std::move(still_bad);
        EXPECT_TRUE(same);
        EXPECT_EQ(only().state, event_state::quarantined);
        STEP(replace(with_schema(settings_with({rule_of("sync")}), R"({"required": ["n"]})")));
        auto mended = route_first();
        auto const routed = co_await std::move(mended);
        EXPECT_TRUE(routed);
        EXPECT_EQ(only().state, event_state::routed);
        EXPECT_EQ(only().reason, "");
        STEP(until_first_is(delivery_state::completed));
        STEP(end());
    }

    asio::awaitable<void> play_new_rules() {
        STEP(
            begin(settings_with({rule_of("sync")}), one("platform", std::make_unique<fake_target>(target_))));
        STEP(take("{}"));
        STEP(until_first_is(delivery_state::completed));
        auto nothing_new = route_first();
        auto const same = co_await std::move(nothing_new);
        EXPECT_TRUE(same);
        EXPECT_EQ(store_.deliveries().size(), 1U);
        STEP(replace(settings_with({rule_of("sync"), rule_of("build")})));
        auto another = route_first();
        auto const more = co_await std::move(another);
        EXPECT_TRUE(more);
        EXPECT_EQ(store_.deliveries().size(), 2U);
        STEP(until([this] { return target_.starts.size() == 2; }));
        STEP(end());
    }

    asio::awaitable<void> play_unknown() {
        STEP(
            begin(settings_with({rule_of("sync")}), one("platform", std::make_unique<fake_target>(target_))));
        auto routing = dispatcher_->route_again(uuid{});
        auto const routed = co_await std::move(routing);
        EXPECT_FALSE(routed);
        EXPECT_EQ(routed.error().code, errc::not_found);
        STEP(end());
    }

    fake_target::memory target_;
};

TEST_F(an_event_that_is_routed_again, leaves_the_quarantine_once_the_schema_is_mended) {
    testing_support::run(play_mended_schema());
}

TEST_F(an_event_that_is_routed_again, gets_deliveries_only_of_rules_that_have_none) {
    testing_support::run(play_new_rules());
}

TEST_F(an_event_that_is_routed_again, has_to_be_there) {
    testing_support::run(play_unknown());
}

}  // namespace
}  // namespace headgate::dispatch
