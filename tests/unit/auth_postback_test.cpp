#include "auth/fetch.hpp"
#include "tests/support/asked_by.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

// The sender is asked whether it sent a request, with an access token where it wants one.

namespace headgate::auth {
namespace {

using namespace testing_support;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

settings asking_back() {
    postback_check back;
    back.asked.url = "https://a/verify";
    back.credentials = postback_check::scheme::basic;
    back.credentials_from.name = "api";
    back.json = {{"id", {header_named("x-id")}}, {"event", {body()}}};
    back.expect = {{json_path{"/status"}, "SUCCESS"}};
    auto source = source_with(all({{std::move(back), {}, {}, {}}, equal(query_named("t"), constant("1"))}));
    source.secrets["api"] = {secret_of("id:a secret of some length")};
    return source;
}

request to_ask_about(std::string body_text = R"({"n":1})", std::string const& query = "t=1") {
    auto incoming = post(std::move(body_text), {{"x-id", "7"}});
    incoming.head.target = "/webhooks/sender?" + query;
    return incoming;
}

TEST(postback, asks_last_with_the_body_as_it_came_and_our_credentials) {
    auto const made = authenticator_of(asking_back());
    auto const wanted = wanted_by(made, to_ask_about());
    ASSERT_EQ(wanted.size(), 1U);
    EXPECT_EQ(wanted[0].asks.method + " " + wanted[0].asks.url, "POST https://a/verify");
    EXPECT_EQ(wanted[0].asks.body, R"({"id":"7","event":{"n":1}})");
    // printf 'id:a secret of some length' | base64
    EXPECT_EQ(sole_header(wanted[0].asks.fields, "authorization"),
              "Basic aWQ6YSBzZWNyZXQgb2Ygc29tZSBsZW5ndGg=");
    EXPECT_EQ(sole_header(wanted[0].asks.fields, "content-type"), "application/json");
    EXPECT_THAT(wanted_by(made, to_ask_about("{}", "t=2")), IsEmpty());
    for (auto const* body_text : {"", "{", R"({},"id":"8")", R"({"n":1,"n":2})"}) {
        EXPECT_THAT(wanted_by(made, to_ask_about(body_text)), IsEmpty()) << body_text;
    }
    EXPECT_EQ(made.covers(), coverage::full);
}

settings asking_back_with_token() {
    auto source = asking_back();
    auto& back = std::get<postback_check>(std::get<all_check>(source.verify->is).members[0].is);
    back.credentials = postback_check::scheme::oauth2;
    back.token.url = "https://a/token";
    return source;
}

TEST(postback, asks_for_a_token_first_when_the_sender_wants_one_and_shows_it) {
    auto const made = authenticator_of(asking_back_with_token());
    auto const first = wanted_by(made, to_ask_about());
    ASSERT_EQ(first.size(), 1U);
    EXPECT_EQ(first[0].asks.method + " " + first[0].asks.url, "POST https://a/token");
    EXPECT_EQ(first[0].asks.body, "grant_type=client_credentials");
    EXPECT_EQ(sole_header(first[0].asks.fields, "authorization"),
              "Basic aWQ6YSBzZWNyZXQgb2Ygc29tZSBsZW5ndGg=");
    EXPECT_THAT(wanted_by(made, to_ask_about("{}", "t=2")), IsEmpty());
    EXPECT_THAT(wanted_by(made, to_ask_about("{")), IsEmpty());

    facts known;
    known.fetched[first[0].from].token = std::make_shared<secret const>(std::string{"2YotnFZFEjr1"});
    auto const then = made.checks().needs(to_ask_about(), known, in_2026);
    ASSERT_EQ(then.size(), 1U);
    auto const& asked = std::get<wanted_fact>(then[0]).asks;
    EXPECT_EQ(asked.url, "https://a/verify");
    EXPECT_EQ(sole_header(asked.fields, "authorization"), "Bearer 2YotnFZFEjr1");
    EXPECT_EQ(made.fetched().size(), 2U);
}

// A signature is dear: it is tested before the token is fetched, and once more for the verdict.
TEST(postback, tries_nothing_again_that_held_before_the_token_was_fetched) {
    auto const made = authenticator_of(asking_back_with_token());
    facts known;
    known.fetched[wanted_by(made, to_ask_about())[0].from].token =
        std::make_shared<secret const>(std::string{"2YotnFZFEjr1"});
    auto const other = to_ask_about("{}", "t=2");
    EXPECT_EQ(made.checks().needs(other, known, in_2026).size(), 1U) << "it came with the token's question";
    EXPECT_FALSE(made.checks().verify(other, known, in_2026));
}

TEST(postback, keeps_the_tokens_of_different_credentials_apart) {
    auto other = asking_back_with_token();
    other.secrets["api"] = {secret_of("id:another secret of some length")};
    auto const first = wanted_by(authenticator_of(asking_back_with_token()), to_ask_about());
    auto const second = wanted_by(authenticator_of(other), to_ask_about());
    EXPECT_NE(first.at(0).name, second.at(0).name);
}

TEST(postback, fails_without_a_token) {
    EXPECT_THAT(said_with(asking_back_with_token(), to_ask_about(), {}),
                HasSubstr("there is no access token to ask the sender with"));
    auto source = asking_back_with_token();
    auto& back = std::get<postback_check>(std::get<all_check>(source.verify->is).members[0].is);
    back.token.url = "http://a/t";
    back.expect = {{json_path{"status"}, "SUCCESS"}};
    EXPECT_THAT(mistakes_of(source), Contains(HasSubstr("credentials.token_url: \"http://a/t\" is not an "
                                                        "https URL")));
    EXPECT_THAT(mistakes_of(source), Contains(HasSubstr("expect.json: \"status\" is not a JSON pointer")));
}

// RFC 6749, 5.1.
TEST(access_token, is_a_bearer_token_that_may_say_how_long_it_lives) {
    fetch_rule const by{.what = fetch_rule::kind::token};
    auto const read = [&](std::string const& json) {
        return read_fact(by, {.method = "POST", .url = "u", .fields = {}, .body = {}},
                         {.status = 200, .fields = {}, .body = json});
    };
    auto const good = read(R"({"access_token":"2YotnFZFEjr1","token_type":"bearer","expires_in":3600})");
    ASSERT_TRUE(good);
    EXPECT_EQ(good->token->reveal(), "2YotnFZFEjr1");
    EXPECT_EQ(good->lifetime, std::chrono::hours{1});
    EXPECT_EQ(read(R"({"access_token":"2","token_type":"Bearer"})")->lifetime, std::nullopt);
    for (auto const* json :
         {"", "[]", "{}", R"({"access_token":"2"})", R"({"access_token":"2","token_type":"mac"})",
          R"({"access_token":"","token_type":"Bearer"})", R"({"access_token":2,"token_type":"Bearer"})",
          R"({"access_token":"2\r\nx: y","token_type":"Bearer"})",
          R"({"access_token":"2","token_type":"Bearer","access_token":"3"})",
          R"({"access_token":"2","token_type":"Bearer","expires_in":0})",
          R"({"access_token":"2","token_type":"Bearer","expires_in":-1})",
          R"({"access_token":"2","token_type":"Bearer","expires_in":1e18})",
          R"({"access_token":"2","token_type":"Bearer","expires_in":"3600"})"}) {
        EXPECT_FALSE(read(json)) << json;
    }
}

TEST(postback, holds_when_the_sender_confirms_and_else_not) {
    auto const said = [](std::string const& json) {
        fact served;
        served.answer = std::make_shared<response const>(response{.status = 200, .fields = {}, .body = json});
        return said_with(asking_back(), to_ask_about(), served);
    };
    EXPECT_EQ(said(R"({"status":"SUCCESS"})"), "accepted by postback+equal");
    for (auto const* json :
         {R"({"status":"FAILURE"})", R"({"status":"success"})", R"({"status":true})",
          R"({"status":["SUCCESS"]})", R"({"status":"FAILURE","status":"SUCCESS"})", "{}", "[]"}) {
        EXPECT_THAT(said(json), HasSubstr("does not confirm the request")) << json;
    }
    EXPECT_THAT(said(""), HasSubstr("its answer is not JSON"));
    EXPECT_THAT(said_with(asking_back(), to_ask_about(), {}), HasSubstr("could not be asked back"));
}

TEST(postback, may_want_a_number_or_a_boolean) {
    auto source = asking_back();
    std::get<postback_check>(std::get<all_check>(source.verify->is).members[0].is).expect = {
        {json_path{"/verified"}, "true"}};
    auto const said = [&](std::string const& json) {
        fact served;
        served.answer = std::make_shared<response const>(response{.status = 200, .fields = {}, .body = json});
        return said_with(source, to_ask_about(), served);
    };
    EXPECT_EQ(said(R"({"verified":true})"), "accepted by postback+equal");
    for (auto const* json : {R"({"verified":false})", R"({"verified":1})", R"({"verified":null})"})
        EXPECT_THAT(said(json), HasSubstr("does not confirm the request")) << json;
}

TEST(fetch, says_where_it_failed_and_not_what_it_asked) {
    auto const said = read_fact({.what = fetch_rule::kind::answer},
                                {.method = "GET", .url = "https://a/b?Token=x", .fields = {}, .body = {}},
                                {.status = 500, .fields = {}, .body = {}});
    EXPECT_EQ(said.error().message, "https://a/b answers 500");
}

TEST(postback, asks_by_the_method_that_the_sender_wants) {
    auto source = asking_back();
    std::get<postback_check>(std::get<all_check>(source.verify->is).members[0].is).method = "PUT";
    EXPECT_THAT(asked_by(source, to_ask_about()), ElementsAre("PUT https://a/verify"));
}

TEST(postback, warns_where_nothing_beside_it_keeps_strangers_from_making_us_ask) {
    auto const warned = [](check verify) {
        auto source = asking_back();
        source.verify = std::move(verify);
        source.covers = coverage::full;
        return warnings_of(source);
    };
    auto const back = std::get<all_check>(asking_back().verify->is).members[0];
    auto const token = equal(query_named("t"), secret_named("api"));
    auto const constant_one = equal(query_named("t"), constant("1"));
    auto const lets = [](std::string const& place) {
        return Contains("sources.test.verify." + place + ": lets anybody make us ask the sender");
    };
    EXPECT_THAT(warned(back), lets("postback"));
    EXPECT_THAT(warned(all({back, constant_one})), lets("all[0].postback"));
    EXPECT_THAT(warned(all({back, any({token, back})})), lets("all[0].postback"));
    EXPECT_THAT(warned(any({token, back})), lets("any[1].postback"));
    EXPECT_THAT(warned(all({back, token})), Not(lets("all[0].postback")));
    EXPECT_THAT(warned(all({any({back, all({back})}), peer_in({"192.0.2.0/24"})})), IsEmpty());
    EXPECT_THAT(warned(all({back, peer_in({"0.0.0.0/0"})})), lets("all[0].postback"));
}

TEST(postback, may_send_a_form_and_want_a_word) {
    postback_check back;
    back.asked.url = "https://a/verify";
    back.body = {constant("cmd=_notify-validate&"), body()};
    back.expect_body = "VERIFIED";
    auto const source = source_with({std::move(back), {}, {}, {}});
    auto const wanted = wanted_by(authenticator_of(source), post("a=b"));
    EXPECT_EQ(wanted.at(0).asks.body, "cmd=_notify-validate&a=b");
    EXPECT_EQ(sole_header(wanted.at(0).asks.fields, "content-type"), "application/x-www-form-urlencoded");
    fact served;
    served.answer =
        std::make_shared<response const>(response{.status = 200, .fields = {}, .body = "VERIFIED"});
    EXPECT_EQ(said_with(source, post("a=b"), served), "accepted by postback");
    served.answer =
        std::make_shared<response const>(response{.status = 200, .fields = {}, .body = "INVALID"});
    EXPECT_THAT(said_with(source, post("a=b"), served), HasSubstr("does not confirm"));
}

TEST(postback, of_a_later_branch_is_not_asked_when_an_earlier_one_holds) {
    auto source = asking_back();
    source.verify = any({equal(query_named("t"), secret_named("api")), *source.verify});
    EXPECT_THAT(asked_by(source, to_ask_about("{}", "t=1")), ElementsAre("POST https://a/verify"));
    EXPECT_THAT(asked_by(source, to_ask_about("{}", "t=id%3Aa%20secret%20of%20some%20length")), IsEmpty());
}

}  // namespace
}  // namespace headgate::auth
