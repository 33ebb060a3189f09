#include "tests/support/http_server.hpp"
#include "tests/support/raw_connection.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <sys/resource.h>
#include <vector>

namespace headgate::testing_support {
namespace {

using std::chrono::milliseconds;

constexpr std::string_view get_hook = "GET /hook HTTP/1.1\r\nHost: a\r\n\r\n";

http::listener_settings with(http::limits bounds) {
    http::listener_settings settings;
    settings.bounds = bounds;
    return settings;
}

unsigned status_of(running_server& under_test, std::string const& bytes) {
    raw_connection sender{under_test.port()};
    sender.send(bytes);
    auto const answer = sender.read_answer();
    return answer ? answer->status : 0;
}

std::string post(std::size_t body_bytes) {
    return "POST /hook HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(body_bytes) + "\r\n\r\n" +
           std::string(body_bytes, 'x');
}

std::string post_in_chunks(std::size_t chunks, std::size_t chunk_bytes) {
    std::string all = "POST /hook HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
    char size[16];
    std::snprintf(size, sizeof size, "%zx\r\n", chunk_bytes);
    for (std::size_t i = 0; i < chunks; ++i) all += size + std::string(chunk_bytes, 'x') + "\r\n";
    return all + "0\r\n\r\n";
}

TEST(limit_of_the_request_line, is_414_one_past_it) {
    running_server under_test{with({.request_line_bytes_max = 100})};
    auto const line_of = [](std::size_t bytes) {
        return "GET /" + std::string(bytes - 14, 'x') + " HTTP/1.1\r\nHost: a\r\n\r\n";
    };
    EXPECT_EQ(status_of(under_test, line_of(100)), 200);
    EXPECT_EQ(status_of(under_test, line_of(101)), 414);
    EXPECT_EQ(status_of(under_test, "GET /" + std::string(100, 'x')), 414)
        << "waits for an end that never comes";
}

TEST(limits, can_be_replaced_while_it_serves_also_on_open_connections) {
    running_server under_test{with({.header_lines_max = 5}), 2};
    raw_connection kept{under_test.port()};
    auto const three_lines = "GET / HTTP/1.1\r\nHost: a\r\nX: y\r\nX: y\r\n\r\n";
    kept.send(three_lines);
    EXPECT_EQ(kept.read_answer()->status, 200);
    auto next = http::prepare(with({.header_lines_max = 2, .connections_max = 1}));
    ASSERT_TRUE(next);
    under_test.server().use(*std::move(next));
    raw_connection one_past{under_test.port()};
    EXPECT_TRUE(one_past.is_closed_silently());
    kept.send(three_lines);
    EXPECT_EQ(kept.read_answer()->status, 431);
}

TEST(limits, are_not_prepared_from_what_cannot_be_used) {
    http::listener_settings settings;
    settings.trusted_proxies = {"10.0.0.0/99"};
    EXPECT_FALSE(http::prepare(settings));
}

TEST(limit_of_the_headers, is_431_one_past_it) {
    running_server under_test{with({.headers_bytes_max = 100})};
    auto const headers_of = [](std::size_t bytes) {
        return "GET / HTTP/1.1\r\nHost: a\r\nX: " + std::string(bytes - 14, 'x') + "\r\n\r\n";
    };
    EXPECT_EQ(status_of(under_test, headers_of(100)), 200);
    EXPECT_EQ(status_of(under_test, headers_of(101)), 431);
    EXPECT_EQ(status_of(under_test, "GET / HTTP/1.1\r\nX: " + std::string(100, 'x')), 431);
}

TEST(limit_of_header_lines, is_431_one_past_it) {
    running_server under_test{with({.header_lines_max = 5})};
    auto const lines_of = [](std::size_t lines) {
        std::string all = "GET / HTTP/1.1\r\nHost: a\r\n";
        for (std::size_t i = 1; i < lines; ++i) all += "X: y\r\n";
        return all + "\r\n";
    };
    EXPECT_EQ(status_of(under_test, lines_of(5)), 200);
    EXPECT_EQ(status_of(under_test, lines_of(6)), 431);
}

TEST(limit_of_the_body, is_413_one_past_it) {
    running_server under_test;
    under_test.handler().body_bytes_max = 20'000;
    EXPECT_EQ(status_of(under_test, post(20'000)), 200);
    EXPECT_EQ(status_of(under_test, post(20'001)), 413);
    EXPECT_EQ(status_of(under_test, post_in_chunks(100, 200)), 200);
    EXPECT_EQ(status_of(under_test, post_in_chunks(3, 6'667)), 413);
}

TEST(limit_of_the_body, is_413_before_a_byte_of_it_was_sent) {
    running_server under_test;
    under_test.handler().body_bytes_max = 10;
    EXPECT_EQ(status_of(under_test, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\n\r\n"), 413);
    EXPECT_EQ(status_of(under_test, "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nb\r\n"),
              413);
}

TEST(limit_of_small_chunks, is_400_one_past_it) {
    running_server under_test{with({.small_chunks_max = 10})};
    EXPECT_EQ(status_of(under_test, post_in_chunks(10, 15)), 200);
    EXPECT_EQ(status_of(under_test, post_in_chunks(11, 15)), 400);
    EXPECT_EQ(status_of(under_test, post_in_chunks(1000, 16)), 200);
}

TEST(limit_of_bytes_in_flight, is_503_with_retry_after_and_is_given_back) {
    running_server under_test{with({.in_flight_bytes_max = 1000})};
    EXPECT_EQ(status_of(under_test, post(1000)), 200);
    raw_connection holding{under_test.port()};
    holding.send("POST /slow HTTP/1.1\r\nHost: a\r\nContent-Length: 600\r\n\r\n" + std::string(600, 'x'));
    under_test.handler().await_slow_request();
    EXPECT_EQ(status_of(under_test, post(400)), 200);
    raw_connection sender{under_test.port()};
    sender.send(post(401));
    auto const refused = sender.read_to_end();
    ASSERT_TRUE(refused);
    ASSERT_EQ(refused->size(), 1);
    EXPECT_EQ(refused->front().status, 503);
    EXPECT_TRUE(refused->front().has("\r\nretry-after: 1\r\n"));
    EXPECT_EQ(status_of(under_test, post_in_chunks(1, 401)), 503);
    under_test.handler().release();
    EXPECT_EQ(holding.read_answer()->status, 200);
    EXPECT_EQ(status_of(under_test, post(1000)), 200);
}

TEST(limit_of_bytes_in_flight, keeps_its_last_quarter_for_small_bodies) {
    running_server under_test{with({.in_flight_bytes_max = 400 * 1024})};
    under_test.handler().answers = [](request const&) { return response{.status = 200}; };
    raw_connection holding{under_test.port()};
    holding.send("POST /slow HTTP/1.1\r\nHost: a\r\nContent-Length: 256000\r\n\r\n" +
                 std::string(256'000, 'x'));
    under_test.handler().await_slow_request();
    EXPECT_EQ(status_of(under_test, post(64 * 1024 + 1)), 503);
    EXPECT_EQ(status_of(under_test, post(64 * 1024)), 200);
    under_test.handler().release();
    EXPECT_EQ(holding.read_answer()->status, 200);
}

TEST(limit_of_bytes_in_flight, counts_large_answers_until_they_are_read) {
    constexpr std::size_t more_than_sockets_hold = 48 * 1024 * 1024;
    running_server under_test{with({.in_flight_bytes_max = 2 * more_than_sockets_hold})};
    under_test.handler().answers = [](request const& asked) {
        bool const is_large = asked.head.path() == "/large";
        return response{.status = 200, .body = std::string(is_large ? more_than_sockets_hold : 1, 'x')};
    };
    constexpr std::string_view get_large = "GET /large HTTP/1.1\r\nHost: a\r\n\r\n";
    raw_connection not_reading{under_test.port()};
    not_reading.send(get_large);
    ASSERT_TRUE(not_reading.is_answered()) << "and reads no more than the beginning";
    EXPECT_EQ(status_of(under_test, std::string{get_large}), 503);
    EXPECT_EQ(status_of(under_test, std::string{get_hook}), 200);
}

std::string post_for(std::string const& sender, std::size_t body_bytes, std::string const& target = "/hook") {
    return "POST " + target + " HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: " + sender +
           "\r\nContent-Length: " + std::to_string(body_bytes) + "\r\n\r\n" + std::string(body_bytes, 'x');
}

TEST(limit_of_bytes_of_an_address, is_429_with_retry_after_and_leaves_others_alone) {
    running_server under_test{with({.in_flight_bytes_per_address_max = 1000})};
    raw_connection holding{under_test.port()};
    holding.send("POST /slow HTTP/1.1\r\nHost: a\r\nContent-Length: 600\r\n\r\n" + std::string(600, 'x'));
    under_test.handler().await_slow_request();
    EXPECT_EQ(status_of(under_test, post(400)), 200);
    raw_connection sender{under_test.port()};
    sender.send(post(401));
    auto const refused = sender.read_to_end();
    ASSERT_TRUE(refused);
    ASSERT_EQ(refused->size(), 1);
    EXPECT_EQ(refused->front().status, 429);
    EXPECT_TRUE(refused->front().has("\r\nretry-after: 1\r\n"));
    raw_connection other{under_test.port(), "127.0.0.2"};
    other.send(post(1000));
    EXPECT_EQ(other.read_answer()->status, 200);
    under_test.handler().release();
    EXPECT_EQ(holding.read_answer()->status, 200);
    EXPECT_EQ(status_of(under_test, post(1000)), 200);
}

TEST(limit_of_bytes_of_an_address, is_that_of_the_sender_behind_a_trusted_proxy) {
    auto settings = with({.in_flight_bytes_per_address_max = 1000});
    settings.trusted_proxies = {"127.0.0.1"};
    running_server under_test{settings};
    raw_connection holding{under_test.port()};
    holding.send(post_for("192.0.2.1", 600, "/slow"));
    under_test.handler().await_slow_request();
    EXPECT_EQ(status_of(under_test, post_for("192.0.2.1", 401)), 429);
    EXPECT_EQ(status_of(under_test, post_for("192.0.2.2", 1000)), 200);
    EXPECT_EQ(status_of(under_test, post(2000)), 200) << "nobody is named who could be counted";
}

http::listener_settings with_proxy(std::string const& address, http::limits bounds) {
    auto settings = with(bounds);
    settings.trusted_proxies = {address};
    return settings;
}

TEST(limit_of_bytes_of_an_address, binds_a_proxy_from_the_moment_it_lost_its_trust) {
    running_server under_test{with_proxy("127.0.0.1", {.in_flight_bytes_per_address_max = 1000})};
    raw_connection proxy{under_test.port()};
    proxy.send(post_for("192.0.2.1", 0));
    EXPECT_EQ(proxy.read_answer()->status, 200);
    auto next = http::prepare(with_proxy("192.0.2.9", {.in_flight_bytes_per_address_max = 1000}));
    ASSERT_TRUE(next);
    under_test.server().use(*std::move(next));
    proxy.send(post_for("192.0.2.1", 1001));
    EXPECT_EQ(proxy.read_answer()->status, 429);
}

TEST(limit_of_connections_of_an_address, binds_a_proxy_that_lost_its_trust_as_soon_as_it_was_answered) {
    running_server under_test{with_proxy("127.0.0.1", {})};
    raw_connection proxy{under_test.port()};
    proxy.send(post_for("192.0.2.1", 0));
    EXPECT_FALSE(proxy.read_answer()->has("connection: close"));
    auto next = http::prepare(with_proxy("192.0.2.9", {}));
    ASSERT_TRUE(next);
    under_test.server().use(*std::move(next));
    proxy.send(post_for("192.0.2.1", 0));
    auto const last = proxy.read_to_end();
    ASSERT_TRUE(last);
    ASSERT_EQ(last->size(), 1);
    EXPECT_EQ(last->front().status, 200);
    EXPECT_TRUE(last->front().has("connection: close")) << "its next connection is counted";
}

TEST(limit_of_connections, closes_one_past_it_without_a_word) {
    running_server under_test{with({.connections_max = 2})};
    raw_connection first{under_test.port()};
    first.send(get_hook);
    EXPECT_EQ(first.read_answer()->status, 200);
    raw_connection second{under_test.port()};
    second.send(get_hook);
    EXPECT_EQ(second.read_answer()->status, 200);
    raw_connection third{under_test.port()};
    EXPECT_TRUE(third.is_closed_silently());
    EXPECT_NE(under_test.metrics_text().find(R"(turned_away_total{listener="webhooks",reason="limit"} 1)"),
              std::string::npos);
}

TEST(limit_of_connections, closes_idle_ones_ten_times_sooner_when_three_quarters_are_open) {
    running_server under_test{with({.connections_max = 4, .idle_for = milliseconds{20'000}})};
    std::vector<raw_connection> open;
    for (int i = 0; i < 3; ++i) {
        open.emplace_back(under_test.port()).send(get_hook);
        EXPECT_EQ(open.back().read_answer()->status, 200);
    }
    EXPECT_TRUE(open.front().is_closed_silently()) << "within the ten seconds that a reader here waits";
}

TEST(limit_of_connections_of_an_address, closes_one_past_it_and_leaves_others_alone) {
    running_server under_test{with({.connections_per_address_max = 2})};
    std::vector<raw_connection> mine;
    for (int i = 0; i < 2; ++i) {
        mine.emplace_back(under_test.port()).send(get_hook);
        EXPECT_EQ(mine.back().read_answer()->status, 200);
    }
    raw_connection one_more{under_test.port()};
    EXPECT_TRUE(one_more.is_closed_silently());
    raw_connection other{under_test.port(), "127.0.0.2"};
    other.send(get_hook);
    EXPECT_EQ(other.read_answer()->status, 200);
    EXPECT_NE(under_test.metrics_text().find(R"(turned_away_total{listener="webhooks",reason="address"} 1)"),
              std::string::npos);
}

TEST(limit_of_connections_of_an_address, counts_those_that_are_open) {
    running_server under_test{with({.connections_per_address_max = 1, .requests_per_connection_max = 1})};
    for (int i = 0; i < 3; ++i) {
        raw_connection once{under_test.port()};
        once.send(get_hook);
        auto const answers = once.read_to_end();
        ASSERT_TRUE(answers);
        ASSERT_EQ(answers->size(), 1);
        once.close();
        under_test.await_connections(0);
    }
}

TEST(limit_of_connections_of_an_address, does_not_bind_a_trusted_proxy) {
    auto settings = with({.connections_per_address_max = 1});
    settings.trusted_proxies = {"127.0.0.1"};
    running_server under_test{settings};
    std::vector<raw_connection> passing_on;
    for (int i = 0; i < 3; ++i) {
        passing_on.emplace_back(under_test.port()).send(get_hook);
        EXPECT_EQ(passing_on.back().read_answer()->status, 200);
    }
}

TEST(limit_of_requests, closes_after_the_last_one) {
    running_server under_test{with({.requests_per_connection_max = 2})};
    raw_connection sender{under_test.port()};
    sender.send(get_hook);
    EXPECT_FALSE(sender.read_answer()->has("connection: close"));
    sender.send(get_hook);
    auto const rest = sender.read_to_end();
    ASSERT_TRUE(rest);
    ASSERT_EQ(rest->size(), 1);
    EXPECT_TRUE(rest->front().has("\r\nconnection: close\r\n"));
}

TEST(slow_sender, of_a_head_gets_408) {
    running_server under_test{with({.headers_within = milliseconds{30}})};
    EXPECT_EQ(status_of(under_test, "POST /hook HTTP/1.1\r\nHost:"), 408);
}

TEST(slow_sender, of_a_body_gets_408) {
    running_server under_test{with({.body_within = milliseconds{30}})};
    EXPECT_EQ(status_of(under_test, "POST /hook HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nx"), 408);
    EXPECT_EQ(
        status_of(under_test, "POST /hook HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nx"),
        408);
}

TEST(slow_sender, below_the_floor_of_the_rate_gets_408) {
    running_server under_test{
        with({.body_bytes_per_second_min = 1024 * 1024, .body_rate_after = milliseconds{30}})};
    EXPECT_EQ(status_of(under_test, "POST /hook HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nx"), 408);
}

TEST(slow_sender, of_a_body_that_would_never_be_whole_in_time_gets_408) {
    running_server under_test{with({.body_within = std::chrono::minutes{1},
                                    .body_bytes_per_second_min = 1,
                                    .body_rate_after = milliseconds{30}})};
    under_test.handler().body_bytes_max = 600'000'000;
    EXPECT_EQ(status_of(under_test, "POST /hook HTTP/1.1\r\nHost: a\r\nContent-Length: 600000000\r\n\r\n" +
                                        std::string(1000, 'x')),
              408)
        << "10 MB/s are needed, 1,000 bytes came";
}

TEST(silent_connection, is_closed_before_an_idle_one) {
    running_server under_test{with({.first_byte_within = milliseconds{30}})};
    raw_connection silent{under_test.port()};
    EXPECT_TRUE(silent.is_closed_silently());
    raw_connection spoken{under_test.port()};
    spoken.send(get_hook);
    EXPECT_EQ(spoken.read_answer()->status, 200);
    raw_connection also_silent{under_test.port()};
    EXPECT_TRUE(also_silent.is_closed_silently());
    spoken.send(get_hook);
    EXPECT_EQ(spoken.read_answer()->status, 200) << "kept alive for as long as idle_for says";
}

TEST(slow_reader, is_cut) {
    running_server under_test{with({.write_within = milliseconds{30}})};
    under_test.handler().answers = [](request const&) {
        return response{.status = 200, .body = std::string(32 * 1024 * 1024, 'x')};
    };
    raw_connection sender{under_test.port()};
    sender.send(get_hook);
    under_test.drain(from_now(std::chrono::seconds{60}));  // Ends, although nobody reads.
}

TEST(idle_connection, is_closed_without_a_word) {
    running_server under_test{with({.idle_for = milliseconds{30}})};
    raw_connection silent{under_test.port()};
    EXPECT_TRUE(silent.is_closed_silently());
    raw_connection once{under_test.port()};
    once.send(get_hook);
    EXPECT_EQ(once.read_answer()->status, 200);
    EXPECT_TRUE(once.is_closed_silently());
}

TEST(lingering, ends_when_the_sender_never_stops) {
    running_server under_test{with({.linger_for = milliseconds{60'000}, .linger_bytes_max = 1024 * 1024})};
    under_test.handler().refuses = [](request_head const&) { return response{.status = 401}; };
    raw_connection sender{under_test.port()};
    sender.send("POST /hook HTTP/1.1\r\nHost: a\r\nContent-Length: 900000000\r\n\r\n");
    EXPECT_EQ(sender.read_answer()->status, 401);
    std::string const block(1024 * 1024, 'x');
    int sent = 0;
    while (sent < 800 && sender.send(block)) ++sent;
    EXPECT_LT(sent, 800);
}

// Not every descriptor of this process can be counted, so the limit is set just above the highest in use.
TEST(running_out_of_descriptors, leaves_the_listener_alive) {
    running_server under_test;
    std::vector<raw_connection> senders(8);  // Their sockets exist before descriptors get scarce.
    rlimit before{};
    ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
    int const lowest_free = ::dup(0);
    ASSERT_GE(lowest_free, 0);
    ::close(lowest_free);
    rlimit scarce = before;
    scarce.rlim_cur = static_cast<rlim_t>(lowest_free) + 2;
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &scarce), 0);

    for (auto& each : senders) each.connect(under_test.port());
    senders[0].send(get_hook);
    EXPECT_EQ(senders[0].read_answer()->status, 200);
    senders[1].send(get_hook);
    EXPECT_EQ(senders[1].read_answer()->status, 200);
    EXPECT_TRUE(senders[2].is_closed_silently()) << "taken with the reserve, and closed";
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);

    raw_connection later{under_test.port()};
    later.send(get_hook);
    EXPECT_EQ(later.read_answer()->status, 200);
    EXPECT_EQ(under_test.metrics_text().find(R"(reason="descriptors"} 0)"), std::string::npos);
}

}  // namespace
}  // namespace headgate::testing_support
