#include "auth/fact_finder.hpp"
#include "auth/session.hpp"
#include "tests/support/run.hpp"
#include "tests/support/senders.hpp"
#include "tests/support/sessions.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

// `session` as a check: who is believed to be logged in, in each of the four ways, and what the loader
// refuses.

namespace headgate::auth {
namespace {

using namespace testing_support;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr char const* key = "0123456789abcdef0123456789abcdef";
auto const now = second(1'700'000'000);
constexpr char const* cookie = "_oauth2_proxy=v|1|m";

// What becomes of a request; "unavailable: …" where nobody could know.
std::string said_of(authenticator const& source, request incoming, fact_finder& finder) {
    incoming.received_at = now;
    auto const found = run(find_facts(source.checks(), incoming, finder, from_now(std::chrono::seconds{10})));
    auto const judged = source.checks().verify(incoming, found.known, now);
    if (judged) return "accepted " + judged->sender.subject + " " + judged->sender.email;
    if (found.trouble) return "unavailable: " + found.trouble->message;
    EXPECT_TRUE(judged.error().code == errc::unauthenticated ||
                judged.error().code == errc::permission_denied);
    return (judged.error().code == errc::permission_denied ? "forbidden: " : "") + judged.error().message;
}

response answer_of(unsigned status, headers fields = {}) {
    return {.status = status, .fields = std::move(fields), .body = {}};
}

headers const ada{{"x-auth-request-user", "u1"},
                  {"x-auth-request-email", "ada@example.com"},
                  {"x-auth-request-groups", "gw-admins,gw-ops"}};

headers with(headers all, header one) {
    all.push_back(std::move(one));
    return all;
}

std::string asked(response says, session_check session = for_group("gw-ops", asking()),
                  headers fields = {{"cookie", cookie}}) {
    one_proxy finder{std::move(says)};
    return said_of(authenticator_of(source_with(check_of(std::move(session)))), post("{}", std::move(fields)),
                   finder);
}

// ---- By asking

TEST(asked_session, lets_in_whom_the_proxy_names_and_shows_who_it_is) {
    one_proxy finder{answer_of(202, ada)};
    auto const source = authenticator_of(source_with(check_of(for_group("gw-ops", asking()))));
    auto incoming = post("{}", {{"cookie", cookie}});
    auto const found = run(find_facts(source.checks(), incoming, finder, from_now(std::chrono::seconds{10})));
    auto const judged = source.checks().verify(incoming, found.known, now);
    ASSERT_TRUE(judged);
    EXPECT_EQ(judged->sender.verified_by, "session");
    EXPECT_EQ(judged->sender.subject, "u1");
    EXPECT_EQ(judged->sender.email, "ada@example.com");
    EXPECT_THAT(judged->sender.groups, ElementsAre("gw-admins", "gw-ops"));
    EXPECT_EQ(judged->sender.covers, coverage::none);
}

struct answered {
    char const* what;
    unsigned status;
    headers fields;
    char const* said;
};

TEST(asked_session, is_what_the_proxy_documents_and_nothing_else) {
    auto const elsewhere = "unavailable: the proxy answers ";
    for (auto const& [what, status, fields, said] : {
             answered{"a user", 202, {ada[0], ada[2]}, "accepted u1 "},
             answered{"an address", 202, {ada[1], ada[2]}, "accepted  ada@example.com"},
             answered{
                 "an exempt request", 202, {}, "session: the proxy lets it pass without saying who it is"},
             answered{"groups of nobody", 202, {ada[2]}, "session: the proxy lets it pass without"},
             answered{"empty names",
                      202,
                      {{"x-auth-request-user", ""}, {"x-auth-request-email", ""}, ada[2]},
                      "session: the proxy lets it pass without"},
             answered{
                 "only GAP-Auth", 202, {{"gap-auth", "ada@example.com"}}, "session: the proxy lets it pass"},
             answered{"names of another kind",
                      202,
                      {{"x-forwarded-user", "u1"}},
                      "session: the proxy lets it pass"},
             answered{"two users", 202, with(ada, ada[0]),
                      "unavailable: the proxy's answer: header x-auth-request-user"},
             answered{"two addresses", 202, with(ada, ada[1]), "unavailable: the proxy's answer: header"},
             answered{"two lists of groups", 202, with(ada, ada[2]),
                      "unavailable: the proxy's answer: header"},
             answered{
                 "a very long name", 202, {{"x-auth-request-user", std::string(8193, 'u')}}, "unavailable: "},
             answered{"another group",
                      202,
                      {ada[0], {"x-auth-request-groups", "gw-admins"}},
                      "forbidden: session: "},
             answered{"no group",
                      202,
                      {ada[0]},
                      "forbidden: session: whoever is logged in is in none of the groups"},
             answered{"a longer group", 202, {ada[0], {"x-auth-request-groups", "gw-ops2"}}, "forbidden: "},
             answered{
                 "a group in capitals", 202, {ada[0], {"x-auth-request-groups", "GW-OPS"}}, "forbidden: "},
             answered{
                 "a blank before it", 202, {ada[0], {"x-auth-request-groups", "a, gw-ops"}}, "forbidden: "},
             answered{"no session", 401, ada, "session: the proxy knows no such session"},
             answered{"a session not for us", 403, ada,
                      "forbidden: session: the proxy lets this session not in"},
             answered{"200", 200, ada, elsewhere},
             answered{"204", 204, ada, elsewhere},
             answered{"a redirect", 302, ada, elsewhere},
             answered{"a redirect", 307, ada, elsewhere},
             answered{"404", 404, ada, elsewhere},
             answered{"429", 429, ada, elsewhere},
             answered{"500", 500, ada, elsewhere},
             answered{"502", 502, ada, elsewhere},
             answered{"504", 504, ada, elsewhere},
         }) {
        EXPECT_THAT(asked(answer_of(status, fields)), HasSubstr(said)) << what;
    }
}

TEST(asked_session, asks_with_the_cookies_of_the_session_alone) {
    auto const shown = [](headers fields, std::string name = "_oauth2_proxy") {
        one_proxy finder{answer_of(401)};
        auto session = asking();
        std::get<session_proxy>(session.by).cookie = std::move(name);
        auto const source = authenticator_of(source_with(check_of(std::move(session))));
        auto said = said_of(source, post("{}", std::move(fields)), finder);
        return finder.shown.empty() ? said : finder.shown.front();
    };
    EXPECT_EQ(shown({{"cookie", cookie}}), cookie);
    EXPECT_EQ(shown({{"cookie", "a=1; _oauth2_proxy=v|1|m; b=2"}, {"authorization", "Bearer x"}}), cookie);
    EXPECT_EQ(shown({{"cookie", "_oauth2_proxy_1=b;_oauth2_proxy_0=a"}}),
              "_oauth2_proxy_1=b; _oauth2_proxy_0=a");
    EXPECT_EQ(
        shown({{"cookie", "_oauth2_proxy_csrf=x; _oauth2_proxy=v; _oauth2_proxy_=y; _oauth2_proxy_1a=z"}}),
        "_oauth2_proxy=v");
    EXPECT_EQ(shown({{"cookie", "_oauth2_proxy=a=b=="}}), "_oauth2_proxy=a=b==");
    EXPECT_EQ(shown({{"cookie", "__Host-gw=v; _oauth2_proxy=x"}}, "__Host-gw"), "__Host-gw=v");
    auto const none = "session: there is no cookie _oauth2_proxy";
    EXPECT_EQ(shown({}), none);
    EXPECT_EQ(shown({{"cookie", ""}}), none);
    EXPECT_EQ(shown({{"cookie", "a=1; b"}}), none);
    EXPECT_EQ(shown({{"cookie", "_oauth2_proxy"}}), none);
    EXPECT_EQ(shown({{"cookie", "_OAUTH2_PROXY=v"}}), none);
    EXPECT_EQ(shown({{"cookie", "x_oauth2_proxy=v"}}), none);
    EXPECT_EQ(shown({{"cookie", "_oauth2_proxy_csrf=v"}}), none);
    EXPECT_EQ(shown({{"authorization", "Bearer _oauth2_proxy=v"}}), none);
    EXPECT_EQ(shown({{"cookie", cookie}, {"cookie", cookie}}), "session: header cookie stands several times");
    EXPECT_EQ(shown({{"cookie", cookie}, {"cookie", "a=1"}}), "session: header cookie stands several times");
    EXPECT_EQ(shown({{"cookie", "_oauth2_proxy=a; _oauth2_proxy=b"}}),
              "session: cookie _oauth2_proxy stands twice");
    EXPECT_EQ(shown({{"cookie", "_oauth2_proxy_0=a; _oauth2_proxy_0=a"}}),
              "session: cookie _oauth2_proxy_0 stands twice");
}

TEST(asked_session, believes_no_header_of_the_request) {
    auto forged = ada;
    EXPECT_THAT(asked(answer_of(202, ada), for_group("gw-ops", asking()), forged),
                HasSubstr("there is no cookie"));
    forged.push_back({"cookie", cookie});
    EXPECT_THAT(asked(answer_of(401), for_group("gw-ops", asking()), forged),
                HasSubstr("knows no such session"));
    EXPECT_THAT(asked(answer_of(202), for_group("gw-ops", asking()), forged),
                HasSubstr("without saying who it is"));
    EXPECT_THAT(asked(answer_of(202, {ada[0]}), for_group("gw-ops", asking()), forged),
                HasSubstr("none of the groups"));
}

TEST(asked_session, asks_nobody_before_what_is_cheaper_holds) {
    one_proxy finder{answer_of(202, ada)};
    auto source =
        source_with(all({check_of(asking()), check_of(body_mac("x-signature", ""))}), {secret_of(key)});
    auto const checks = authenticator_of(source);
    EXPECT_THAT(
        said_of(checks, post("{}", {{"cookie", cookie}, {"x-signature", std::string(64, '0')}}), finder),
        HasSubstr("does not match"));
    EXPECT_THAT(finder.shown, IsEmpty());
}

TEST(asked_session, that_nobody_could_judge_is_no_session_but_another_branch_may_hold) {
    auto source = source_with(
        any({check_of(asking()), equal(header_named("x-token"), secret_named("signing"))}), {secret_of(key)});
    auto const checks = authenticator_of(source);
    one_proxy away;
    away.is_away = true;
    EXPECT_EQ(said_of(checks, post("{}", {{"cookie", cookie}}), away), "unavailable: cannot connect");
    EXPECT_THAT(said_of(checks, post("{}", {{"cookie", cookie}, {"x-token", key}}), away),
                HasSubstr("accepted"));
    EXPECT_THAT(said_of(checks, post("{}", {{"x-token", "x"}}), away), Not(HasSubstr("unavailable")));
}

TEST(asked_session, hands_on_what_a_good_session_was_refreshed_with) {
    auto const cookies_of = [](response says) {
        facts known;
        session_proxy const from;
        known.sessions[&from] = std::make_shared<session const>(read_session(says).value());
        response answer{.status = 202, .fields = {}, .body = {}};
        relay_cookies(known, answer);
        return answer.fields;
    };
    auto const fresh =
        with(with(ada, {"set-cookie", "_oauth2_proxy_0=a"}), {"set-cookie", "_oauth2_proxy_1=b"});
    EXPECT_THAT(cookies_of(answer_of(202, fresh)), ElementsAre(header{"set-cookie", "_oauth2_proxy_0=a"},
                                                               header{"set-cookie", "_oauth2_proxy_1=b"}));
    EXPECT_THAT(cookies_of(answer_of(202, ada)), IsEmpty());
    EXPECT_THAT(cookies_of(answer_of(401, fresh)), IsEmpty());
}

// ---- Who may come in

TEST(session, names_people_by_groups_addresses_and_domains_all_of_which_must_hold) {
    auto const said = [](std::vector<std::string> groups, std::vector<std::string> emails,
                         std::vector<std::string> domains, std::string const& email) {
        auto session = asking();
        session.groups = std::move(groups);
        session.emails = std::move(emails);
        session.domains = std::move(domains);
        return asked(answer_of(202, {ada[0], {"x-auth-request-email", email}, ada[2]}), session);
    };
    EXPECT_THAT(said({"x", "gw-ops"}, {}, {}, "ada@example.com"), HasSubstr("accepted"));
    EXPECT_THAT(said({}, {"eve@example.com", "Ada@Example.com"}, {}, "ada@example.COM"),
                HasSubstr("accepted"));
    EXPECT_THAT(said({}, {"ada@example.com"}, {}, "ada@example.com.evil.net"), HasSubstr("addresses"));
    EXPECT_THAT(said({}, {"ada@example.com"}, {}, "lada@example.com"), HasSubstr("addresses"));
    EXPECT_THAT(said({}, {"ada@example.com"}, {}, ""), HasSubstr("none of the addresses"));
    EXPECT_THAT(said({}, {}, {"Example.com"}, "ada@EXAMPLE.com"), HasSubstr("accepted"));
    EXPECT_THAT(said({}, {}, {"example.com"}, "ada@sub.example.com"), HasSubstr("domains"));
    EXPECT_THAT(said({}, {}, {"example.com"}, "ada@evilexample.com"), HasSubstr("domains"));
    EXPECT_THAT(said({}, {}, {"example.com"}, "ada@evil.net@example.com"), HasSubstr("domains"));
    EXPECT_THAT(said({}, {}, {"example.com"}, "@example.com"), HasSubstr("domains"));
    EXPECT_THAT(said({}, {}, {"example.com"}, "example.com"), HasSubstr("domains"));
    EXPECT_THAT(said({}, {}, {"example.com"}, ""), HasSubstr("domains"));
    EXPECT_THAT(said({"gw-ops"}, {"ada@example.com"}, {"example.com"}, "ada@example.com"),
                HasSubstr("accepted"));
    EXPECT_THAT(said({"x"}, {"ada@example.com"}, {"example.com"}, "ada@example.com"), HasSubstr("groups"));
    EXPECT_THAT(said({"gw-ops"}, {"eve@example.com"}, {"example.com"}, "ada@example.com"),
                HasSubstr("addresses"));
    EXPECT_THAT(said({"gw-ops"}, {"ada@example.com"}, {"example.net"}, "ada@example.com"),
                HasSubstr("domains"));
}

// ---- By headers, behind a `peer`

std::string told(check const& verify, request incoming) {
    one_proxy nobody;
    return said_of(authenticator_of(source_with(verify)), std::move(incoming), nobody);
}

request from(std::string peer, headers fields, std::string proxy = {}) {
    auto incoming = post("{}", std::move(fields));
    incoming.head.peer = std::move(peer);
    incoming.head.proxy = std::move(proxy);
    return incoming;
}

TEST(told_session, believes_headers_of_whoever_connects_from_where_the_proxy_is) {
    auto const verify = behind({.cidrs = {"10.0.0.5"}}, for_group("gw-ops", told_by("x-auth-request")));
    EXPECT_EQ(told(verify, from("10.0.0.5", ada)), "accepted u1 ada@example.com");
    EXPECT_THAT(told(verify, from("10.0.0.6", ada)), HasSubstr("is in no allowed range"));
    EXPECT_THAT(told(verify, from("", ada)), HasSubstr("address is not known"));
}

TEST(session, is_not_taken_for_what_a_page_of_another_site_made_a_browser_send) {
    auto const verify = behind({.cidrs = {"10.0.0.5"}}, for_group("gw-ops", told_by("x-auth-request")));
    auto const both = [&](header line) {
        auto const by_asking = asked(answer_of(202, ada), for_group("gw-ops", asking()),
                                     {{"cookie", cookie}, {"host", "gateway.example"}, line});
        EXPECT_EQ(
            told(verify, from("10.0.0.5", with(with(ada, {"host", "gateway.example"}), line))).substr(0, 9),
            by_asking.substr(0, 9));
        return by_asking;
    };
    EXPECT_THAT(both({"sec-fetch-site", "same-origin"}), HasSubstr("accepted"));
    EXPECT_THAT(both({"origin", "https://gateway.example"}), HasSubstr("accepted"));
    auto const another = HasSubstr("forbidden: session: another site made the browser send this");
    EXPECT_THAT(both({"sec-fetch-site", "cross-site"}), another);
    EXPECT_THAT(both({"sec-fetch-site", "same-site"}), another);
    EXPECT_THAT(both({"origin", "https://evil.example"}), another);
}

TEST(session, of_a_page_of_another_site_may_look) {
    headers const elsewhere{{"sec-fetch-site", "cross-site"}};
    EXPECT_FALSE(
        may_be_an_act_of_another_site({.method = "GET", .target = "/", .fields = elsewhere, .peer = {}}));
    EXPECT_TRUE(
        may_be_an_act_of_another_site({.method = "POST", .target = "/", .fields = elsewhere, .peer = {}}));
}

TEST(session, is_of_one_person_in_whatever_ways_it_is_shown) {
    auto const of_two = [&](person second) {
        one_proxy finder{answer_of(202, ada)};
        auto const source =
            authenticator_of(source_with(all({check_of(for_group("gw-ops", asking())),
                                              behind({.cidrs = {"10.0.0.5"}}, told_by("x-forwarded"))})));
        headers fields{{"cookie", cookie}};
        if (!second.subject.empty()) fields.push_back({"x-forwarded-user", second.subject});
        if (!second.email.empty()) fields.push_back({"x-forwarded-email", second.email});
        return said_of(source, from("10.0.0.5", std::move(fields)), finder);
    };
    EXPECT_EQ(of_two({"u1", "", {}}), "accepted u1 ada@example.com");
    EXPECT_EQ(of_two({"somebody", "Ada@example.com", {}}), "accepted u1 ada@example.com");
    EXPECT_THAT(of_two({"u2", "", {}}), HasSubstr("its sessions are of two people"));
    EXPECT_THAT(of_two({"u1", "eve@example.com", {}}), HasSubstr("its sessions are of two people"));
}

TEST(session, that_may_not_is_told_from_nobody_by_any_too) {
    one_proxy finder{answer_of(202, ada)};
    auto const source = authenticator_of(source_with(
        any({check_of(for_group("gw-root", asking())), check_of(for_group("gw-guests", asking()))})));
    EXPECT_THAT(said_of(source, post("{}", {{"cookie", cookie}}), finder), HasSubstr("forbidden: "));
    EXPECT_THAT(said_of(source, post("{}"), finder), Not(HasSubstr("forbidden: ")));
}

TEST(told_session, reads_the_other_family_where_that_is_configured_and_never_both) {
    auto const verify = behind({.cidrs = {"10.0.0.5"}}, for_group("gw-ops", told_by("x-forwarded")));
    headers const forwarded{{"x-forwarded-user", "u2"}, {"x-forwarded-groups", "gw-ops"}};
    EXPECT_EQ(told(verify, from("10.0.0.5", forwarded)), "accepted u2 ");
    EXPECT_THAT(told(verify, from("10.0.0.5", ada)), HasSubstr("does not say who is logged in"));
    EXPECT_THAT(told(verify, from("10.0.0.5", {{"x-forwarded-user", "u2"}, ada[2]})),
                HasSubstr("none of the groups"));
}

TEST(told_session, is_nobody_where_a_header_was_stripped_or_stands_twice) {
    auto const verify = behind({.cidrs = {"10.0.0.5"}}, for_group("gw-ops", told_by("x-auth-request")));
    auto const said = [&](headers fields) { return told(verify, from("10.0.0.5", std::move(fields))); };
    EXPECT_THAT(said({}), HasSubstr("session: it does not say who is logged in"));
    EXPECT_THAT(said({ada[2]}), HasSubstr("does not say who is logged in"));
    EXPECT_THAT(said({{"x-auth-request-user", ""}, ada[2]}), HasSubstr("does not say who is logged in"));
    EXPECT_THAT(said({ada[0], ada[1]}), HasSubstr("none of the groups"));
    for (auto const& line : ada) EXPECT_THAT(said(with(ada, line)), HasSubstr(line.name + " stands several"));
    EXPECT_THAT(said({ada[0], {"x-auth-request-groups", std::string(8185, 'x') + ",gw-ops"}}),
                HasSubstr("accepted"));
    EXPECT_THAT(said({ada[0], {"x-auth-request-groups", std::string(8186, 'x') + ",gw-ops"}}),
                HasSubstr("is over 8192 bytes"));
}

TEST(told_session, takes_the_word_of_a_trusted_proxy_only_where_peer_names_it) {
    auto const by_sender = behind({.cidrs = {"10.0.0.0/8"}}, for_group("gw-ops", told_by("x-auth-request")));
    EXPECT_THAT(told(by_sender, from("10.0.0.6", ada, "192.0.2.9")),
                HasSubstr("a trusted proxy passed it on"));
    auto const by_proxy = behind(proxy_in({"192.0.2.9"}), for_group("gw-ops", told_by("x-auth-request")));
    EXPECT_THAT(told(by_proxy, from("10.0.0.6", ada, "192.0.2.9")), HasSubstr("accepted"));
    EXPECT_THAT(told(by_proxy, from("10.0.0.6", ada, "192.0.2.8")), HasSubstr("is in no allowed range"));
    EXPECT_THAT(told(by_proxy, from("192.0.2.9", ada)), HasSubstr("no trusted proxy passed"));
    auto both = proxy_in({"192.0.2.9"});
    both.cidrs = {"10.0.0.0/8"};
    auto const by_both = behind(both, for_group("gw-ops", told_by("x-auth-request")));
    EXPECT_THAT(told(by_both, from("10.0.0.6", ada, "192.0.2.9")), HasSubstr("accepted"));
    EXPECT_THAT(told(by_both, from("11.0.0.6", ada, "192.0.2.9")), HasSubstr("is in no allowed range"));
}

}  // namespace
}  // namespace headgate::auth
