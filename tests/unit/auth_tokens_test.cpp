#include "json/parse.hpp"
#include "tests/support/senders.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <string>
#include <vector>

// Tokens that somebody made to be accepted: a table from data/make_tokens.py, which none of our code made.

namespace headgate::auth {
namespace {

using namespace testing_support;
using ::testing::HasSubstr;
using enum token_algorithm;

struct token_table {
    json::arena where;
    std::string text;
    json::value root;

    token_table() {
        std::ifstream file{std::filesystem::path{HEADGATE_SOURCE_DIR} / "tests/unit/data/tokens.json"};
        text.assign(std::istreambuf_iterator<char>{file}, {});
        root = json::parse(text, where)->root;
    }
    [[nodiscard]] std::string text_of(char const* name) const {
        return std::string{root.find(name)->as_string()};
    }
};

token_table const& table() {
    static token_table const read;
    return read;
}

settings source_of(std::vector<token_algorithm> algorithms, bool is_secret, std::string key,
                   token_key_shape::form form = token_key_shape::form::jwk) {
    jwt_check jwt;
    header_value from;
    from.names = {"authorization"};
    from.scheme = "Bearer";
    jwt.from = {std::move(from)};
    jwt.algorithms = std::move(algorithms);
    if (is_secret) {
        jwt.keys = secret_shape{};
    } else {
        jwt.keys = token_key_shape{{}, form};
    }
    jwt.issuers = {table().text_of("issuer")};
    jwt.audience = constant(table().text_of("audience"));
    return source_with({std::move(jwt), {}, {}, {}}, {secret_of(std::move(key))});
}

// By the name that a row has.
authenticator const& configured(std::string const& name) {
    static std::map<std::string, authenticator> const all = [] {
        auto const& t = table();
        auto const pem = t.text_of("rsa_pem");
        using form = token_key_shape::form;
        std::map<std::string, authenticator> made;
        made.emplace("rs256", authenticator_of(source_of({rs256}, false, pem, form::pem)));
        made.emplace("rs", authenticator_of(source_of({rs256, rs384, rs512}, false, pem, form::pem)));
        made.emplace("ps256", authenticator_of(source_of({ps256}, false, pem, form::pem)));
        made.emplace("set", authenticator_of(source_of({rs256}, false, t.text_of("jwks_rsa"))));
        made.emplace("es256", authenticator_of(source_of({es256}, false, t.text_of("jwks_ec"))));
        made.emplace("es", authenticator_of(source_of({es256, es384, es512}, false, t.text_of("jwks_ec"))));
        made.emplace("eddsa", authenticator_of(source_of({eddsa}, false, t.text_of("jwks_ed"))));
        made.emplace("hs256", authenticator_of(source_of({hs256}, true, t.text_of("secret"))));
        made.emplace("hs", authenticator_of(source_of({hs256, hs384, hs512}, true, t.text_of("secret"))));
        return made;
    }();
    return all.at(name);
}

TEST(tokens, are_accepted_or_refused_as_the_table_says) {
    auto const now = second(static_cast<std::int64_t>(table().root.find("now")->as_double()));
    std::size_t accepted = 0;
    std::size_t refused = 0;
    for (auto const& row : table().root.find("rows")->items()) {
        auto const cell = [&](std::size_t i) { return std::string{row.items()[i].as_string()}; };
        auto const incoming = post("{}", {{"authorization", "Bearer " + cell(3)}});
        auto const heard = refusal(configured(cell(0)), incoming, now);
        auto const said = cell(2);
        if (said == "accepted") {
            EXPECT_EQ(heard, said) << cell(0) << ": " << cell(1);
            ++accepted;
        } else {
            EXPECT_NE(heard, "accepted") << cell(0) << ": " << cell(1);
            EXPECT_THAT(heard, HasSubstr(said)) << cell(0) << ": " << cell(1);
            ++refused;
        }
    }
    EXPECT_GE(accepted, 20U);
    EXPECT_GE(refused, 150U);
}

TEST(tokens, say_who_they_are_about_and_which_key_made_them) {
    auto const now = second(static_cast<std::int64_t>(table().root.find("now")->as_double()));
    std::map<std::string, std::string> const keys{
        {"genuine HS256", "signing#0"}, {"genuine ES384", "signing#0"}, {"named key", "signing#0/first"}};
    std::size_t seen = 0;
    for (auto const& row : table().root.find("rows")->items()) {
        auto const cell = [&](std::size_t i) { return std::string{row.items()[i].as_string()}; };
        auto const expected = keys.find(cell(1));
        if (cell(2) != "accepted" || expected == keys.end()) continue;
        auto const judged =
            verify(configured(cell(0)), post("{}", {{"authorization", "bearer " + cell(3)}}), now);
        ASSERT_TRUE(judged) << judged.error().message;
        EXPECT_EQ(judged->sender.verified_by, "jwt");
        EXPECT_EQ(judged->sender.key_id, expected->second);
        EXPECT_EQ(judged->sender.subject, "u1");
        EXPECT_EQ(judged->sender.signed_time, now);
        EXPECT_EQ(judged->sender.covers, coverage::none);
        ++seen;
    }
    EXPECT_GE(seen, 3U);
}

}  // namespace
}  // namespace headgate::auth
