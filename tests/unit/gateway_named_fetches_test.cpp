#include "auth/certificates.hpp"
#include "gateway/fetches.hpp"
#include "tests/support/remote_facts.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

// What requests name, and what senders are asked, against a real HTTPS server on this machine.

namespace headgate::gateway {
namespace {

using namespace std::chrono_literals;
using namespace testing_support;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::SizeIs;

std::string certificate_text() {
    std::ifstream stream{std::filesystem::path{HEADGATE_SOURCE_DIR} / "tests/presets/certificates/sns.pem"};
    return {std::istreambuf_iterator<char>{stream}, {}};
}

// A publisher that has a certificate at every path, and a finder that asks it.
class publisher {
public:
    publisher() {
        answer({.status = 200, .fields = {}, .body = certificate_text()});
        rule.what = auth::fetch_rule::kind::certificate;
        rule.certificate_authorities = server_.authority();
        rule.interval = 0ms;
    }

    void keep(std::vector<auth::fetch_rule> beside = {}) {
        finder_.emplace(rule);
        beside.push_back(rule);
        finder_->use(std::move(beside));
    }
    void answer(response with) { server_->say(std::move(with)); }
    void go_away() { server_->go_away(); }

    // "found", else the reason; every reason is our own trouble.
    std::string find(std::string const& path, std::chrono::milliseconds within = 10s) {
        auto const url = place_ + path;
        auto const found = run(finder_->finder().find(
            {&rule, url, {.method = "GET", .url = url, .fields = {}, .body = {}}}, from_now(within)));
        if (found) return found->certificate || found->answer || found->token ? "found" : "nothing";
        EXPECT_EQ(found.error().code, errc::unavailable);
        return found.error().message;
    }

    // The same of a question by another rule, which shows the token that is kept as "/token".
    std::string ask_with_token(std::string const& path, auth::fetch_rule const& by) {
        auto const own = place_ + "/token";
        auto const token = run(finder_->finder().find(
            {&rule, own, {.method = "GET", .url = own, .fields = {}, .body = {}}}, from_now(10s)));
        EXPECT_TRUE(token);
        auto const found = run(
            finder_->finder().find({.from = &by,
                                    .name = {},
                                    .asks = {.method = "GET", .url = place_ + path, .fields = {}, .body = {}},
                                    .token = token->token,
                                    .token_from = &rule},
                                   from_now(10s)));
        return found ? "found" : found.error().message;
    }

    // Of the fetches by `rule`, by their result; -1 where nothing is counted.
    [[nodiscard]] int count(std::string const& result) {
        auto const text = finder_->counts().render();
        auto const place = text.find("result=\"" + result + "\"} ");
        return place == std::string::npos ? -1 : std::stoi(text.substr(text.find("} ", place) + 2));
    }
    [[nodiscard]] std::size_t fetched() { return server_->questions(); }
    [[nodiscard]] remembering_handler& handler() { return server_->handler(); }
    [[nodiscard]] auto troubles() { return finder_->finder().troubles(); }

    auth::fetch_rule rule;

private:
    asked_https_server server_;
    std::string place_ = server_.url("");  // Also of one that went away.
    std::optional<finder_at_work<fetches, auth::fetch_rule>> finder_;
};

TEST(named_fetches, are_fetched_when_somebody_names_them_and_kept) {
    publisher of;
    of.keep();
    EXPECT_EQ(of.fetched(), 0U);
    EXPECT_EQ(of.find("/a"), "found");
    EXPECT_EQ(of.find("/b"), "found");
    EXPECT_EQ(of.find("/a"), "found");
    EXPECT_EQ(of.fetched(), 2U);
    EXPECT_EQ(of.count("ok"), 2);
}

TEST(named_fetches, are_fetched_by_one_for_all_who_wait) {
    publisher of;
    of.keep();
    EXPECT_EQ(satisfied_at_once(of.handler(), [&] { return of.find("/slow") == "found"; }), 16U);
    EXPECT_EQ(of.fetched(), 1U);
}

TEST(named_fetches, of_a_flood_of_names_are_fetched_once_in_the_interval) {
    publisher of;
    of.rule.interval = 1h;
    of.rule.refresh = 1h;
    of.keep();
    EXPECT_EQ(of.find("/genuine"), "found");
    std::vector<std::jthread> flood;
    std::atomic<std::size_t> refused{0};
    for (int sender = 0; sender < 4; ++sender) {
        flood.emplace_back([&, sender] {
            for (int i = 0; i < 100; ++i) {
                auto const said = of.find("/" + std::to_string(sender) + "-" + std::to_string(i));
                if (said.contains("another was just fetched")) ++refused;
            }
        });
    }
    flood.clear();
    EXPECT_EQ(refused, 400U);
    EXPECT_EQ(of.find("/genuine"), "found");
    EXPECT_EQ(of.fetched(), 1U);
}

TEST(named_fetches, that_are_not_there_are_forgotten) {
    publisher of;
    of.keep();
    of.answer({.status = 404, .fields = {}, .body = {}});
    EXPECT_THAT(of.find("/a"), HasSubstr("answers 404"));
    EXPECT_THAT(of.troubles(), IsEmpty());
    of.answer({.status = 200, .fields = {}, .body = certificate_text()});
    EXPECT_EQ(of.find("/a"), "found");
}

// Whoever makes names up has a new one each time.
TEST(named_fetches, that_come_again_are_fetched_before_those_that_were_made_up) {
    publisher of;
    of.handler().answers = [](request const& asked) {
        bool const is_there = asked.head.target == "/genuine";
        return response{
            .status = is_there ? 200U : 404U, .fields = {}, .body = is_there ? certificate_text() : ""};
    };
    of.rule.interval = 1s;
    of.keep();
    EXPECT_THAT(of.find("/made-up"), HasSubstr("answers 404"));
    int names = 0;
    await([&] {
        bool const is_genuine = ++names % 50 == 0;
        static_cast<void>(of.find(is_genuine ? "/genuine" : "/made-up-" + std::to_string(names)));
        return of.fetched() >= 2;
    });
    EXPECT_EQ(of.handler().seen().at(1).head.target, "/genuine");
    EXPECT_EQ(of.find("/genuine"), "found");
}

TEST(named_fetches, that_were_made_up_are_no_failed_fetches) {
    publisher of;
    of.keep();
    of.answer({.status = 404, .fields = {}, .body = {}});
    for (auto const* path : {"/a", "/b"}) EXPECT_THAT(of.find(path), HasSubstr("answers 404"));
    of.answer({.status = 200, .fields = {}, .body = "<html>"});
    EXPECT_THAT(of.find("/c"), HasSubstr("certificates in PEM"));
    EXPECT_EQ(of.count("unknown"), 3);
    EXPECT_EQ(of.count("failed"), 0);
    EXPECT_THAT(of.troubles(), IsEmpty());
    of.go_away();
    EXPECT_THAT(of.find("/d"), HasSubstr("cannot connect"));
    EXPECT_EQ(of.count("failed"), 1);
    EXPECT_THAT(of.troubles(), SizeIs(1)) << "of a place that is away nobody can make up more";
}

// The sender's key may be there: with the right credentials it is given, and nobody waits for other
// intervals.
TEST(named_fetches, that_our_credentials_are_refused_for_are_our_own_trouble) {
    publisher of;
    of.rule.what = auth::fetch_rule::kind::key;
    of.keep();
    of.answer({.status = 403, .fields = {}, .body = {}});
    for (int time = 1; time <= 2; ++time) {
        EXPECT_THAT(of.find("/a"), HasSubstr("answers 403: it refuses what we ask"));
        EXPECT_EQ(of.count("refused"), time);
    }
    EXPECT_EQ(of.count("unknown"), 0);
    EXPECT_EQ(of.count("failed"), 0);
    EXPECT_THAT(of.troubles(), SizeIs(1));
}

// Whoever finds a name that the maker answers otherwise than "no such key" could ask for it over and over.
TEST(named_fetches, that_are_refused_keep_out_no_others) {
    publisher of;
    of.handler().answers = [](request const&) {
        return response{.status = 400, .fields = {}, .body = R"({"error":"malformed"})"};
    };
    of.rule.what = auth::fetch_rule::kind::key;
    of.rule.unknown = {{"/error", "no such key"}};
    of.rule.interval = 100ms;
    of.keep();
    int times = 0;
    await([&] {
        static_cast<void>(of.find(++times % 50 == 0 ? "/genuine" : "/made-up"));
        return std::ranges::any_of(of.handler().seen(),
                                   [](auto const& one) { return one.head.target == "/genuine"; });
    });
}

TEST(named_fetches, are_bounded_in_number_and_those_used_least_lately_make_room) {
    publisher of;
    of.rule.names_max = 2;
    of.keep();
    for (auto const* path : {"/a", "/b", "/a", "/c"}) EXPECT_EQ(of.find(path), "found");
    EXPECT_EQ(of.fetched(), 3U);
    EXPECT_EQ(of.find("/a"), "found");
    EXPECT_EQ(of.fetched(), 3U);
    EXPECT_EQ(of.find("/b"), "found");
    EXPECT_EQ(of.fetched(), 4U);
}

TEST(named_fetches, are_kept_through_an_outage_and_say_that_there_is_one) {
    publisher of;
    of.rule.refresh = 1ms;
    of.rule.interval = 1ms;
    of.keep();
    EXPECT_EQ(of.find("/a"), "found");
    of.answer({.status = 500, .fields = {}, .body = {}});
    await([&] { return !of.troubles().empty(); });
    EXPECT_THAT(of.troubles(), SizeIs(1));
    EXPECT_EQ(of.find("/a"), "found");
}

TEST(named_fetches, have_a_bounded_size) {
    publisher of;
    of.rule.bytes_max = certificate_text().size() - 1;
    of.keep();
    EXPECT_THAT(of.find("/a"), HasSubstr("body limit exceeded"));
}

// RFC 6749, 5.1.
response token_for(std::string const& seconds) {
    return {.status = 200,
            .fields = {},
            .body = R"({"access_token":"2YotnFZFEjr1zCsicMWpAA","token_type":"Bearer","expires_in":)" +
                    seconds + "}"};
}

TEST(access_tokens, are_fetched_again_before_they_end) {
    publisher of;
    of.rule.what = auth::fetch_rule::kind::token;
    of.answer(token_for("1"));
    of.keep();
    EXPECT_EQ(of.find("/token"), "found");
    await([&] { return of.fetched() >= 3; });
    EXPECT_EQ(of.find("/token"), "found");
}

TEST(access_tokens, of_one_account_wait_for_none_of_another) {
    publisher of;
    of.rule.what = auth::fetch_rule::kind::token;
    of.rule.interval = of.rule.refresh = 1h;
    of.rule.names_max = 1;
    of.answer(token_for("3600"));
    of.keep();
    for (int round = 0; round < 2; ++round) {
        for (auto const* account : {"/a", "/b", "/c"}) EXPECT_EQ(of.find(account), "found");
    }
    EXPECT_EQ(of.fetched(), 3U);
    of.answer({.status = 401, .fields = {}, .body = {}});
    EXPECT_THAT(of.find("/d"), HasSubstr("answers 401"));
    EXPECT_THAT(of.find("/d"), HasSubstr("answers 401")) << "it is no made-up name";
    EXPECT_THAT(of.troubles(), SizeIs(1));
}

TEST(access_tokens, that_nobody_wants_any_more_are_not_fetched_for_ever) {
    publisher of;
    of.rule.what = auth::fetch_rule::kind::token;
    of.rule.interval = of.rule.refresh = 1ms;
    of.rule.stale = 50ms;
    of.answer({.status = 401, .fields = {}, .body = {}});
    of.keep();
    EXPECT_THAT(of.find("/a"), HasSubstr("answers 401"));
    EXPECT_THAT(of.troubles(), SizeIs(1));
    await([&] { return of.troubles().empty(); });
}

// The sender may end them early.
TEST(access_tokens, that_the_sender_does_not_take_any_more_are_fetched_anew_once_in_the_interval) {
    publisher of;
    auth::fetch_rule asked = of.rule;
    asked.what = auth::fetch_rule::kind::answer;
    of.rule.what = auth::fetch_rule::kind::token;
    of.rule.refresh = 1h;
    of.answer(token_for("3600"));
    of.keep({asked});
    EXPECT_EQ(of.find("/token"), "found");
    EXPECT_EQ(of.find("/token"), "found");
    EXPECT_EQ(of.fetched(), 1U);
    of.answer({.status = 401, .fields = {}, .body = {}});
    EXPECT_THAT(of.ask_with_token("/question", asked), HasSubstr("answers 401"));
    of.answer(token_for("3600"));
    EXPECT_EQ(of.find("/token"), "found");
    EXPECT_EQ(of.fetched(), 3U) << "the token, the question, the token again";
    of.answer({.status = 500, .fields = {}, .body = {}});
    EXPECT_THAT(of.ask_with_token("/question", asked), HasSubstr("answers 500"));
    EXPECT_EQ(of.find("/token"), "found");
    EXPECT_EQ(of.fetched(), 4U) << "that is no reason for another token";
}

TEST(access_tokens, that_were_just_fetched_are_not_fetched_again_when_the_sender_does_not_take_them) {
    publisher of;
    auth::fetch_rule asked = of.rule;
    asked.what = auth::fetch_rule::kind::answer;
    of.rule.what = auth::fetch_rule::kind::token;
    of.rule.refresh = of.rule.interval = 1h;
    of.answer(token_for("3600"));
    of.keep({asked});
    EXPECT_EQ(of.find("/token"), "found");
    of.answer({.status = 401, .fields = {}, .body = {}});
    EXPECT_THAT(of.ask_with_token("/question", asked), HasSubstr("answers 401"));
    EXPECT_EQ(of.find("/token"), "found");
    EXPECT_EQ(of.fetched(), 2U);
}

TEST(access_tokens, are_not_used_when_they_have_ended) {
    publisher of;
    of.rule.what = auth::fetch_rule::kind::token;
    of.answer(token_for("1"));
    of.keep();
    EXPECT_EQ(of.find("/token"), "found");
    of.answer({.status = 500, .fields = {}, .body = {}});
    await([&] { return of.find("/token") != "found"; });
    EXPECT_THAT(of.find("/token"), HasSubstr("answers 500"));
}

TEST(answers, are_asked_for_anew_each_time) {
    publisher of;
    of.rule.what = auth::fetch_rule::kind::answer;
    of.keep();
    EXPECT_EQ(of.find("/a"), "found");
    EXPECT_EQ(of.find("/a"), "found");
    EXPECT_EQ(of.fetched(), 2U);
    of.answer({.status = 401, .fields = {}, .body = {}});
    EXPECT_THAT(of.find("/a"), HasSubstr("answers 401"));
    EXPECT_THAT(of.troubles(), ElementsAre(Pair(of.rule.url, HasSubstr("refuses what we ask"))));
    of.answer({.status = 500, .fields = {}, .body = {}});
    EXPECT_THAT(of.find("/a"), HasSubstr("answers 500"));
    EXPECT_EQ(of.count("ok"), 2);
    EXPECT_EQ(of.count("refused"), 1);
    EXPECT_EQ(of.count("failed"), 1);
    of.answer({.status = 200, .fields = {}, .body = {}});
    EXPECT_EQ(of.find("/a"), "found");
    EXPECT_THAT(of.troubles(), IsEmpty());
}

TEST(answers, are_waited_for_until_the_deadline_and_so_many_at_once) {
    publisher of;
    of.rule.what = auth::fetch_rule::kind::answer;
    of.rule.names_max = 1;
    of.keep();
    std::jthread const first{[&] { EXPECT_EQ(of.find("/slow"), "found"); }};
    of.handler().await_slow_request();
    EXPECT_THAT(of.find("/a"), HasSubstr("too many questions"));
    EXPECT_EQ(of.count("not_asked"), 1);
    of.handler().release();
}

TEST(answers, that_do_not_come_in_time_are_our_own_trouble) {
    publisher of;
    of.rule.what = auth::fetch_rule::kind::answer;
    of.keep();
    EXPECT_THAT(of.find("/slow", 200ms), HasSubstr("ran out of time"));
}

}  // namespace
}  // namespace headgate::gateway
