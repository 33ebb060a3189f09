#include "http/answer.hpp"
#include "http/refusal.hpp"
#include "tests/support/http_server.hpp"
#include "tests/support/raw_connection.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <set>
#include <stdexcept>
#include <string>

namespace headgate::testing_support {
namespace {

constexpr std::string_view get_hook = "GET /hook HTTP/1.1\r\nHost: a\r\n\r\n";
constexpr std::string_view post_ping = "POST /hook HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nping";

TEST(http_date, is_the_one_of_the_rfc) {
    // RFC 9110, 5.6.7 gives this example; `date -ud 'Sun, 06 Nov 1994 08:49:37 GMT' +%s` gives the number.
    EXPECT_EQ(http::http_date(784111777), "Sun, 06 Nov 1994 08:49:37 GMT");
}

TEST(answers, are_all_on_the_page_for_senders) {
    std::ifstream file{HEADGATE_SOURCE_DIR "/docs/reference/answers.md"};
    std::string listed;
    for (std::string line; std::getline(file, line);) {
        if (line.starts_with("| ")) listed += line.substr(0, line.find('|', 1)) + ',';
    }
    std::set<unsigned> given{http::internal_error().status};
    for (std::size_t i = 0; i < http::refusal_count; ++i)
        given.insert(http::status_of(static_cast<http::refusal>(i)));
    for (auto const status : given)
        EXPECT_NE(listed.find(' ' + std::to_string(status)), std::string::npos) << status;
}

TEST(answers, carry_what_every_answer_must) {
    running_server under_test;
    raw_connection sender{under_test.port()};
    sender.send(get_hook);
    auto const answer = sender.read_answer();
    ASSERT_TRUE(answer);
    EXPECT_TRUE(answer->head.starts_with("http/1.1 200 ok\r\ndate: "));
    EXPECT_TRUE(answer->has(" gmt\r\n"));
    EXPECT_TRUE(answer->has("\r\ncontent-length: 10\r\n"));
    EXPECT_TRUE(answer->has("\r\nx-content-type-options: nosniff\r\n"));
    EXPECT_TRUE(answer->has("\r\ncache-control: no-store\r\n"));
    EXPECT_FALSE(answer->has("\r\nserver:"));
    EXPECT_FALSE(answer->has("\r\nconnection:"));
}

TEST(answers, let_the_handler_choose_caching_but_not_framing) {
    running_server under_test;
    under_test.handler().answers = [](request const&) {
        return response{.status = 200,
                        .fields = {{"cache-control", "max-age=60"},
                                   {"content-length", "1000"},
                                   {"transfer-encoding", "chunked"},
                                   {"connection", "upgrade"}},
                        .body = "x"};
    };
    raw_connection sender{under_test.port()};
    sender.send(get_hook);
    auto const answer = sender.read_answer();
    ASSERT_TRUE(answer);
    EXPECT_TRUE(answer->has("\r\ncache-control: max-age=60\r\n"));
    EXPECT_FALSE(answer->has("no-store"));
    EXPECT_TRUE(answer->has("\r\ncontent-length: 1\r\n"));
    EXPECT_FALSE(answer->has("chunked"));
    EXPECT_FALSE(answer->has("upgrade"));
}

TEST(answers, that_would_split_a_response_become_a_500) {
    running_server under_test;
    under_test.handler().answers = [](request const& asked) {
        if (asked.head.target == "/value") return response{.status = 200, .fields = {{"x", "a\r\nb: c"}}};
        if (asked.head.target == "/name") return response{.status = 200, .fields = {{"a\r\nb", "c"}}};
        return response{.status = 99};
    };
    for (auto const* const target : {"/value", "/name", "/status"}) {
        raw_connection sender{under_test.port()};
        sender.send("GET " + std::string{target} + " HTTP/1.1\r\nHost: a\r\n\r\n");
        auto const answer = sender.read_answer();
        ASSERT_TRUE(answer);
        EXPECT_EQ(answer->status, 500) << target;
        EXPECT_FALSE(answer->has("b: c")) << target;
    }
}

TEST(answers, to_head_have_the_length_but_not_the_body) {
    running_server under_test;
    raw_connection sender{under_test.port()};
    sender.send("HEAD /hook HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    EXPECT_TRUE(sender.read_to_end()->empty());
    EXPECT_TRUE(sender.unparsed().find("Content-Length: 11\r\n") != std::string::npos);
    EXPECT_TRUE(sender.unparsed().ends_with("\r\n\r\n"));
}

TEST(answers, without_content_have_no_length) {
    running_server under_test;
    under_test.handler().answers = [](request const&) { return response{.status = 204, .body = "x"}; };
    raw_connection sender{under_test.port()};
    sender.send(get_hook);
    auto const answer = sender.read_answer();
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->status, 204);
    EXPECT_FALSE(answer->has("content-length"));
    sender.send(get_hook);
    EXPECT_EQ(sender.read_answer()->status, 204);
}

TEST(answers, of_a_handler_that_throws_are_500_and_end_the_connection_only) {
    running_server under_test;
    under_test.handler().answers = [](request const& asked) -> response {
        if (asked.head.target == "/odd") throw 7;
        if (asked.head.target != "/fine") throw std::runtime_error{"planted"};
        return {.status = 200};
    };
    for (auto const* const target : {"/bad", "/odd"}) {
        raw_connection sender{under_test.port()};
        sender.send("GET " + std::string{target} + " HTTP/1.1\r\nHost: a\r\n\r\n");
        auto const answers = sender.read_to_end();
        ASSERT_TRUE(answers);
        ASSERT_EQ(answers->size(), 1);
        EXPECT_EQ(answers->front().status, 500);
        EXPECT_EQ(answers->front().body.find("planted"), std::string::npos);
    }
    raw_connection next{under_test.port()};
    next.send("GET /fine HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_EQ(next.read_answer()->status, 200);
}

TEST(answers, of_an_admit_that_throws_are_500) {
    running_server under_test;
    under_test.handler().refuses = [](request_head const&) -> std::optional<response> {
        throw std::runtime_error{"planted"};
    };
    raw_connection sender{under_test.port()};
    sender.send(post_ping);
    EXPECT_EQ(sender.read_answer()->status, 500);
}

TEST(answers, larger_than_the_sockets_buffers_arrive_whole) {
    std::string const large(20 * 1024 * 1024, 'x');
    running_server under_test;
    under_test.handler().answers = [&](request const&) { return response{.status = 200, .body = large}; };
    raw_connection sender{under_test.port()};
    sender.send(get_hook);
    auto const answer = sender.read_answer();
    ASSERT_TRUE(answer);
    EXPECT_TRUE(answer->body == large);
}

TEST(early_refusal, of_a_request_that_came_whole_keeps_the_connection) {
    running_server under_test;
    under_test.handler().refuses = [](request_head const& head) -> std::optional<response> {
        if (head.target == "/hook") return response{.status = 404, .body = "no"};
        return std::nullopt;
    };
    raw_connection sender{under_test.port()};
    sender.send(std::string{post_ping} + "GET /next HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_EQ(sender.read_answer()->status, 404);
    EXPECT_EQ(sender.read_answer()->body, "GET /next ");
}

TEST(early_refusal, of_a_body_still_under_way_closes_but_resets_nothing) {
    running_server under_test;
    under_test.handler().refuses = [](request_head const&) { return response{.status = 401, .body = "no"}; };
    for (auto const* const framing : {"Content-Length: 900000", "Transfer-Encoding: chunked"}) {
        raw_connection sender{under_test.port()};
        sender.send("POST /hook HTTP/1.1\r\nHost: a\r\n" + std::string{framing} + "\r\n\r\n");
        auto const answers = sender.read_to_end();
        ASSERT_TRUE(answers);
        ASSERT_EQ(answers->size(), 1);
        for (int i = 0; i < 900; ++i) ASSERT_TRUE(sender.send(std::string(1000, 'x'))) << "reset";
        EXPECT_EQ(answers->front().status, 401);
    }
    EXPECT_TRUE(under_test.handler().seen().empty());
}

TEST(expect_100_continue, is_honoured_once_the_request_is_admitted) {
    running_server under_test;
    raw_connection sender{under_test.port()};
    sender.send("POST /hook HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n");
    auto const interim = sender.read_answer();
    ASSERT_TRUE(interim);
    EXPECT_EQ(interim->status, 100);
    sender.send("ping");
    EXPECT_EQ(sender.read_answer()->body, "POST /hook ping");
}

TEST(expect_100_continue, gets_the_refusal_instead_of_an_invitation) {
    running_server under_test;
    under_test.handler().body_bytes_max = 3;
    raw_connection sender{under_test.port()};
    sender.send("POST /hook HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n");
    auto const answers = sender.read_to_end();
    ASSERT_TRUE(answers);
    ASSERT_EQ(answers->size(), 1);
    EXPECT_EQ(answers->front().status, 413);
}

TEST(pipelining, answers_in_order) {
    running_server under_test;
    raw_connection sender{under_test.port()};
    sender.send(std::string{post_ping} + "GET /two HTTP/1.1\r\nHost: a\r\n\r\n" +
                "POST /three HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n" +
                "GET /four HTTP/1.1\r\nHost: a\r\n");
    EXPECT_EQ(sender.read_answer()->body, "POST /hook ping");
    EXPECT_EQ(sender.read_answer()->body, "GET /two ");
    EXPECT_EQ(sender.read_answer()->body, "POST /three hi");
    sender.send("\r\n");
    EXPECT_EQ(sender.read_answer()->body, "GET /four ");
}

TEST(keep_alive, serves_many_requests_on_one_connection_while_others_come_and_go) {
    running_server under_test{{}, 2};
    raw_connection staying{under_test.port()};
    for (int i = 0; i < 50; ++i) {
        staying.send(post_ping);
        ASSERT_EQ(staying.read_answer()->body, "POST /hook ping");
        raw_connection passing{under_test.port()};
        passing.send(get_hook);
        ASSERT_EQ(passing.read_answer()->body, "GET /hook ");
    }
    // 51 connections dealt in turn to two workers.
    EXPECT_EQ(under_test.handler(0).seen().size() + under_test.handler(1).seen().size(), 100);
    EXPECT_GE(under_test.handler(1).seen().size(), 25);
}

}  // namespace
}  // namespace headgate::testing_support
