#include "config/load.hpp"
#include "config/notes.hpp"
#include "tests/support/scratch_folder.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

// Sessions in a configuration: of sources, and of operators.

namespace headgate::config {
namespace {

using namespace std::chrono_literals;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class sessions : public ::testing::Test {
protected:
    void SetUp() override {
        for (auto const* name : {"token", "gap"}) {
            std::ofstream{folder_.path() / name} << "a secret of some length, of " << name;
            std::filesystem::permissions(folder_.path() / name, std::filesystem::perms::owner_read);
        }
        std::ofstream{folder_.path() / "ca.pem"} << "-----BEGIN CERTIFICATE-----\n";
    }

    // A source with these lines below its path, and these at the top level.
    loaded given(std::string const& source, std::string const& top = {}) {
        auto const file = folder_.path() / "headgate.yaml";
        std::ofstream{file} << "store: {sqlite: {path: headgate.db}}\nsources:\n  a:\n    path: /a\n"
                               "    dedupe: none\n    "
                            << source << '\n'
                            << top;
        return load(file);
    }

    std::vector<std::string> said(std::string const& source, std::string const& top = {}) {
        std::vector<std::string> lines;
        for (auto const& one : given(source, top).found) lines.push_back(to_text(one));
        return lines;
    }

    auth::session_check read(std::string const& source) {
        auto const made = given(source);
        for (auto const& one : made.found) ADD_FAILURE() << to_text(one);
        if (!made.made) return {};
        return std::get<auth::session_check>(made.made->gateway.sources[0].sender.verify->is);
    }

    testing_support::scratch_folder folder_;
};

TEST_F(sessions, that_are_asked_for_are_read_with_all_their_settings) {
    auto const usual =
        read("verify: {session: {ask: {url: 'http://127.0.0.1:4180/oauth2/auth'}, groups: ops}}");
    EXPECT_EQ(std::get<auth::session_proxy>(usual.by),
              (auth::session_proxy{.url = "http://127.0.0.1:4180/oauth2/auth"}));
    EXPECT_THAT(usual.groups, ElementsAre("ops"));
    auto const all = read(
        "verify: {session: {ask: {url: 'https://proxy/oauth2/auth?allowed_groups=a', ca: ca.pem, cookie: "
        "_gw, "
        "within: 1s, keep: 0s, kept_max: 1, asking_max: 2, bytes_max: 1024}, groups: [a, b], "
        "emails: [c@d], domains: [d]}}");
    EXPECT_EQ(std::get<auth::session_proxy>(all.by),
              (auth::session_proxy{.url = "https://proxy/oauth2/auth?allowed_groups=a",
                                   .certificate_authorities = (folder_.path() / "ca.pem").string(),
                                   .cookie = "_gw",
                                   .within = 1s,
                                   .keep = 0ms,
                                   .kept_max = 1,
                                   .asking_max = 2,
                                   .bytes_max = 1024}));
    EXPECT_THAT(all.groups, ElementsAre("a", "b"));
    EXPECT_THAT(all.emails, ElementsAre("c@d"));
    EXPECT_THAT(all.domains, ElementsAre("d"));
}

TEST_F(sessions, come_in_three_other_ways) {
    auto const told = given(
        "verify: {all: [{peer: {proxy: [10.0.0.5], cidr: [10.0.0.0/8]}}, {session: {headers: "
        "x-forwarded}}]}");
    ASSERT_TRUE(told.made);
    auto const& members = std::get<auth::all_check>(told.made->gateway.sources[0].sender.verify->is).members;
    EXPECT_THAT(std::get<auth::peer_check>(members[0].is).proxies, ElementsAre("10.0.0.5"));
    EXPECT_EQ(std::get<auth::identity_headers>(std::get<auth::session_check>(members[1].is).by).family,
              "x-forwarded");

    auto const gap = std::get<auth::gap_signature>(
        read("verify: {session: {gap_signature: {alg: hmac-sha1, secret: {name: k}}, emails: a@b}}\n"
             "    secrets: {k: [{file: gap}]}")
            .by);
    EXPECT_EQ(gap.algorithm, auth::mac_algorithm::hmac_sha1);
    EXPECT_EQ(gap.key.name, "k");

    auto const token = std::get<auth::id_token>(read("verify: {session: {jwt: {algs: [RS256], keys: {jwks: "
                                                     "'https://login/keys'}, iss: 'https://login', "
                                                     "aud: 'gateway'}, groups: ops}}")
                                                    .by);
    auto const& from = std::get<auth::header_value>(std::get<auth::jwt_check>(token.jwt->is).from.is);
    EXPECT_THAT(from.names, ElementsAre("authorization"));
    EXPECT_EQ(from.scheme, "Bearer");
    auto const elsewhere = std::get<auth::id_token>(
        read("verify: {session: {jwt: {from: {header: X-Forwarded-Access-Token}, algs: [RS256], "
             "keys: {jwks: 'https://login/keys'}, iss: 'https://login', aud: 'gateway'}, groups: ops}}")
            .by);
    EXPECT_THAT(std::get<auth::header_value>(std::get<auth::jwt_check>(elsewhere.jwt->is).from.is).names,
                ElementsAre("x-forwarded-access-token"));
}

struct mistaken {
    char const* session;
    char const* said;
};

TEST_F(sessions, with_a_mistake_are_refused_and_it_is_named) {
    auto const ask = "ask: {url: 'http://127.0.0.1/oauth2/auth'}";
    for (auto const& [session, wanted] :
         {mistaken{"groups: a", "verify.session (line 6): does not say one way to find out who is logged in"},
          mistaken{"ask: {url: 'http://127.0.0.1/a'}, headers: x-forwarded", "does not say one way"},
          mistaken{"ask: {}", "verify.session.ask.url (line 6): is missing"},
          mistaken{"ask: {url: 'http://127.0.0.1/a', keep: 31s}", "verify.session.ask.keep (line 6): "},
          mistaken{"ask: {url: 'http://127.0.0.1/a', within: 0s}", "verify.session.ask.within (line 6): "},
          mistaken{"ask: {url: 'http://127.0.0.1/a', within: 61s}", "verify.session.ask.within (line 6): "},
          mistaken{"ask: {url: 'http://127.0.0.1/a', kept_max: 0}", "verify.session.ask.kept_max (line 6): "},
          mistaken{"ask: {url: 'http://127.0.0.1/a', asking_max: 0}",
                   "verify.session.ask.asking_max (line 6): "},
          mistaken{"ask: {url: 'http://127.0.0.1/a', bytes_max: 1023}",
                   "verify.session.ask.bytes_max (line 6): "},
          mistaken{"ask: {url: 'http://127.0.0.1/a', ca: [x]}",
                   "verify.session.ask.ca (line 6): is not the name"},
          mistaken{"ask: {url: 'http://127.0.0.1/a', headers: [x]}",
                   "verify.session.ask.headers (line 6): is not a setting"},
          mistaken{"gap_signature: {}", "verify.session.gap_signature.alg (line 6): is missing"},
          mistaken{"gap_signature: {alg: md5}", "\"md5\" is not known"},
          mistaken{"gap_signature: {alg: sha256-prefix}", "\"sha256-prefix\" is not known"},
          mistaken{"jwt: {}", "verify.session.jwt.keys (line 6): is missing"},
          mistaken{"group: a, headers: x-forwarded", "did you mean groups?"}}) {
        std::string const source = "verify: {session: {" + std::string{session} + "}}";
        EXPECT_THAT(said(source), Contains(HasSubstr(wanted))) << session;
        EXPECT_FALSE(given(source).made) << session;
    }
    EXPECT_THAT(said("verify: {session: {" + std::string{ask} + ", groups: a}}"), IsEmpty());
}

TEST_F(sessions, let_operators_in) {
    std::string const source = "verify: {session: {ask: {url: 'http://127.0.0.1/a'}, groups: a}}";
    auto const made =
        given(source,
              "operators:\n"
              "  - {name: ci, role: operator, token: {file: token}}\n"
              "  - {name: ops, verify: {session: {ask: {url: 'http://127.0.0.1/a'}, groups: a}}}\n"
              "  - {name: other, verify: {session: {gap_signature: {alg: hmac-sha256}, emails: a@b}},\n"
              "     secrets: {signing: [{file: gap}]}}\n");
    for (auto const& one : made.found) ADD_FAILURE() << to_text(one);
    ASSERT_TRUE(made.made);
    auto const& all = made.made->console.operators;
    ASSERT_EQ(all.size(), 3U);
    EXPECT_FALSE(all[0].sender);
    EXPECT_TRUE(std::holds_alternative<auth::session_check>(all[1].sender->verify->is));
    EXPECT_TRUE(all[1].token.empty());
    EXPECT_EQ(all[2].sender->secrets.at("signing")[0].value.reveal(), "a secret of some length, of gap");

    auto const refused = [&](std::string const& keys) {
        return said(source, "operators: [{name: a" + keys + "}]\n");
    };
    auto const one_of_both = Contains(HasSubstr("operators[0].token (line 7): has to be there, or `verify`"));
    EXPECT_THAT(refused(""), one_of_both);
    EXPECT_THAT(refused(", token: {file: token}, verify: {session: {headers: x-forwarded}}"), one_of_both);
    EXPECT_THAT(refused(", token: {file: token}, secrets: {a: [{file: gap}]}"),
                Contains(HasSubstr("operators[0].secrets (line 7): stands without `verify`")));
    EXPECT_THAT(refused(", verify: {preset: github}"), Contains(HasSubstr("operators[0].verify.preset")));
    EXPECT_THAT(
        refused(", oauth2_proxy: {}, token: {file: token}"),
        Contains(HasSubstr("operators[0].oauth2_proxy (line 7): is not available in this version — write "
                           "verify: {session:")));
}

}  // namespace
}  // namespace headgate::config
