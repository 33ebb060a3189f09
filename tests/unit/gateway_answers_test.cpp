#include "gateway/answers.hpp"

#include <gtest/gtest.h>

namespace headgate::gateway {
namespace {

store::receipt stored(bool duplicate) {
    return {.sequence = 1, .id = *parse_uuid("0192f3c0-7b1e-7cc3-9a4f-0123456789ab"), .duplicate = duplicate};
}

TEST(answers, give_the_id_of_what_was_accepted) {
    auto const answer = accepted({}, stored(false));
    EXPECT_EQ(answer.status, 202U);
    EXPECT_EQ(answer.body, R"({"id":"0192f3c0-7b1e-7cc3-9a4f-0123456789ab"})");
}

TEST(answers, give_the_first_id_to_a_duplicate) {
    auto const answer = accepted({}, stored(true));
    EXPECT_EQ(answer.status, 200U);
    EXPECT_EQ(answer.body, R"({"id":"0192f3c0-7b1e-7cc3-9a4f-0123456789ab","duplicate":true})");
}

TEST(answers, a_fixed_body_is_the_same_for_a_duplicate) {
    auth::answer_rule as;
    as.ok = 200;
    as.ok_body = "[accepted]";
    EXPECT_EQ(accepted(as, stored(true)).body, "[accepted]");
    EXPECT_EQ(accepted(as, stored(true)).status, accepted(as, stored(false)).status);
}

TEST(answers, with_204_have_no_body) {
    auth::answer_rule as;
    as.ok = 204;
    as.duplicate = 204;
    EXPECT_EQ(accepted(as, stored(false)).status, 204U);
    EXPECT_EQ(accepted(as, stored(false)).body, "");
    EXPECT_EQ(accepted(as, stored(true)).body, "");
}

TEST(answers, our_own_trouble_is_503_with_a_time_to_come_back) {
    for (auto const code : {errc::resource_exhausted, errc::unavailable, errc::deadline_exceeded,
                            errc::internal, errc::data_loss, errc::failed_precondition}) {
        auto const answer = refused({}, std::chrono::seconds{5}, {code, "x", "y"});
        EXPECT_EQ(answer.status, 503U);
        EXPECT_EQ(sole_header(answer.fields, "retry-after"), "5");
    }
}

TEST(answers, a_refused_signature_and_an_unknown_path_read_the_same) {
    EXPECT_EQ(refused({}, {}, {errc::unauthenticated, "secret reason", "z"}).body, unknown_path().body);
}

TEST(answers, add_what_the_sender_understands_to_a_refusal) {
    auth::answer_rule as;
    as.headers_on_reject = {{"x-slack-no-retry", "1"}};
    EXPECT_EQ(sole_header(refused(as, {}, {errc::unauthenticated, "", ""}).fields, "x-slack-no-retry"), "1");
}

}  // namespace
}  // namespace headgate::gateway
