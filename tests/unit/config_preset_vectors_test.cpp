#include "config/preset_vectors.hpp"
#include "config/presets.hpp"
#include "tests/support/given_facts.hpp"
#include "tests/support/preset_mutants.hpp"
#include "tests/support/senders.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

// Every preset through the real engine: the requests that stand beside it are accepted, and refused when
// anything is off by a little. Their signatures are published, or made by tests/presets/vectors.py.

namespace headgate::config {
namespace {

using namespace testing_support;
using ::testing::IsEmpty;

auth::settings settings_of(preset const& one, preset_vector const& with) {
    notes found;
    static_cast<void>(found.add_file(one.name + ".yaml"));
    auto sender = read_preset(one.name, one.tree, one.name, with.params, one.tree, "params", found);
    for (auto const& each : found.found()) ADD_FAILURE() << to_text(each);
    sender.public_url = with.public_url;
    for (auto const& [name, value] : with.secrets) sender.secrets[name] = {secret_of(value)};
    return sender;
}

std::vector<preset_vector> vectors_of(preset const& one) {
    notes found;
    static_cast<void>(found.add_file(one.name + ".yaml"));
    auto vectors = read_vectors(one.tree, one.name, found);
    for (auto const& each : found.found()) ADD_FAILURE() << to_text(each);
    return vectors;
}

// What the vector says is there.
auth::facts known_to(auth::authenticator const& source, preset_vector const& one, request const& incoming,
                     wall_time now) {
    return gather(source.checks(), incoming, now, [&](auth::wanted_fact const& wanted) {
        auto const* const served = one.answer_to(*wanted.from, wanted.asks.url, wanted.asks.body);
        if (!served) return auth::fact{};
        response const answer{.status = 200, .fields = {}, .body = *served};
        return auth::read_fact(*wanted.from, wanted.asks, answer).value_or(auth::fact{});
    });
}

result<auth::verdict> judged_by(auth::authenticator const& source, preset_vector const& one,
                                request const& incoming, wall_time now) {
    return source.checks().verify(incoming, known_to(source, one, incoming, now), now);
}

std::string refusal_by(auth::authenticator const& source, preset_vector const& one, request const& incoming,
                       wall_time now) {
    auto const judged = judged_by(source, one, incoming, now);
    return judged ? "accepted" : judged.error().message;
}

class preset_vectors : public ::testing::TestWithParam<preset> {};

TEST_P(preset_vectors, are_there_and_load_without_a_mistake) {
    auto const vectors = vectors_of(GetParam());
    ASSERT_FALSE(vectors.empty());
    for (auto const& one : vectors) EXPECT_THAT(mistakes_of(settings_of(GetParam(), one)), IsEmpty());
}

TEST_P(preset_vectors, are_accepted_with_the_facts_they_have) {
    for (auto const& one : vectors_of(GetParam())) {
        SCOPED_TRACE(one.incoming.head.target + " " + one.incoming.body);
        auto const settings = settings_of(GetParam(), one);
        auto const source = authenticator_of(settings);
        auto const* shaking = source.handshake_for(one.incoming);
        EXPECT_EQ(shaking != nullptr, one.reply.has_value());
        if (shaking) {
            auto const reply =
                source.answer(*shaking, one.incoming, known_to(source, one, one.incoming, one.at), one.at);
            ASSERT_TRUE(reply) << reply.error().message;
            EXPECT_EQ(reply->status, one.reply->status);
            EXPECT_EQ(reply->body, one.reply->body);
            auto const call = source.call_of(*shaking, one.incoming);
            ASSERT_TRUE(call) << call.error().message;
            if (*call) EXPECT_TRUE(one.serves.contains((*call)->asks.url)) << (*call)->asks.url;
            continue;
        }
        auto const judged = judged_by(source, one, one.incoming, one.at);
        ASSERT_TRUE(judged) << judged.error().message;
        EXPECT_EQ(judged->sender.delivery_id, one.id);
        EXPECT_EQ(judged->sender.event_type, one.event);
        EXPECT_EQ(judged->sender.covers, *settings.covers);
        EXPECT_NE(std::ranges::find(source.event_methods(), one.incoming.head.method),
                  source.event_methods().end());
    }
}

TEST_P(preset_vectors, are_refused_off_by_a_little) {
    for (auto const& one : vectors_of(GetParam())) {
        if (one.reply) continue;
        SCOPED_TRACE(one.incoming.head.target + " " + one.incoming.body);
        auto const settings = settings_of(GetParam(), one);
        auto const same = authenticator_of(settings);
        auto const changed = mutants_of(GetParam().tree, one, settings);
        EXPECT_GE(changed.size(), 10U);
        for (auto const& each : changed) {
            auto const said = each.settings
                                  ? refusal_by(authenticator_of(*each.settings), one, each.incoming, each.at)
                                  : refusal_by(same, one, each.incoming, each.at);
            EXPECT_NE(said, "accepted") << each.what;
        }
    }
}

// The same request at both ends of its window, and a second past them.
TEST_P(preset_vectors, hold_the_window_of_their_time) {
    for (auto const& one : vectors_of(GetParam())) {
        auto const settings = settings_of(GetParam(), one);
        if (one.reply || !settings.verify->time) continue;
        auto const source = authenticator_of(settings);
        auto const [from, unit, past, future] = *settings.verify->time;
        EXPECT_EQ(refusal_by(source, one, one.incoming, one.at + past), "accepted");
        EXPECT_EQ(refusal_by(source, one, one.incoming, one.at - future), "accepted");
        EXPECT_NE(refusal_by(source, one, one.incoming, one.at + past + std::chrono::seconds{1}), "accepted");
        EXPECT_NE(refusal_by(source, one, one.incoming, one.at - future - std::chrono::seconds{1}),
                  "accepted");
    }
}

INSTANTIATE_TEST_SUITE_P(all, preset_vectors, ::testing::ValuesIn(known_presets()), [](auto const& row) {
    auto name = row.param.name;
    std::ranges::replace(name, '-', '_');
    return name;
});

}  // namespace
}  // namespace headgate::config
