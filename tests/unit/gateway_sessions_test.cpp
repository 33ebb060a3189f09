#include "gateway/sessions.hpp"
#include "tests/support/remote_facts.hpp"
#include "tests/support/scratch_folder.hpp"
#include "tests/support/test_certificates.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <string>
#include <thread>
#include <utility>
#include <vector>

// Sessions against a real HTTP server on this machine that plays OAuth2-proxy.

namespace headgate::gateway {
namespace {

using namespace std::chrono_literals;
using namespace testing_support;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;

// Says of every session what it was told to say.
class proxy : public asked_server {
public:
    explicit proxy(http::listener_settings settings = {}) : asked_server{std::move(settings)} {
        say(202, "u1");
    }

    void say(unsigned status, std::string user = {}, std::string body = {}) {
        response answer{.status = status, .fields = {}, .body = std::move(body)};
        if (!user.empty()) answer.fields.push_back({"x-auth-request-user", std::move(user)});
        if (status / 100 == 3) answer.fields.push_back({"location", "/oauth2/start"});
        asked_server::say(std::move(answer));
    }

    [[nodiscard]] auth::session_proxy settings(std::string const& path = "/oauth2/auth") const {
        return {.url = "http://127.0.0.1:" + std::to_string(port()) + path};
    }
};

class keeper : public finder_at_work<sessions, auth::session_proxy> {
public:
    using finder_at_work::finder_at_work;

    // The user; "none", "forbidden", "nobody"; else the reason.
    std::string find(std::string cookies = "_oauth2_proxy=a", std::chrono::milliseconds within = 10s) {
        auto const found = run(finder().find({&from(), std::move(cookies)}, from_now(within)));
        if (!found) {
            EXPECT_EQ(found.error().code, errc::unavailable);
            return found.error().message;
        }
        switch ((*found)->is) {
            case auth::session::state::none: return "none";
            case auth::session::state::forbidden: return "forbidden";
            case auth::session::state::good: break;
        }
        return (*found)->who.is_known() ? (*found)->who.subject : "nobody";
    }
};

TEST(sessions, are_asked_about_with_their_cookies_and_nothing_else) {
    proxy of;
    keeper keeps{of.settings("/oauth2/auth?allowed_groups=a")};
    EXPECT_EQ(keeps.find("_oauth2_proxy_0=a; _oauth2_proxy_1=b"), "u1");
    ASSERT_EQ(of.questions(), 1U);
    auto const asked = of.seen().front();
    EXPECT_EQ(asked.head.method, "GET");
    EXPECT_EQ(asked.head.target, "/oauth2/auth?allowed_groups=a");
    EXPECT_EQ(asked.body, "");
    std::vector<std::string> names;
    for (auto const& line : asked.head.fields) names.push_back(line.name);
    EXPECT_THAT(names, testing::UnorderedElementsAre("host", "cookie", "connection"));
    EXPECT_EQ(sole_header(asked.head.fields, "cookie"), "_oauth2_proxy_0=a; _oauth2_proxy_1=b");
}

TEST(sessions, that_are_good_are_asked_about_once_while_they_are_kept) {
    proxy of;
    auto from = of.settings();
    from.keep = 30s;
    keeper keeps{from};
    EXPECT_EQ(keeps.find("_oauth2_proxy=a"), "u1");
    of.say(202, "u2");
    EXPECT_EQ(keeps.find("_oauth2_proxy=a"), "u1");
    EXPECT_EQ(keeps.find("_oauth2_proxy=b"), "u2") << "another session is another question";
    EXPECT_EQ(of.questions(), 2U);
}

TEST(sessions, are_not_kept_for_longer_than_was_said) {
    proxy of;
    auto from = of.settings();
    from.keep = 0ms;
    keeper keeps{from};
    EXPECT_EQ(keeps.find(), "u1");
    of.say(401);
    EXPECT_EQ(keeps.find(), "none");
    of.say(202, "u2");
    EXPECT_EQ(keeps.find(), "u2");
    EXPECT_EQ(of.questions(), 3U);
}

TEST(sessions, end_by_themselves_when_their_time_is_over) {
    proxy of;
    auto from = of.settings();
    from.keep = 20ms;
    keeper keeps{from};
    EXPECT_EQ(keeps.find(), "u1");
    of.say(401);
    await([&] { return keeps.find() == "none"; });
}

TEST(sessions, that_are_not_good_are_asked_about_again_within_a_second) {
    proxy of;
    auto from = of.settings();
    from.keep = 30s;
    for (unsigned const status : {401U, 403U}) {
        of.say(status);
        keeper keeps{from};
        EXPECT_EQ(keeps.find(), status == 401 ? "none" : "forbidden");
        of.say(202, "u1");
        await([&] { return keeps.find() == "u1"; });
    }
}

TEST(sessions, that_are_not_good_are_kept_too_though_for_a_second_at_most) {
    proxy of;
    auto from = of.settings();
    EXPECT_LE(from.keep_no, 1s);
    from.keep = 30s;
    from.keep_no = 29s;
    of.say(401);
    keeper keeps{from};
    EXPECT_EQ(keeps.find(), "none");
    of.say(202, "u1");
    EXPECT_EQ(keeps.find(), "none");
    EXPECT_EQ(of.questions(), 1U);
}

TEST(sessions, that_nobody_could_judge_are_asked_about_again_at_once) {
    proxy of;
    auto from = of.settings();
    from.keep = 30s;
    keeper keeps{from};
    for (unsigned const status : {200U, 204U, 302U, 404U, 500U, 503U}) {
        of.say(status, "u1");
        EXPECT_THAT(keeps.find(), HasSubstr("answers " + std::to_string(status)));
    }
    EXPECT_EQ(of.questions(), 6U) << "a redirect is not followed";
    EXPECT_THAT(keeps.finder().troubles(), ElementsAre(Pair(from.url, HasSubstr("answers 503"))));
    of.say(202);
    EXPECT_EQ(keeps.find(), "nobody");
    EXPECT_THAT(keeps.finder().troubles(), IsEmpty());
}

TEST(sessions, of_a_proxy_that_is_away_are_nobodys) {
    proxy of;
    auto from = of.settings();
    from.keep = 0ms;
    keeper keeps{from};
    EXPECT_EQ(keeps.find(), "u1");
    of.go_away();
    EXPECT_THAT(keeps.find(), HasSubstr("cannot connect"));
    EXPECT_THAT(keeps.finder().troubles(), ElementsAre(Pair(from.url, HasSubstr("cannot connect"))));
}

TEST(sessions, are_asked_about_by_one_for_all_who_wait) {
    proxy of;
    auto from = of.settings("/slow");
    from.keep = 30s;
    keeper keeps{from};
    EXPECT_EQ(satisfied_at_once(of.handler(), [&] { return keeps.find() == "u1"; }), 16U);
    EXPECT_EQ(of.questions(), 1U);
}

TEST(sessions, are_waited_for_until_the_deadline_and_the_answer_is_kept_for_the_next) {
    proxy of;
    auto from = of.settings("/slow");
    from.keep = 30s;
    keeper keeps{from};
    EXPECT_THAT(keeps.find("_oauth2_proxy=a", 20ms), HasSubstr("has not answered in time"));
    of.handler().await_slow_request();
    of.handler().release();
    EXPECT_EQ(keeps.find(), "u1");
    EXPECT_EQ(of.questions(), 1U);
}

TEST(sessions, are_given_up_on_when_the_proxy_takes_too_long) {
    proxy of;
    auto from = of.settings("/slow");
    from.within = 20ms;
    keeper keeps{from};
    EXPECT_THAT(keeps.find(), HasSubstr("ran out of time"));
}

TEST(sessions, are_asked_about_so_many_at_a_time) {
    proxy of;
    auto from = of.settings("/slow");
    from.asking_max = 1;
    keeper keeps{from};
    std::jthread const first{[&] { EXPECT_EQ(keeps.find("_oauth2_proxy=a"), "u1"); }};
    of.handler().await_slow_request();
    EXPECT_THAT(keeps.find("_oauth2_proxy=b"), HasSubstr("is being asked about too many sessions"));
    of.handler().release();
}

TEST(sessions, are_kept_so_many_and_the_oldest_is_forgotten) {
    proxy of;
    auto from = of.settings();
    from.keep = 30s;
    from.kept_max = 2;
    keeper keeps{from};
    for (auto const* cookie : {"_oauth2_proxy=a", "_oauth2_proxy=b", "_oauth2_proxy=b", "_oauth2_proxy=a"})
        EXPECT_EQ(keeps.find(cookie), "u1");
    EXPECT_EQ(of.questions(), 2U);
    EXPECT_EQ(keeps.find("_oauth2_proxy=c"), "u1");
    EXPECT_EQ(keeps.find("_oauth2_proxy=b"), "u1");
    EXPECT_EQ(of.questions(), 3U);
    EXPECT_EQ(keeps.find("_oauth2_proxy=a"), "u1");
    EXPECT_EQ(of.questions(), 4U);
}

TEST(sessions, of_nobody_displace_none_that_is_good) {
    proxy of;
    auto from = of.settings();
    from.keep = 30s;
    from.kept_max = 2;
    keeper keeps{from};
    EXPECT_EQ(keeps.find("_oauth2_proxy=a"), "u1");
    of.say(401);
    for (auto const* cookie : {"_oauth2_proxy=b", "_oauth2_proxy=c", "_oauth2_proxy=d"})
        EXPECT_EQ(keeps.find(cookie), "none");
    EXPECT_EQ(keeps.find("_oauth2_proxy=a"), "u1");
    EXPECT_EQ(of.questions(), 4U);
}

TEST(sessions, have_answers_of_a_bounded_size) {
    proxy of;
    of.say(202, "u1", std::string(1024, 'x'));
    auto from = of.settings();
    from.keep = 0ms;
    from.bytes_max = 1024;
    EXPECT_EQ(keeper{from}.find(), "u1");
    of.say(202, "u1", std::string(1025, 'x'));
    EXPECT_THAT(keeper{from}.find(), HasSubstr("body limit exceeded"));
    of.say(202, std::string(40'000, 'u'));
    EXPECT_THAT(keeper{from}.find(), HasSubstr("header limit exceeded"));
}

TEST(sessions, come_from_the_configured_authority_only_and_that_is_no_verdict_about_the_sender) {
    scratch_folder const folder;
    auto const own = make_certificate(folder.path(), "proxy.test");
    http::listener_settings settings;
    settings.tls = {{own.certificate, own.key}};
    proxy of{settings};
    auth::session_proxy from{.url = "https://127.0.0.1:" + std::to_string(of.port()) + "/oauth2/auth",
                             .certificate_authorities = own.certificate};
    EXPECT_EQ(keeper{from}.find(), "u1");
    from.certificate_authorities = make_certificate(folder.path(), "other.test").certificate;
    EXPECT_THAT(keeper{from}.find(), HasSubstr("is not trusted"));
    EXPECT_EQ(of.questions(), 1U);
}

TEST(sessions, come_and_go_with_the_configuration) {
    proxy of;
    auto const from = of.settings();
    keeper keeps{from};
    EXPECT_EQ(keeps.find(), "u1");
    keeps.use({of.settings("/other"), from, from});
    EXPECT_EQ(keeps.find(), "u1");
    EXPECT_EQ(of.questions(), 1U) << "what was said before is kept";
    keeps.use({of.settings("/other")});
    EXPECT_EQ(keeps.find(), "the proxy is not asked any more");
}

}  // namespace
}  // namespace headgate::gateway
