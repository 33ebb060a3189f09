#include "tests/support/http_server.hpp"

#include "tests/support/raw_connection.hpp"

#include <gtest/gtest.h>

namespace headgate::testing_support {
namespace {

TEST(server, answers_a_request_and_keeps_the_connection) {
    running_server under_test;
    raw_connection sender{under_test.port()};
    for (int i = 0; i < 3; ++i) {
        sender.send("POST /hook HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nping");
        auto const answer = sender.read_answer();
        ASSERT_TRUE(answer);
        EXPECT_EQ(answer->status, 200);
        EXPECT_EQ(answer->body, "POST /hook ping");
    }
}

}  // namespace
}  // namespace headgate::testing_support
