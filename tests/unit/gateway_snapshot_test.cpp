#include "gateway/snapshot.hpp"
#include "tests/support/senders.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

// What only the whole source shows: its path, its key and its checks beside each other.

namespace headgate::gateway {
namespace {

using namespace testing_support;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

source_settings signed_over_the_body() {
    source_settings from;
    from.name = "sender";
    from.path = "/webhooks/{team}";
    from.sender =
        source_with(check_of(body_mac("x-signature", "")), {secret_of("0123456789abcdef0123456789abcdef")});
    from.sender.delivery.id = header_named("x-delivery");
    return from;
}

std::vector<std::string> said_of(source_settings from) {
    settings all;
    all.sources.push_back(std::move(from));
    problems found;
    static_cast<void>(make_snapshot(std::move(all), found));
    std::vector<std::string> said;
    for (auto const& one : found) {
        EXPECT_FALSE(one.remedy.empty()) << one.what;
        said.push_back((one.weighs == problem::weight::warning ? "warning: " : "") + one.path + ": " +
                       one.what);
    }
    return said;
}

TEST(snapshot, warns_where_a_captured_request_is_new_under_another_id) {
    auto from = signed_over_the_body();
    EXPECT_THAT(said_of(from),
                ElementsAre(HasSubstr("warning: sources.sender: the signature does not cover the delivery id "
                                      "(header x-delivery)")));
    from.dedupe = {.key = dedupe_settings::by::header, .header = "x-key", .program = {}};
    EXPECT_THAT(said_of(from), ElementsAre(HasSubstr("(header x-key)")));
}

TEST(snapshot, is_silent_where_a_replay_finds_the_first) {
    auto from = signed_over_the_body();
    from.replay = replay_key::digest;
    EXPECT_THAT(said_of(from), IsEmpty());
    from.replay = replay_key::none;
    EXPECT_THAT(said_of(from), IsEmpty()) << "somebody has decided";
    from.replay = replay_key::unsaid;
    from.sender.delivery.id = json_at("/id");
    EXPECT_THAT(said_of(from), IsEmpty()) << "the id is part of the signed body";
    from.dedupe.key = dedupe_settings::by::none;
    from.sender.delivery.id = header_named("x-delivery");
    EXPECT_THAT(said_of(from), IsEmpty()) << "every request is an event by wish";
}

TEST(snapshot, says_nothing_of_replays_where_nothing_is_signed) {
    auto from = signed_over_the_body();
    from.sender.verify = equal(header_named("x-token"), secret_named("signing"));
    EXPECT_THAT(said_of(from), IsEmpty());
}

TEST(snapshot, tells_the_checks_which_parameters_the_path_has) {
    auto from = signed_over_the_body();
    from.replay = replay_key::digest;
    from.sender.verify = equal({auth::path_value{"team"}}, secret_named("signing"));
    EXPECT_THAT(said_of(from), IsEmpty());
    from.path = "/webhooks/{key}";
    EXPECT_THAT(said_of(from), ElementsAre(HasSubstr("the path /webhooks/{key} has no parameter team")));
}

}  // namespace
}  // namespace headgate::gateway
