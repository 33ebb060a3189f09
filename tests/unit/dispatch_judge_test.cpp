#include "dispatch/judge.hpp"

#include <gtest/gtest.h>

#include <string>

namespace headgate::dispatch {
namespace {

using namespace std::chrono_literals;
using kind = targets::start_answer::kind;

constexpr wall_time now{1'700'000'000s};

delivery attempted() {
    delivery one;
    one.state = delivery_state::starting;
    one.created_at = now - 1h;
    one.started_at = now - 1min;
    return one;
}

targets::start_answer answer(kind what, errc code = errc::unavailable) {
    return {.what = what, .run_id = "run", .code = code, .message = "said so", .remedy = "do that"};
}

circumstances at_rest() {
    return {.now = now, .runs_kept_for = 24h, .random = 0.5, .earlier_start_possible = false};
}

struct row {
    char const* name;
    kind what;
    bool earlier_start_possible;
    std::chrono::hours age;
    delivery_state becomes;
    hold_cause because;
};

void PrintTo(row const& each, std::ostream* out) {
    *out << each.name;
}

class judgements : public testing::TestWithParam<row> {};

TEST_P(judgements, follow_the_answer) {
    auto one = attempted();
    one.created_at = now - GetParam().age;
    one.started_at = now - GetParam().age;
    auto at = at_rest();
    at.earlier_start_possible = GetParam().earlier_start_possible;
    auto const made = judge(one, answer(GetParam().what), {}, at);
    EXPECT_EQ(made.change.to, GetParam().becomes);
    EXPECT_EQ(made.change.held_because, GetParam().because);
    EXPECT_EQ(made.change.from, delivery_state::starting);
    ASSERT_TRUE(made.change.tried);
    EXPECT_EQ(made.change.tried->number, 1U);
}

// design.md, "Starting on Temporal": what each answer means.
INSTANTIATE_TEST_SUITE_P(
    design, judgements,
    testing::Values(row{"started", kind::started, false, 1h, delivery_state::started, hold_cause::none},
                    row{"joined", kind::joined, false, 1h, delivery_state::joined, hold_cause::none},
                    row{"id_taken", kind::id_taken, false, 1h, delivery_state::dead, hold_cause::none},
                    row{"refused", kind::refused, false, 1h, delivery_state::dead, hold_cause::none},
                    row{"refused_after_an_open_start_stays", kind::refused, true, 1h,
                        delivery_state::starting, hold_cause::none},
                    row{"refused_after_an_open_start_is_held_past_retention", kind::refused, true, 25h,
                        delivery_state::held, hold_cause::unanswered},
                    row{"missing", kind::missing, false, 1h, delivery_state::held, hold_cause::missing},
                    row{"denied_waits", kind::denied, false, 1h, delivery_state::waiting, hold_cause::none},
                    row{"not_now_waits", kind::not_now, false, 1h, delivery_state::waiting, hold_cause::none},
                    row{"not_now_gives_up_by_age", kind::not_now, false, 73h, delivery_state::dead,
                        hold_cause::none},
                    row{"not_now_after_an_open_start_stays", kind::not_now, true, 1h,
                        delivery_state::starting, hold_cause::none},
                    row{"not_now_after_an_open_start_is_never_dead_by_age", kind::not_now, true, 73h,
                        delivery_state::held, hold_cause::unanswered},
                    row{"unanswered_stays_starting", kind::unanswered, false, 1h, delivery_state::starting,
                        hold_cause::none},
                    row{"unanswered_past_retention_is_held", kind::unanswered, false, 25h,
                        delivery_state::held, hold_cause::unanswered}),
    [](auto const& each) { return std::string{each.param.name}; });

TEST(judge, keeps_an_unanswered_start_while_the_retention_is_not_known) {
    auto one = attempted();
    one.started_at = now - 1000h;
    auto at = at_rest();
    at.runs_kept_for.reset();
    EXPECT_EQ(judge(one, answer(kind::unanswered), {}, at).change.to, delivery_state::starting);
}

TEST(judge, waits_at_least_as_long_as_the_target_asked) {
    auto told = answer(kind::not_now, errc::resource_exhausted);
    told.not_before = 5s;
    EXPECT_EQ(judge(attempted(), told, {}, at_rest()).retry_in, 5s);
}

TEST(judge, counts_the_age_from_when_an_operator_asked_again) {
    auto one = attempted();
    one.created_at = now - 100h;
    one.began_at = now - 1h;
    EXPECT_EQ(judge(one, answer(kind::not_now), {}, at_rest()).change.to, delivery_state::waiting);
    one.began_at = now - 73h;
    EXPECT_EQ(judge(one, answer(kind::not_now), {}, at_rest()).change.to, delivery_state::dead);
}

TEST(judge, puts_message_and_remedy_into_the_reason_of_the_dead) {
    EXPECT_EQ(judge(attempted(), answer(kind::refused), {}, at_rest()).change.reason, "said so — do that");
}

TEST(backoff, doubles_with_full_jitter_and_stops_at_the_longest) {
    retry_policy const policy{.first = 200ms, .longest = 60s, .give_up_after = 72h};
    EXPECT_EQ(backoff(policy, 1, 0.0), 1ms);
    EXPECT_EQ(backoff(policy, 1, 0.5), 101ms);
    EXPECT_EQ(backoff(policy, 2, 0.5), 201ms);
    EXPECT_EQ(backoff(policy, 100, 0.5), 30'001ms);
}

TEST(judge_run, says_nothing_while_it_runs) {
    EXPECT_FALSE(judge_run(attempted(), {}, now));
}

TEST(judge_run, a_run_that_is_gone_has_an_unknown_outcome) {
    auto const change = judge_run(attempted(), {.what = targets::run_status::kind::gone}, now);
    ASSERT_TRUE(change);
    EXPECT_EQ(change->to, delivery_state::outcome_unknown);
}

TEST(judge_run, keeps_the_detail_of_a_failure_and_when_it_was) {
    auto const change = judge_run(attempted(),
                                  {.what = targets::run_status::kind::failed,
                                   .detail = "terminated: by hand",
                                   .run_id = "next",
                                   .ended_at = now - 5s},
                                  now);
    ASSERT_TRUE(change);
    EXPECT_EQ(change->to, delivery_state::failed);
    EXPECT_EQ(change->reason, "terminated: by hand");
    EXPECT_EQ(change->run_id, "next");
    EXPECT_EQ(change->ended_at, now - 5s);
}

}  // namespace
}  // namespace headgate::dispatch
