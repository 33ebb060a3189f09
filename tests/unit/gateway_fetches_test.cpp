#include "auth/token_keys.hpp"
#include "gateway/fetches.hpp"
#include "tests/support/remote_facts.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <string>
#include <thread>
#include <vector>

// Key sets against a real HTTPS server on this machine.

namespace headgate::gateway {
namespace {

using namespace std::chrono_literals;
using namespace testing_support;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::StartsWith;

// RFC 8037, A.2, by the names that are given.
std::string set_of(std::vector<std::string> const& names) {
    std::string json = R"({"keys":[)";
    for (auto const& name : names) {
        if (!json.ends_with('[')) json += ',';
        json += R"({"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo","kid":")" +
                name + "\"}";
    }
    return json + "]}";
}

class issuer {
public:
    issuer() { publish(set_of({"a"})); }

    void publish(std::string json, unsigned status = 200, headers fields = {}) {
        server_->say({.status = status, .fields = std::move(fields), .body = std::move(json)});
    }

    [[nodiscard]] auth::fetch_rule url(std::string const& path = "/keys") const {
        return {.url = server_.url(path), .certificate_authorities = server_.authority()};
    }
    [[nodiscard]] std::string another_authority() const { return server_.another_authority(); }
    [[nodiscard]] std::size_t fetches() { return server_->questions(); }
    [[nodiscard]] remembering_handler& handler() { return server_->handler(); }
    void go_away() { server_->go_away(); }

private:
    asked_https_server server_;
};

constexpr char const* undecided = "a token names a key that the issuer did not have when it was last asked";

class keeper : public finder_at_work<fetches, auth::fetch_rule> {
public:
    using finder_at_work::finder_at_work;

    // "a b", the names of the keys that are found; else the reason.
    std::string find(std::string const& key_id, std::chrono::milliseconds within = 10s) {
        auto const found =
            run(finder().find({&from(), key_id, auth::question_for(from())}, from_now(within)));
        if (!found) {
            EXPECT_EQ(found.error().code, errc::unavailable);
            return found.error().message;
        }
        std::string names;
        for (auto const& each : found->keys->keys) names += (names.empty() ? "" : " ") + each.key_id;
        return names;
    }
};

TEST(key_sets, are_fetched_before_anybody_asks_and_waited_for_by_whoever_comes_first) {
    issuer of;
    of.publish(set_of({"a", "b"}));
    keeper keys{of.url()};
    EXPECT_EQ(keys.find("a"), "a b");
    EXPECT_EQ(keys.find("b"), "a b");
    EXPECT_EQ(keys.find(""), "a b");
    EXPECT_EQ(of.fetches(), 1U);
    EXPECT_THAT(keys.finder().troubles(), IsEmpty());
}

TEST(key_sets, are_fetched_again_for_a_key_that_is_not_in_them) {
    issuer of;
    auto from = of.url();
    from.interval = 0ms;
    keeper keys{from};
    EXPECT_EQ(keys.find("a"), "a");
    of.publish(set_of({"a", "b"}));
    EXPECT_EQ(keys.find("b"), "a b");
}

TEST(key_sets, are_fetched_once_within_the_interval_whatever_comes_in) {
    issuer of;
    keeper keys{of.url()};
    EXPECT_EQ(keys.find("a"), "a");
    std::vector<std::jthread> flood;
    std::atomic<std::size_t> answered{0};
    for (int sender = 0; sender < 8; ++sender) {
        flood.emplace_back([&, sender] {
            for (int i = 0; i < 200; ++i) {
                auto const name = std::to_string(sender) + "-" + std::to_string(i);
                if (keys.find(name) == undecided) ++answered;
            }
        });
    }
    flood.clear();
    EXPECT_EQ(answered, 1600U);
    EXPECT_EQ(of.fetches(), 1U);
}

// Else one token of a stranger, just before a rollover, would have genuine ones refused for the interval.
TEST(key_sets, refute_a_key_that_was_asked_for_and_leave_open_what_may_have_come_since) {
    issuer of;
    auto from = of.url();
    from.interval = 0ms;
    keeper keys{from};
    EXPECT_EQ(keys.find("stranger"), "a");
    from.interval = 1h;
    keeper later{from};
    EXPECT_EQ(later.find("a"), "a");
    of.publish(set_of({"a", "b"}));
    EXPECT_EQ(later.find("b"), undecided);
}

TEST(key_sets, judge_with_every_answer_what_was_asked_for_before) {
    issuer of;
    auto from = of.url();
    from.interval = from.refresh = 100ms;
    keeper keys{from};
    EXPECT_EQ(keys.find("a"), "a");
    await([&] { return keys.find("gone") == "a"; });
    of.publish(set_of({"a", "gone"}));
    await([&] { return keys.find("gone") == "a gone"; });
}

TEST(key_sets, are_asked_again_for_a_key_that_was_refuted_and_may_be_there_by_now) {
    issuer of;
    auto from = of.url();
    from.interval = 200ms;
    keeper keys{from};
    await([&] { return keys.find("b") == "a"; });
    of.publish(set_of({"a", "b"}));
    await([&] { return keys.find("b") == "a b"; });
}

TEST(key_sets, are_fetched_by_one_for_all_who_wait) {
    issuer of;
    keeper keys{of.url("/slow")};
    EXPECT_EQ(satisfied_at_once(of.handler(), [&] { return keys.find("a") == "a"; }), 16U);
    EXPECT_EQ(of.fetches(), 1U);
}

TEST(key_sets, are_waited_for_until_the_deadline_and_no_longer) {
    issuer of;
    keeper keys{of.url("/slow")};
    of.handler().await_slow_request();
    EXPECT_THAT(keys.find("a", 20ms), HasSubstr("no fetch has ended yet"));
}

TEST(key_sets, are_kept_through_an_outage_and_say_that_there_is_one) {
    issuer of;
    auto from = of.url();
    from.interval = 1ms;
    from.refresh = 1ms;
    keeper keys{from};
    EXPECT_EQ(keys.find("a"), "a");
    of.go_away();
    await([&] { return !keys.finder().troubles().empty(); });
    EXPECT_THAT(keys.finder().troubles(), ElementsAre(Pair(from.url, StartsWith("cannot "))));
    EXPECT_EQ(keys.find("a"), "a");
    EXPECT_EQ(keys.find("unknown"), undecided);
}

TEST(key_sets, lapse_when_they_are_stale) {
    issuer of;
    auto from = of.url();
    from.interval = 1ms;
    from.refresh = 1ms;
    from.stale = 1ms;
    keeper keys{from};
    await([&] { return of.fetches() > 0; });
    of.publish("", 500);
    await([&] { return !keys.finder().troubles().empty(); });
    await([&] { return keys.find("a").contains("answers 500"); });
}

TEST(key_sets, are_fetched_again_before_anybody_asks) {
    issuer of;
    auto from = of.url();
    from.interval = 1ms;
    from.refresh = 1ms;
    keeper keys{from};
    await([&] { return of.fetches() >= 3; });
    of.publish(set_of({"b"}));
    await([&] { return keys.find("") == "b"; });
}

TEST(key_sets, live_as_long_as_their_answer_says_but_no_longer_than_configured) {
    issuer of;
    of.publish(set_of({"a"}), 200, {{"cache-control", "public, max-age=0, must-revalidate"}});
    auto from = of.url();
    from.interval = 1ms;
    keeper soon{from};
    await([&] { return of.fetches() >= 3; });
    of.publish(set_of({"a"}), 200, {{"cache-control", "max-age=86400"}});
    from.refresh = 2ms;
    auto const before = of.fetches();
    keeper late{from};
    await([&] { return of.fetches() >= before + 5; });
}

struct wrong_answer {
    std::string json;
    unsigned status;
    char const* said;
};

TEST(key_sets, are_not_what_an_issuer_should_not_answer) {
    for (auto const& [json, status, said] :
         {wrong_answer{set_of({"a"}), 404, "answers 404"}, wrong_answer{set_of({"a"}), 302, "answers 302"},
          wrong_answer{"<html>", 200, "is no JSON object of keys"},
          wrong_answer{R"({"keys":[]})", 200, "has no keys"},
          wrong_answer{R"({"keys":[{"kty":"oct","k":"AAAA"}]})", 200, "its first key is a JWK of a kind"}}) {
        issuer of;
        of.publish(json, status, {{"location", of.url().url}});
        keeper keys{of.url()};
        EXPECT_THAT(keys.find("a"), HasSubstr(said));
        EXPECT_EQ(of.fetches(), 1U);
    }
}

TEST(key_sets, have_a_bounded_size) {
    issuer of;
    auto const whole = set_of({"a"});
    of.publish(whole);
    auto from = of.url();
    from.bytes_max = whole.size();
    EXPECT_EQ(keeper{from}.find("a"), "a");
    from.bytes_max = whole.size() - 1;
    EXPECT_THAT(keeper{from}.find("a"), HasSubstr("body limit exceeded"));
}

TEST(key_sets, come_from_the_configured_authority_only) {
    issuer of;
    auto from = of.url();
    from.certificate_authorities = of.another_authority();
    EXPECT_THAT(keeper{from}.find("a"), HasSubstr("is not trusted"));
    EXPECT_EQ(of.fetches(), 0U);
}

TEST(key_sets, come_and_go_with_the_configuration) {
    issuer of;
    keeper keys{of.url()};
    EXPECT_EQ(keys.find("a"), "a");
    keys.use({of.url(), of.url(), of.url("/other")});
    EXPECT_EQ(keys.find("a"), "a");
    await([&] { return of.fetches() == 2; });
    keys.use({of.url("/other")});
    EXPECT_THAT(keys.find("a"), HasSubstr("does not ask for this any more"));
}

}  // namespace
}  // namespace headgate::gateway
