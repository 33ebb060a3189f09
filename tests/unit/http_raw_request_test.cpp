#include "http/raw_request.hpp"

#include <gtest/gtest.h>

#include <string>

namespace headgate::http {
namespace {

std::string refusal_of(std::string_view bytes) {
    auto const parsed = parse_raw_request(bytes, {});
    return parsed ? "accepted" : parsed.error().message;
}

TEST(raw_request, is_read_as_the_server_reads_it) {
    auto const parsed = parse_raw_request(
        "POST /hook?x=1 HTTP/1.1\r\nHost: a\r\nX-Hub-Signature: s\r\nContent-Length: 4\r\n\r\nping", {});
    ASSERT_TRUE(parsed) << parsed.error().message;
    EXPECT_EQ(parsed->head.method, "POST");
    EXPECT_EQ(parsed->head.target, "/hook?x=1");
    EXPECT_EQ(sole_header(parsed->head.fields, "x-hub-signature"), "s");
    EXPECT_EQ(parsed->body, "ping");
}

TEST(raw_request, has_its_body_by_chunks_or_to_the_end) {
    constexpr std::string_view head = "POST / HTTP/1.1\r\nHost: a\r\n";
    auto const in_chunks = parse_raw_request(
        std::string{head} + "Transfer-Encoding: chunked\r\n\r\n2\r\npi\r\n2\r\nng\r\n0\r\n\r\n", {});
    ASSERT_TRUE(in_chunks) << in_chunks.error().message;
    EXPECT_EQ(in_chunks->body, "ping");
    auto const to_the_end = parse_raw_request(std::string{head} + "\r\nping\n", {});
    ASSERT_TRUE(to_the_end);
    EXPECT_EQ(to_the_end->body, "ping\n");
}

TEST(raw_request, that_is_none_says_why) {
    constexpr std::string_view prefix = "this is not one HTTP/1.1 request: ";
    struct {
        std::string_view bytes;
        std::string_view why;
    } const rows[] = {
        {"", "the empty line that ends the head is missing"},
        {"GET / HTTP/1.1\r\nHost: a\r\n", "the empty line that ends the head is missing"},
        {"GET / HTTP/1.1\nHost: a\n\n",
         "a line ends with a line feed alone instead of carriage return and line feed"},
        {"GET / HTTP/1.1\r\n\r\n", "the Host header is missing, repeated, not a host, or not the target's"},
        {"{}", "the first line is not METHOD SP target SP HTTP/1.1"},
        {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\npin",
         "Content-Length says 4 bytes, the body has 3"},
        {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nping\n",
         "Content-Length says 4 bytes, the body has 5"},
        {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nping\r\n",
         "the last chunk is missing"},
        {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nx",
         "bytes follow the last chunk"},
        {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX: y\r\n\r\n",
         "the body is followed by trailer fields"},
    };
    for (auto const& [bytes, why] : rows) {
        EXPECT_EQ(refusal_of(bytes), std::string{prefix} + std::string{why});
    }
}

}  // namespace
}  // namespace headgate::http
