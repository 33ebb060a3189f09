#include "tests/support/http_server.hpp"
#include "tests/support/raw_connection.hpp"

#include <gtest/gtest.h>

#include <cstddef>
#include <ostream>
#include <random>
#include <string>
#include <string_view>
#include <vector>

// What goes over the wire, and what comes back. The shapes are those of RFC 9112, 11.2 (smuggling), of the
// request fixtures of llhttp and aws/http-desync-guardian, and of the classes that http-garden publishes; the
// bytes are written anew.

namespace headgate::testing_support {
namespace {

using namespace std::string_literals;
using namespace std::string_view_literals;

enum class then : std::uint8_t { keeps, closes };

struct row {
    std::string_view what;
    std::string bytes;
    unsigned status;
    then connection;
};

std::ostream& operator<<(std::ostream& out, row const& shown) {
    return out << shown.what;
}

std::string post(std::string_view fields, std::string_view rest = "") {
    return "POST /hook HTTP/1.1\r\nHost: a\r\n"s.append(fields).append("\r\n").append(rest);
}

std::string get(std::string_view target, std::string_view host = "a") {
    return "GET "s.append(target).append(" HTTP/1.1\r\nHost: ").append(host).append("\r\n\r\n");
}

std::string chunked(std::string_view chunks) {
    return post("Transfer-Encoding: chunked\r\n", chunks);
}

std::string many(std::size_t count, std::string_view what) {
    std::string all;
    for (std::size_t i = 0; i < count; ++i) all += what;
    return all;
}

// A request that would be answered if a refused one before it had been read in two ways.
constexpr std::string_view smuggled = "GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n";

std::vector<row> request_lines() {
    return {
        {"a plain GET", get("/hook"), 200, then::keeps},
        {"a query with brackets and bars", get("/hook?a[]=1|2&b=%5B"), 200, then::keeps},
        {"absolute form of the same host", get("http://a/hook"), 200, then::keeps},
        {"absolute form without path", get("http://a?x=1"), 200, then::keeps},
        {"an asterisk with OPTIONS", "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", 200, then::keeps},
        {"an unknown method in capitals is the handler's", "BREW /hook HTTP/1.1\r\nHost: a\r\n\r\n", 200,
         then::keeps},
        {"HTTP/1.0 closes", "GET /hook HTTP/1.0\r\nHost: a\r\n\r\n", 200, then::closes},
        {"HTTP/1.0 needs no Host", "GET /hook HTTP/1.0\r\n\r\n", 200, then::closes},
        {"HTTP/1.0 closes even when asked to keep", "GET /hook HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
         200, then::closes},
        {"Connection: close", "GET /hook HTTP/1.1\r\nHost: a\r\nConnection: x, Close\r\n\r\n", 200,
         then::closes},
        {"an offer of h2c is not taken",
         "GET /hook HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n"
         "HTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n",
         200, then::keeps},
        {"HTTP/0.9", "GET /hook\r\n\r\n", 400, then::closes},
        {"HTTP/1.2", "GET /hook HTTP/1.2\r\nHost: a\r\n\r\n", 505, then::closes},
        {"HTTP/2 preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505, then::closes},
        {"HTTP/11.1", "GET /hook HTTP/11.1\r\nHost: a\r\n\r\n", 400, then::closes},
        {"http/1.1 in small letters", "GET /hook http/1.1\r\nHost: a\r\n\r\n", 400, then::closes},
        {"HTTP/1", "GET /hook HTTP/1\r\nHost: a\r\n\r\n", 400, then::closes},
        {"HTTP/1.10", "GET /hook HTTP/1.10\r\nHost: a\r\n\r\n", 400, then::closes},
        {"HTTP/01.1", "GET /hook HTTP/01.1\r\nHost: a\r\n\r\n", 400, then::closes},
        {"version with a blank after it", "GET /hook HTTP/1.1 \r\nHost: a\r\n\r\n", 400, then::closes},
        {"CONNECT", "CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n", 501, then::closes},
        {"TRACE", "TRACE /hook HTTP/1.1\r\nHost: a\r\n\r\n", 501, then::closes},
        {"a method in small letters", "get /hook HTTP/1.1\r\nHost: a\r\n\r\n", 501, then::closes},
        {"a method in mixed letters", "Post /hook HTTP/1.1\r\nHost: a\r\n\r\n", 501, then::closes},
        {"a method that is no token", "GE(T /hook HTTP/1.1\r\nHost: a\r\n\r\n", 400, then::closes},
        {"an empty line first", "\r\nGET /hook HTTP/1.1\r\nHost: a\r\n\r\n", 400, then::closes},
        {"a blank first", " GET /hook HTTP/1.1\r\nHost: a\r\n\r\n", 400, then::closes},
        {"a TLS hello on a plain port", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"s, 400, then::closes},
        {"two blanks", "GET  /hook HTTP/1.1\r\nHost: a\r\n\r\n", 400, then::closes},
        {"a tab for a blank", "GET\t/hook HTTP/1.1\r\nHost: a\r\n\r\n", 400, then::closes},
        {"a blank in the target", "GET /ho ok HTTP/1.1\r\nHost: a\r\n\r\n", 400, then::closes},
        {"a bare line feed after the request line", "GET /hook HTTP/1.1\nHost: a\r\n\r\n", 400, then::closes},
        {"a bare carriage return in the request line", "GET /hook\rX HTTP/1.1\r\nHost: a\r\n\r\n", 400,
         then::closes},
        {"a NUL in the target", "GET /ho\0ok HTTP/1.1\r\nHost: a\r\n\r\n"s, 400, then::closes},
        {"a fragment", get("/hook#x"), 400, then::closes},
        {"a high byte", get("/h\xc3\xb6ok"), 400, then::closes},
        {"a DEL in the target", get("/ho\x7fok"), 400, then::closes},
        {"a vertical tab in the target", get("/ho\vok"), 400, then::closes},
        {"a backslash", get("/ho\\ok"), 400, then::closes},
        {"a quote", get("/ho\"ok"), 400, then::closes},
        {"braces", get("/{hook}"), 400, then::closes},
        {"brackets in the path", get("/[hook]"), 400, then::closes},
        {"angle brackets", get("/hook?<x>"), 400, then::closes},
        {"a caret", get("/ho^ok"), 400, then::closes},
        {"a backquote", get("/ho`ok"), 400, then::closes},
        {"an escape without digits", get("/hook?a=%"), 400, then::closes},
        {"an escape of other letters", get("/hook?a=%zz"), 400, then::closes},
        {"a relative path", get("hook"), 400, then::closes},
        {"an asterisk with GET", get("*"), 400, then::closes},
        {"authority form", get("a:80"), 400, then::closes},
        {"absolute form of another host", get("http://b/hook"), 400, then::closes},
        {"absolute form of another port", get("http://a:81/hook"), 400, then::closes},
        {"absolute form without a host", get("http:///hook"), 400, then::closes},
        {"absolute form with a user", get("http://u@a/hook"), 400, then::closes},
        {"absolute form of another scheme", get("ftp://a/hook"), 400, then::closes},
    };
}

std::vector<row> header_fields() {
    return {
        {"blanks and tabs around a value", post("X-A: \t v \t\r\n"), 200, then::keeps},
        {"an empty value", post("X-A:\r\n"), 200, then::keeps},
        {"high bytes in a value", post("User-Agent: caf\xc3\xa9\r\n"), 200, then::keeps},
        {"a Host with port", get("/hook", "a.example:8080"), 200, then::keeps},
        {"a Host that is an IPv6 address", get("/hook", "[2001:db8::1]:80"), 200, then::keeps},
        {"no Host", "GET /hook HTTP/1.1\r\nX: y\r\n\r\n", 400, then::closes},
        {"two Hosts", post("Host: a\r\n"), 400, then::closes},
        {"an empty Host", get("/hook", ""), 400, then::closes},
        {"a Host with user", get("/hook", "a@b"), 400, then::closes},
        {"a list of Hosts", get("/hook", "a, b"), 400, then::closes},
        {"a Host with a high byte", get("/hook", "\xc3\xa4"), 400, then::closes},
        {"a Host with a blank", get("/hook", "a b"), 400, then::closes},
        {"a Host with a fragment", get("/hook", "a#b"), 400, then::closes},
        {"a Host with a path", get("/hook", "a/b"), 400, then::closes},
        {"a Host with an empty port", get("/hook", "a:"), 400, then::closes},
        {"a Host with a port too large", get("/hook", "a:65536"), 400, then::closes},
        {"a Host with a signed port", get("/hook", "a:+80"), 400, then::closes},
        {"a Host that is half an IPv6 address", get("/hook", "[::1"), 400, then::closes},
        {"a folded line", post("X-A: b\r\n c\r\n"), 400, then::closes},
        {"a line folded with a tab", post("X-A: b\r\n\tc\r\n"), 400, then::closes},
        {"a folded Host", "GET /hook HTTP/1.1\r\nHost:\r\n a\r\n\r\n", 400, then::closes},
        {"a folded Content-Length", post("Content-Length:\r\n 4\r\n", "ping"), 400, then::closes},
        {"a fold of blanks alone", post("X-A: b\r\n \r\n"), 400, then::closes},
        {"a folded Transfer-Encoding", post("Transfer-Encoding:\r\n chunked\r\n", "0\r\n\r\n"), 400,
         then::closes},
        {"a first line that begins with a blank", "GET /hook HTTP/1.1\r\n Host: a\r\n\r\n", 400,
         then::closes},
        {"a blank before the colon", post("Content-Length : 4\r\n", "ping"), 400, then::closes},
        {"a tab before the colon", post("X-A\t: b\r\n"), 400, then::closes},
        {"no colon", post("X-A\r\n"), 400, then::closes},
        {"no name", post(": b\r\n"), 400, then::closes},
        {"an underscore in a name", post("Content_Length: 4\r\n"), 400, then::closes},
        {"a high byte in a name", post("X-\xc3\xa9: b\r\n"), 400, then::closes},
        {"a bracket in a name", post("X(A): b\r\n"), 400, then::closes},
        {"900 header lines", post(many(900, "a:b\r\n")), 431, then::closes},
        {"a NUL in a name", post("X-\0: b\r\n"sv), 400, then::closes},
        {"a NUL in a value", post("X-A: b\0c\r\n"sv), 400, then::closes},
        {"a bare carriage return in a value", post("X-A: b\rc\r\n"), 400, then::closes},
        {"a bare carriage return before the end", post("X-A: b\r\r\n"), 400, then::closes},
        {"a bare line feed in a value", post("X-A: b\nc: d\r\n"), 400, then::closes},
        {"a bare line feed that ends the head", "GET /hook HTTP/1.1\r\nHost: a\r\n\n"s.append(smuggled), 400,
         then::closes},
        {"a DEL in a value", post("X-A: \x7f\r\n"), 400, then::closes},
        {"two Authorizations", post("Authorization: a\r\nAuthorization: a\r\n"), 400, then::closes},
        {"two Content-Types", post("Content-Type: a/b\r\nContent-Type: a/b\r\n"), 400, then::closes},
        {"an unknown expectation", post("Expect: 200-ok\r\n"), 417, then::closes},
        {"a head that ends early", "GET /hook HTTP/1.1\r\nHost: a\r\n", 400, then::closes},
    };
}

std::vector<row> lengths() {
    return {
        {"a body of the announced length", post("Content-Length: 4\r\n", "ping"), 200, then::keeps},
        {"a length of zero", post("Content-Length: 0\r\n"), 200, then::keeps},
        {"neither length nor coding is no body", post(""), 200, then::keeps},
        {"a GET may have a body, and the next request begins after it",
         "GET /hook HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nping", 200, then::keeps},
        {"two unequal lengths around a request",
         post("Content-Length: 0\r\nContent-Length: 38\r\n", smuggled), 400, then::closes},
        {"two equal lengths", post("Content-Length: 4\r\nContent-Length: 4\r\n", "ping"), 400, then::closes},
        {"two unequal lengths", post("Content-Length: 4\r\nContent-Length: 0\r\n", "ping"), 400,
         then::closes},
        {"a list of lengths", post("Content-Length: 4, 4\r\n", "ping"), 400, then::closes},
        {"a length with leading zeros", post("Content-Length: 04\r\n", "ping"), 400, then::closes},
        {"a length of two zeros", post("Content-Length: 00\r\n"), 400, then::closes},
        {"an empty length", post("Content-Length:\r\n", "ping"), 400, then::closes},
        {"a signed length", post("Content-Length: +4\r\n", "ping"), 400, then::closes},
        {"a negative length", post("Content-Length: -4\r\n", "ping"), 400, then::closes},
        {"a hexadecimal length", post("Content-Length: 0x4\r\n", "ping"), 400, then::closes},
        {"a length with an underscore", post("Content-Length: 1_0\r\n", "ping"), 400, then::closes},
        {"a length with a vertical tab", post("Content-Length: \v4\r\n", "ping"), 400, then::closes},
        {"a length that overflows 64 bits", post("Content-Length: 18446744073709551620\r\n", "ping"), 400,
         then::closes},
        {"a length just within 64 bits", post("Content-Length: 18446744073709551615\r\n", "ping"), 413,
         then::closes},
        {"a body that ends early", post("Content-Length: 5\r\n", "ping"), 400, then::closes},
    };
}

std::vector<row> transfer_codings() {
    return {
        {"chunked", chunked("4\r\nping\r\n0\r\n\r\n"), 200, then::keeps},
        {"chunked in capitals", post("Transfer-Encoding: CHUNKED\r\n", "0\r\n\r\n"), 200, then::keeps},
        {"chunk sizes in both cases", chunked("A\r\n0123456789\r\na\r\n0123456789\r\n0\r\n\r\n"), 200,
         then::keeps},
        {"a chunk size with leading zeros", chunked("0004\r\nping\r\n000\r\n\r\n"), 200, then::keeps},
        {"chunked and a length", post("Content-Length: 4\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"),
         400, then::closes},
        {"a length and chunked", post("Transfer-Encoding: chunked\r\nContent-Length: 4\r\n", "0\r\n\r\n"),
         400, then::closes},
        {"chunked in HTTP/1.0", "POST /hook HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400,
         then::closes},
        {"an unknown coding in HTTP/1.0", "POST /hook HTTP/1.0\r\nTransfer-Encoding: cow\r\n\r\n", 400,
         then::closes},
        {"chunked twice in a line", post("Transfer-Encoding: chunked, chunked\r\n", smuggled), 400,
         then::closes},
        {"chunked in two lines",
         post("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"), 400,
         then::closes},
        {"chunked is not last", post("Transfer-Encoding: chunked, gzip\r\n", smuggled), 400, then::closes},
        {"gzip before chunked", post("Transfer-Encoding: gzip, chunked\r\n", "0\r\n\r\n"), 400, then::closes},
        {"chunked, then identity in another line",
         post("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n", "0\r\n\r\n"), 400,
         then::closes},
        {"chunked with a parameter", post("Transfer-Encoding: chunked;q=1\r\n", "0\r\n\r\n"), 400,
         then::closes},
        {"chunked in quotes", post("Transfer-Encoding: \"chunked\"\r\n", "0\r\n\r\n"), 400, then::closes},
        {"chunked with a comma", post("Transfer-Encoding: chunked,\r\n", "0\r\n\r\n"), 400, then::closes},
        {"chunked with a high byte",
         post("Transfer-Encoding: \xa0"
              "chunked\r\n",
              "0\r\n\r\n"),
         400, then::closes},
        {"chunked with a vertical tab", post("Transfer-Encoding: \vchunked\r\n", "0\r\n\r\n"), 400,
         then::closes},
        {"an empty coding", post("Transfer-Encoding:\r\n"), 400, then::closes},
        {"an unknown coding", post("Transfer-Encoding: cow\r\n", smuggled), 501, then::closes},
        {"an unknown coding and a length", post("Transfer-Encoding: cow\r\nContent-Length: 4\r\n", "ping"),
         501, then::closes},
        {"identity", post("Transfer-Encoding: identity\r\nContent-Length: 4\r\n", "ping"), 501, then::closes},
    };
}

std::vector<row> chunks() {
    return {
        {"no size", chunked("\r\nping\r\n0\r\n\r\n"), 400, then::closes},
        {"a size in another base", chunked("0x4\r\nping\r\n0\r\n\r\n"), 400, then::closes},
        {"a signed size", chunked("+4\r\nping\r\n0\r\n\r\n"), 400, then::closes},
        {"a negative size", chunked("-4\r\nping\r\n0\r\n\r\n"), 400, then::closes},
        {"a size of nine digits", chunked("000000004\r\nping\r\n0\r\n\r\n"), 400, then::closes},
        {"a size that overflows 64 bits", chunked("10000000000000004\r\nping\r\n0\r\n\r\n"), 400,
         then::closes},
        {"a size larger than the limit", chunked("FFFFFFFF\r\nping\r\n0\r\n\r\n"), 413, then::closes},
        {"a blank before the size", chunked(" 4\r\nping\r\n0\r\n\r\n"), 400, then::closes},
        {"a blank after the size", chunked("4 \r\nping\r\n0\r\n\r\n"), 400, then::closes},
        {"an extension", chunked("4;a=b\r\nping\r\n0\r\n\r\n"), 400, then::closes},
        {"an extension of a megabyte", chunked("4;" + std::string(1024 * 1024, 'a')), 400, then::closes},
        {"an extension with a bare line feed", chunked("4;\nping\r\n0\r\n\r\n"), 400, then::closes},
        {"a bare line feed after the size", chunked("4\nping\r\n0\r\n\r\n"), 400, then::closes},
        {"a bare carriage return after the size", chunked("4\rping\r\n0\r\n\r\n"), 400, then::closes},
        {"a bare line feed after the data", chunked("4\r\nping\n0\r\n\r\n"), 400, then::closes},
        {"data longer than the size", chunked("3\r\nping\r\n0\r\n\r\n"), 400, then::closes},
        {"data shorter than the size", chunked("5\r\nping\r\n0\r\n\r\n"), 400, then::closes},
        {"no line end after the data", chunked("4\r\nping0\r\n\r\n"), 400, then::closes},
        {"a trailer", chunked("0\r\nAuthorization: x\r\n\r\n"), 400, then::closes},
        {"a second Host in a trailer", chunked("0\r\nHost: b\r\n\r\n"), 400, then::closes},
        {"20,000 trailers", chunked("0\r\n" + many(20'000, "a:b\r\n") + "\r\n"), 400, then::closes},
        {"a trailer that is folded", chunked("0\r\n a: b\r\n\r\n"), 400, then::closes},
        {"100,000 chunks of one byte", chunked(many(100'000, "1\r\nx\r\n") + "0\r\n\r\n"), 400, then::closes},
        {"a trailer of 66 KB", chunked("0\r\nX: " + std::string(66'000, 'a') + "\r\n\r\n"), 400,
         then::closes},
        {"a bare line feed at the end", chunked("0\r\n\n"), 400, then::closes},
        {"a bare carriage return at the end", chunked("0\r\n\rX"), 400, then::closes},
        {"no last chunk", chunked("4\r\nping\r\n"), 400, then::closes},
    };
}

enum class sent : std::uint8_t { whole, byte_by_byte, cut_at_random };

void send_as(raw_connection& sender, std::string_view bytes, sent how, unsigned seed) {
    if (how == sent::whole) {
        sender.send(bytes);
        return;
    }
    std::mt19937 random{seed};
    while (!bytes.empty()) {
        auto const most = std::max<std::size_t>(bytes.size() / 4, 1);
        auto const size =
            how == sent::byte_by_byte ? 1 : std::uniform_int_distribution<std::size_t>{1, most}(random);
        if (!sender.send(bytes.substr(0, size))) return;
        bytes.remove_prefix(std::min(size, bytes.size()));
    }
}

class strictness : public ::testing::TestWithParam<row> {
protected:
    static void SetUpTestSuite() { under_test = std::make_unique<running_server>(); }
    static void TearDownTestSuite() { under_test.reset(); }

    static void expect_answer(sent how) {
        auto const& [what, bytes, status, connection] = GetParam();
        if (how == sent::byte_by_byte && bytes.size() > 4096) return;
        raw_connection sender{under_test->port()};
        send_as(sender, bytes, how, 20261121);
        if (connection == then::keeps) {
            auto const answer = sender.read_answer();
            ASSERT_TRUE(answer);
            EXPECT_EQ(answer->status, status);
            sender.send(get("/canary"));
            auto const canary = sender.read_answer();
            ASSERT_TRUE(canary);
            EXPECT_EQ(canary->body, "GET /canary ");
            return;
        }
        sender.finish_sending();
        auto const answers = sender.read_to_end();
        ASSERT_TRUE(answers) << "the connection stays open";
        ASSERT_EQ(answers->size(), 1);
        EXPECT_EQ(answers->front().status, status);
        EXPECT_TRUE(answers->front().has("\r\nconnection: close\r\n"));
        EXPECT_EQ(sender.unparsed(), "");
    }

    static inline std::unique_ptr<running_server> under_test;
};

TEST_P(strictness, answers_alike_however_the_bytes_come) {
    for (auto const how : {sent::whole, sent::byte_by_byte, sent::cut_at_random}) {
        SCOPED_TRACE(static_cast<int>(how));
        expect_answer(how);
    }
}

INSTANTIATE_TEST_SUITE_P(request_line, strictness, ::testing::ValuesIn(request_lines()));
INSTANTIATE_TEST_SUITE_P(header_field, strictness, ::testing::ValuesIn(header_fields()));
INSTANTIATE_TEST_SUITE_P(content_length, strictness, ::testing::ValuesIn(lengths()));
INSTANTIATE_TEST_SUITE_P(transfer_coding, strictness, ::testing::ValuesIn(transfer_codings()));
INSTANTIATE_TEST_SUITE_P(chunk, strictness, ::testing::ValuesIn(chunks()));

TEST(strictness_of_the_server, hands_over_the_request_as_it_came) {
    running_server under_test;
    raw_connection sender{under_test.port()};
    sender.send(
        "POST http://A/a%2Fb?q=%20x HTTP/1.1\r\nHost: a\r\nX-Twice: 1\r\nx-TWICE:\t2 \r\n"
        "Transfer-Encoding: chunked\r\n\r\n3\r\nab\0\r\n2\r\n\r\n\r\n0\r\n\r\n"s);
    ASSERT_TRUE(sender.read_answer());
    auto const seen = under_test.handler().seen();
    ASSERT_EQ(seen.size(), 1);
    EXPECT_EQ(seen[0].head.method, "POST");
    EXPECT_EQ(seen[0].head.target, "/a%2Fb?q=%20x");
    headers const fields{{"host", "a"}, {"x-twice", "1"}, {"x-twice", "2"}, {"transfer-encoding", "chunked"}};
    EXPECT_EQ(seen[0].head.fields, fields);
    EXPECT_EQ(seen[0].head.peer, "127.0.0.1");
    EXPECT_EQ(seen[0].body, "ab\0\r\n"sv);
}

}  // namespace
}  // namespace headgate::testing_support
