#include "auth/authenticator.hpp"
#include "tests/support/senders.hpp"
#include "tests/support/sessions.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>

// What the loader refuses of sessions, and what it warns of.

namespace headgate::auth {
namespace {

using namespace testing_support;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr char const* key = "0123456789abcdef0123456789abcdef";

TEST(session_loader, refuses_headers_that_anybody_could_write) {
    auto const at = [](std::string const& place) {
        return "sources.test.verify." + place + "session.headers: would be believed from anybody";
    };
    auto const headers_alone = check_of(told_by("x-auth-request"));
    auto const mac = check_of(body_mac("x-signature", ""));
    EXPECT_THAT(mistakes_of(source_with(headers_alone)), ElementsAre(at("")));
    EXPECT_THAT(mistakes_of(source_with(all({headers_alone, mac}), {secret_of(key)})),
                ElementsAre(at("all[0].")));
    EXPECT_THAT(mistakes_of(source_with(any({headers_alone, peer_in({"10.0.0.5"})}))),
                ElementsAre(at("any[0].")));
    EXPECT_THAT(mistakes_of(source_with(all({headers_alone, peer_in({"0.0.0.0/0"})}))),
                ElementsAre(at("all[0].")));
    EXPECT_THAT(mistakes_of(source_with(behind(proxy_in({"::/0"}), told_by("x-auth-request")))),
                ElementsAre(at("all[1].")));
    EXPECT_THAT(
        mistakes_of(source_with(all({any({peer_in({"10.0.0.5"}), peer_in({"10.0.0.6"})}), headers_alone}))),
        ElementsAre(at("all[1].")));
    EXPECT_THAT(mistakes_of(source_with(all({headers_alone, peer_in({"10.0.0.5"})}))), IsEmpty());
    EXPECT_THAT(mistakes_of(source_with(all({any({headers_alone}), peer_in({"10.0.0.5"})}))), IsEmpty());
    EXPECT_THAT(mistakes_of(source_with(behind({.cidrs = {"10.0.0.5"}}, told_by("x-user")))),
                ElementsAre("sources.test.verify.all[1].session.headers: is not known"));
}

TEST(session_loader, refuses_what_could_not_work) {
    auto const said = [](session_check session) {
        return mistakes_of(source_with(check_of(std::move(session))));
    };
    auto const at = [](std::string const& rest) { return "sources.test.verify.session" + rest; };
    for (auto const* url :
         {"", "http://", "http:///oauth2/auth", "https://proxy", "ftp://proxy/oauth2/auth",
          "http://user@proxy/oauth2/auth", "http://proxy/oauth2/auth#x", "/oauth2/auth",
          "http://proxy:a/oauth2/auth", "http://proxy:65536/oauth2/auth", "http://[::1/oauth2/auth"}) {
        EXPECT_THAT(said(asking(url)), ElementsAre(HasSubstr("is not the URL of a question"))) << url;
    }
    for (auto const* query :
         {"allowed_group=a", "allowed_groups=", "allowed_groups", "allowed_groups=a&rd=/"}) {
        EXPECT_THAT(said(asking(std::string{"https://proxy/oauth2/auth?"} + query)),
                    ElementsAre(HasSubstr("OAuth2-proxy passes over")))
            << query;
    }
    EXPECT_THAT(said(asking("https://proxy/oauth2/auth?allowed_groups=a")), IsEmpty());
    auto session = asking();
    auto& proxy = std::get<session_proxy>(session.by);
    proxy.keep = std::chrono::seconds{31};
    EXPECT_THAT(said(session), ElementsAre(at(".ask.keep: is not from 0 to 30 s")));
    proxy.keep = std::chrono::seconds{30};
    EXPECT_THAT(said(session), IsEmpty());
    for (auto const* name : {"", "a b", "a=b", "a;b"}) {
        proxy.cookie = name;
        EXPECT_THAT(said(session), ElementsAre(at(".ask.cookie: is not the name of a cookie")));
    }
    session = asking();
    session.groups = {"a,b"};
    session.emails = {""};
    session.domains = {"@example.com"};
    EXPECT_THAT(said(session), ElementsAre(at(".groups: has a name that nobody can have"),
                                           at(".emails: has a name that nobody can have"),
                                           at(".domains: has a name that nobody can have")));
    session_check gap{.by = gap_signature{}};
    gap.groups = {"gw-ops"};
    EXPECT_THAT(mistakes_of(source_with(check_of(gap), {secret_of(key)})),
                ElementsAre(at(".groups: are not signed by GAP-Signature, so anybody could write them")));
    jwt_check token;
    token.from = {header_value{.names = {"authorization"}, .scheme = "Bearer", .decode = {}}};
    token.algorithms = {token_algorithm::rs256};
    token.keys = fetch_rule{.url = "https://login.example.com/keys"};
    token.audience = constant("gateway");
    auto const by_token = [](jwt_check const& is) {
        return session_check{.by = id_token{std::make_shared<check const>(check{is, {}, {}, {}})}};
    };
    EXPECT_THAT(said(by_token(token)), ElementsAre(HasSubstr("jwt.iss: is missing")));
    token.issuers = {"https://login.example.com"};
    EXPECT_THAT(said(by_token(token)), IsEmpty());
    EXPECT_THAT(said({.by = gap_signature{}}), ElementsAre(HasSubstr("there is no secret named signing")));
    auto timed = check_of(asking());
    timed.once = once_rule{header_named("x-id")};
    EXPECT_THAT(mistakes_of(source_with(timed)), Contains(at(": has no `time` and no `once`")));
    each_check items{.in = {"/a"}, .item = std::make_shared<check const>(check_of(asking()))};
    EXPECT_THAT(mistakes_of(source_with({items, {}, {}, {}})),
                ElementsAre("sources.test.verify.each.session: is about the request, not about an item"));
}

TEST(session_loader, asks_nobody_for_a_handshake) {
    auto source = source_with(check_of(body_mac("x-signature", "")), {secret_of(key)});
    handshake_rule shaking;
    shaking.when.methods = {"GET"};
    shaking.require = check_of(asking());
    source.handshakes.push_back(shaking);
    EXPECT_THAT(mistakes_of(source), ElementsAre(HasSubstr("ask: nothing is fetched for a handshake")));
}

TEST(session_loader, warns_of_sessions_of_everybody_and_of_those_that_can_be_read_on_the_way) {
    auto const said = [](session_check session) {
        return warnings_of(source_with(check_of(std::move(session))));
    };
    EXPECT_THAT(said(asking()), ElementsAre("sources.test.verify.session: takes everybody who can log in"));
    EXPECT_THAT(said(for_group("gw-ops", asking())), IsEmpty());
    EXPECT_THAT(said(asking("http://127.0.0.1:4180/oauth2/auth?allowed_groups=gw-ops")), IsEmpty());
    EXPECT_THAT(said(for_group("gw-ops", asking("http://proxy:4180/oauth2/auth"))),
                ElementsAre("sources.test.verify.session.ask.url: sessions can be read on their way there"));
    for (auto const* url : {"https://proxy/oauth2/auth", "http://localhost:4180/oauth2/auth",
                            "http://[::1]:1/a", "http://[::1]/a"}) {
        EXPECT_THAT(said(for_group("gw-ops", asking(url))), IsEmpty()) << url;
    }
    for (auto const* url : {"http://127.evil.example/a", "http://localhost.example/a"})
        EXPECT_THAT(said(for_group("gw-ops", asking(url))), ElementsAre(HasSubstr("can be read"))) << url;
}

}  // namespace
}  // namespace headgate::auth
