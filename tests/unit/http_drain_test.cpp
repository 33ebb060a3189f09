#include "tests/support/http_server.hpp"
#include "tests/support/raw_connection.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <thread>

namespace headgate::testing_support {
namespace {

constexpr std::string_view get_hook = "GET /hook HTTP/1.1\r\nHost: a\r\n\r\n";
constexpr std::string_view get_slow = "GET /slow HTTP/1.1\r\nHost: a\r\n\r\n";

TEST(drain, closes_idle_connections_at_once) {
    running_server under_test{{}, 2};
    raw_connection fresh{under_test.port()};
    raw_connection used{under_test.port()};
    used.send(get_hook);
    EXPECT_EQ(used.read_answer()->status, 200);
    under_test.drain(from_now(std::chrono::hours{1}));
    EXPECT_TRUE(fresh.is_closed_silently());
    EXPECT_TRUE(used.is_closed_silently());
}

http::listener_settings lingering_shortly() {
    http::listener_settings settings;
    settings.bounds.linger_for = std::chrono::milliseconds{20};
    return settings;
}

TEST(drain, answers_what_is_in_flight_and_says_close) {
    running_server under_test{lingering_shortly()};
    raw_connection sender{under_test.port()};
    sender.send(get_slow);
    under_test.handler().await_slow_request();
    raw_connection idle{under_test.port()};
    std::jthread const draining{[&] { under_test.drain(from_now(std::chrono::hours{1})); }};
    EXPECT_TRUE(idle.is_closed_silently());  // So the drain has begun.
    under_test.handler().release();
    auto const answers = sender.read_to_end();
    ASSERT_TRUE(answers);
    ASSERT_EQ(answers->size(), 1);
    EXPECT_EQ(answers->front().status, 200);
    EXPECT_TRUE(answers->front().has("\r\nconnection: close\r\n"));
}

TEST(drain, waits_for_the_rest_of_a_request_that_has_begun) {
    running_server under_test{lingering_shortly()};
    raw_connection sender{under_test.port()};
    sender.send(get_hook.substr(0, 10));
    sender.send(get_hook.substr(10));
    EXPECT_EQ(sender.read_answer()->status, 200);
    raw_connection slow{under_test.port()};
    slow.send("POST /hook HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n");
    EXPECT_EQ(slow.read_answer()->status, 100);  // So its head was read.
    std::jthread const draining{[&] { under_test.drain(from_now(std::chrono::hours{1})); }};
    EXPECT_TRUE(sender.is_closed_silently());
    slow.send("ping");
    EXPECT_EQ(slow.read_answer()->body, "POST /hook ping");
    EXPECT_TRUE(slow.is_closed_silently());
}

TEST(drain, cuts_what_is_left_at_its_deadline) {
    running_server under_test;
    raw_connection handled{under_test.port()};
    handled.send(get_slow);
    under_test.handler().await_slow_request();
    raw_connection half_sent{under_test.port()};
    half_sent.send("POST /hook HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n");
    EXPECT_EQ(half_sent.read_answer()->status, 100);
    under_test.drain(from_now(std::chrono::milliseconds{20}));
    EXPECT_TRUE(handled.is_closed_silently());
    EXPECT_TRUE(half_sent.is_closed_silently());
}

TEST(drain, leaves_the_port_free) {
    running_server first;
    raw_connection sender{first.port()};
    sender.send(get_hook);
    EXPECT_EQ(sender.read_answer()->status, 200);
    http::listener_settings same;
    same.address = "127.0.0.1:" + std::to_string(first.port());
    first.drain(from_now(std::chrono::hours{1}));
    running_server second{same};
    raw_connection again{second.port()};
    again.send(get_hook);
    EXPECT_EQ(again.read_answer()->status, 200);
}

}  // namespace
}  // namespace headgate::testing_support
