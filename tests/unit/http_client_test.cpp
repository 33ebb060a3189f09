#include "http/client.hpp"
#include "tests/support/http_server.hpp"
#include "tests/support/raw_connection.hpp"
#include "tests/support/run.hpp"
#include "tests/support/scratch_folder.hpp"
#include "tests/support/test_certificates.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <string>

namespace headgate::testing_support {
namespace {

using http::client_request;
using http::fetch;

std::string url_of(running_server const& server, std::string_view path, std::string_view scheme = "http") {
    return std::string{scheme} + "://127.0.0.1:" + std::to_string(server.port()) + std::string{path};
}

result<response> fetch_now(client_request request) {
    return run(fetch(std::move(request), from_now(std::chrono::seconds{10})));
}

errc code_of(result<response> const& outcome) {
    return outcome ? errc::unknown : outcome.error().code;
}

TEST(client, sends_a_request_and_gives_the_answer) {
    running_server server;
    server.handler().answers = [](request const&) {
        return response{.status = 404, .fields = {{"X-Case", "Kept"}}, .body = "no such event"};
    };
    auto const answer = fetch_now({.method = "POST",
                                   .url = url_of(server, "/api?x=%20#part"),
                                   .fields = {{"authorization", "Bearer t"}},
                                   .body = "{}"});
    ASSERT_TRUE(answer) << answer.error().message;
    EXPECT_EQ(answer->status, 404);
    EXPECT_EQ(answer->body, "no such event");
    EXPECT_EQ(sole_header(answer->fields, "x-case"), "Kept");
    auto const seen = server.handler().seen();
    ASSERT_EQ(seen.size(), 1);
    EXPECT_EQ(seen[0].head.method, "POST");
    EXPECT_EQ(seen[0].head.target, "/api?x=%20");
    EXPECT_EQ(sole_header(seen[0].head.fields, "authorization"), "Bearer t");
    EXPECT_EQ(sole_header(seen[0].head.fields, "host"), "127.0.0.1:" + std::to_string(server.port()));
    EXPECT_EQ(seen[0].body, "{}");
}

TEST(client, takes_a_body_of_its_limit_and_refuses_one_past_it) {
    running_server server;
    server.handler().answers = [](request const& asked) {
        return response{.status = 200,
                        .body = std::string(asked.head.target == "/more" ? 100'001 : 100'000, 'x')};
    };
    auto const fits = fetch_now({.url = url_of(server, "/"), .response_bytes_max = 100'000});
    ASSERT_TRUE(fits);
    EXPECT_EQ(fits->body.size(), 100'000);
    EXPECT_EQ(code_of(fetch_now({.url = url_of(server, "/more"), .response_bytes_max = 100'000})),
              errc::resource_exhausted);
}

TEST(client, gives_up_at_the_deadline_and_leaves_nothing_running) {
    running_server server;
    auto const outcome =
        run(fetch({.url = url_of(server, "/slow")}, from_now(std::chrono::milliseconds{30})));
    EXPECT_EQ(code_of(outcome), errc::deadline_exceeded);
}

TEST(client, says_when_nobody_answers) {
    auto server = std::make_unique<running_server>();
    auto const url = url_of(*server, "/");
    server.reset();
    auto const outcome = fetch_now({.url = url});
    EXPECT_EQ(code_of(outcome), errc::unavailable);
    EXPECT_NE(outcome.error().message.find("cannot connect to 127.0.0.1:"), std::string::npos);
}

TEST(client, refuses_what_it_cannot_fetch_before_it_connects) {
    for (auto const* const wrong :
         {"", "127.0.0.1:80", "ftp://a/", "http://", "http:///x", "http://user:pass@a/", "http://a:0/",
          "http://a b/", "https://a:port/", "/path"}) {
        EXPECT_EQ(code_of(fetch_now({.url = wrong})), errc::invalid_argument) << wrong;
    }
    EXPECT_EQ(code_of(fetch_now({.url = "http://127.0.0.1:1/", .fields = {{"x", "a\r\nb: c"}}})),
              errc::invalid_argument);
}

TEST(client, checks_the_certificate_and_its_name) {
    scratch_folder folder;
    auto const files = make_certificate(folder.path(), "one.example");
    auto const stranger = make_certificate(folder.path(), "two.example");
    http::listener_settings settings;
    settings.tls.push_back({files.certificate, files.key});
    running_server server{settings};

    auto const trusted =
        fetch_now({.url = url_of(server, "/x", "https"), .certificate_authorities = files.certificate});
    ASSERT_TRUE(trusted) << trusted.error().message;
    EXPECT_EQ(trusted->body, "GET /x ");

    auto const unknown =
        fetch_now({.url = url_of(server, "/x", "https"), .certificate_authorities = stranger.certificate});
    EXPECT_EQ(code_of(unknown), errc::permission_denied);
    auto const by_another_name =
        fetch_now({.url = "https://localhost:" + std::to_string(server.port()) + "/x",
                   .certificate_authorities = files.certificate});
    EXPECT_EQ(code_of(by_another_name), errc::permission_denied);
    EXPECT_EQ(code_of(fetch_now({.url = url_of(server, "/x", "https")})), errc::permission_denied);
    auto const no_file =
        fetch_now({.url = url_of(server, "/x", "https"), .certificate_authorities = "absent.pem"});
    EXPECT_EQ(code_of(no_file), errc::invalid_argument);
}

}  // namespace
}  // namespace headgate::testing_support
