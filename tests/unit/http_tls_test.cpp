#include "http/client.hpp"
#include "tests/support/http_server.hpp"
#include "tests/support/raw_connection.hpp"
#include "tests/support/scratch_folder.hpp"
#include "tests/support/test_certificates.hpp"

#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/write.hpp>
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <sys/stat.h>

namespace headgate::testing_support {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

// A blocking TLS client that trusts nobody and checks nothing but what a test looks at.
class tls_connection {
public:
    explicit tls_connection(std::uint16_t port, std::string const& name = "one.example") {
        SSL_set_tlsext_host_name(stream_.native_handle(), name.c_str());
        stream_.next_layer().connect({asio::ip::address_v4::loopback(), port});
    }

    asio::ssl::context& context() { return context_; }
    SSL* native() { return stream_.native_handle(); }

    boost::system::error_code shake_hands() {
        boost::system::error_code failure;
        stream_.handshake(asio::ssl::stream_base::client, failure);
        return failure;
    }

    // Common name of the certificate that was shown.
    std::string shown_name() {
        auto* const certificate = SSL_get1_peer_certificate(stream_.native_handle());
        if (certificate == nullptr) return "none";
        char name[256]{};
        X509_NAME_get_text_by_NID(X509_get_subject_name(certificate), NID_commonName, name, sizeof name);
        X509_free(certificate);
        return name;
    }

    void send(std::string_view bytes) { asio::write(stream_, asio::buffer(bytes)); }

    std::optional<raw_answer> read_answer() {
        while (true) {
            if (auto answer = take_answer(received_)) return answer;
            if (read_more()) return std::nullopt;
        }
    }

    // How the connection ends: `asio::error::eof` is a proper end of TLS.
    boost::system::error_code read_to_end() {
        while (true) {
            if (auto const failure = read_more()) return failure;
        }
    }

private:
    boost::system::error_code read_more() {
        char block[16 * 1024];
        boost::system::error_code failure;
        received_.append(block, stream_.read_some(asio::buffer(block), failure));
        return failure;
    }

    asio::io_context io_;
    asio::ssl::context context_{asio::ssl::context::tls_client};
    asio::ssl::stream<tcp::socket> stream_{io_, context_};
    std::string received_;
};

http::listener_settings with(std::vector<certificate_and_key> const& certificates) {
    http::listener_settings settings;
    for (auto const& each : certificates) settings.tls.push_back({each.certificate, each.key});
    return settings;
}

TEST(tls, serves_requests_like_a_plain_connection) {
    scratch_folder folder;
    running_server under_test{with({make_certificate(folder.path(), "one.example")})};
    tls_connection sender{under_test.port()};
    ASSERT_FALSE(sender.shake_hands());
    std::string const large(300'000, 'x');
    sender.send("POST /hook HTTP/1.1\r\nHost: a\r\nContent-Length: 300000\r\n\r\n" + large +
                "GET /two HTTP/1.1\r\nHost: a\r\n\r\n");
    auto const answer = sender.read_answer();
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->status, 200);
    EXPECT_TRUE(answer->body == "POST /hook " + large);
    EXPECT_EQ(sender.read_answer()->body, "GET /two ");
}

TEST(tls, begins_no_handshake_with_an_address_that_may_have_none) {
    scratch_folder folder;
    auto settings = with({make_certificate(folder.path(), "one.example")});
    running_server under_test{settings};
    std::vector<std::string> asked;
    under_test.handler().shakes_hands_with = [&](std::string const& address) {
        asked.push_back(address);
        return asked.size() == 1;
    };
    tls_connection first{under_test.port()};
    EXPECT_FALSE(first.shake_hands());
    tls_connection second{under_test.port()};
    EXPECT_TRUE(second.shake_hands());
    under_test.drain(from_now(std::chrono::seconds{5}));
    EXPECT_EQ(asked, (std::vector<std::string>{"127.0.0.1", "127.0.0.1"}));

    settings.trusted_proxies = {"127.0.0.1"};
    running_server behind_a_proxy{settings};
    behind_a_proxy.handler().shakes_hands_with = [](std::string const&) { return false; };
    tls_connection proxy{behind_a_proxy.port()};
    EXPECT_FALSE(proxy.shake_hands()) << "it speaks for many";
    running_server plain;
    plain.handler().shakes_hands_with = [](std::string const&) { return false; };
    raw_connection sender{plain.port()};
    sender.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_TRUE(sender.read_answer()) << "shakes no hands";
}

TEST(tls, closes_properly_after_a_refusal_with_the_body_under_way) {
    scratch_folder folder;
    running_server under_test{with({make_certificate(folder.path(), "one.example")})};
    under_test.handler().refuses = [](request_head const&) { return response{.status = 401}; };
    tls_connection sender{under_test.port()};
    ASSERT_FALSE(sender.shake_hands());
    sender.send("POST /hook HTTP/1.1\r\nHost: a\r\nContent-Length: 300000\r\n\r\n" +
                std::string(100'000, 'x'));
    EXPECT_EQ(sender.read_answer()->status, 401);
    EXPECT_EQ(sender.read_to_end(), asio::error::eof);
}

TEST(tls, answers_408_to_a_slow_head) {
    scratch_folder folder;
    auto settings = with({make_certificate(folder.path(), "one.example")});
    settings.bounds.headers_within = std::chrono::milliseconds{30};
    running_server under_test{settings};
    tls_connection sender{under_test.port()};
    ASSERT_FALSE(sender.shake_hands());
    sender.send("GET / HT");
    auto const answer = sender.read_answer();
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->status, 408);
}

TEST(tls, chooses_the_certificate_by_name_and_the_first_without_a_match) {
    scratch_folder folder;
    running_server under_test{with(
        {make_certificate(folder.path(), "one.example"), make_certificate(folder.path(), "two.example")})};
    for (auto const& [asked, shown] : {std::pair{"one.example", "one.example"},
                                       {"two.example", "two.example"},
                                       {"three.example", "one.example"}}) {
        tls_connection sender{under_test.port(), asked};
        ASSERT_FALSE(sender.shake_hands());
        EXPECT_EQ(sender.shown_name(), shown);
    }
}

TEST(tls, below_1_2_is_refused) {
    scratch_folder folder;
    running_server under_test{with({make_certificate(folder.path(), "one.example")})};
    tls_connection old{under_test.port()};
    SSL_set_min_proto_version(old.native(), TLS1_VERSION);
    SSL_set_max_proto_version(old.native(), TLS1_1_VERSION);
    SSL_set_cipher_list(old.native(), "ALL:@SECLEVEL=0");
    EXPECT_TRUE(old.shake_hands());
    tls_connection just_new_enough{under_test.port()};
    SSL_set_max_proto_version(just_new_enough.native(), TLS1_2_VERSION);
    EXPECT_FALSE(just_new_enough.shake_hands());
}

TEST(tls, agrees_on_http_1_1_only) {
    scratch_folder folder;
    running_server under_test{with({make_certificate(folder.path(), "one.example")})};
    tls_connection sender{under_test.port()};
    static constexpr unsigned char offered[] = "\x02h2\x08http/1.1";
    SSL_set_alpn_protos(sender.native(), offered, sizeof offered - 1);
    ASSERT_FALSE(sender.shake_hands());
    unsigned char const* chosen = nullptr;
    unsigned chosen_bytes = 0;
    SSL_get0_alpn_selected(sender.native(), &chosen, &chosen_bytes);
    EXPECT_EQ((std::string{reinterpret_cast<char const*>(chosen), chosen_bytes}), "http/1.1");
}

TEST(tls, plain_http_on_its_port_is_closed_and_the_next_sender_is_served) {
    scratch_folder folder;
    running_server under_test{with({make_certificate(folder.path(), "one.example")})};
    raw_connection plain{under_test.port()};
    plain.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_TRUE(plain.read_to_end());
    tls_connection sender{under_test.port()};
    ASSERT_FALSE(sender.shake_hands());
    sender.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_EQ(sender.read_answer()->status, 200);
}

TEST(tls, a_handshake_that_never_comes_is_closed) {
    scratch_folder folder;
    auto settings = with({make_certificate(folder.path(), "one.example")});
    settings.bounds.tls_handshake_within = std::chrono::milliseconds{30};
    running_server under_test{settings};
    raw_connection silent{under_test.port()};
    EXPECT_TRUE(silent.is_closed_silently());
}

TEST(tls, is_drained_with_idle_connections_and_handshakes_under_way) {
    scratch_folder folder;
    running_server under_test{with({make_certificate(folder.path(), "one.example")})};
    tls_connection idle{under_test.port()};
    ASSERT_FALSE(idle.shake_hands());
    raw_connection silent{under_test.port()};
    under_test.drain(from_now(std::chrono::hours{1}));
    EXPECT_TRUE(idle.read_to_end());
    EXPECT_TRUE(silent.is_closed_silently());
}

TEST(tls, certificates_can_be_replaced_while_it_serves) {
    scratch_folder folder;
    auto const old = make_certificate(folder.path(), "old.example");
    auto const fresh = make_certificate(folder.path(), "new.example");
    running_server under_test{with({old})};
    EXPECT_FALSE(http::prepare(with({{old.certificate, fresh.key}})));
    auto next = http::prepare(with({fresh}));
    ASSERT_TRUE(next);
    tls_connection kept{under_test.port()};
    ASSERT_FALSE(kept.shake_hands());
    under_test.server().use(*std::move(next));
    EXPECT_EQ(kept.shown_name(), "old.example");
    tls_connection sender{under_test.port()};
    ASSERT_FALSE(sender.shake_hands());
    EXPECT_EQ(sender.shown_name(), "new.example");
}

std::string refusal_of(http::listener_settings settings) {
    settings.address = settings.address.empty() ? "127.0.0.1:0" : settings.address;
    io_thread thread{"test-worker"};
    remembering_handler handler;
    metrics counts;
    auto const started = http::start_server(settings, {{&thread, &handler}}, counts);
    return started ? "started" : started.error().message;
}

TEST(starting, is_refused_with_the_name_of_the_file) {
    scratch_folder folder;
    auto const good = make_certificate(folder.path(), "one.example");
    auto const other = make_certificate(folder.path(), "two.example");
    EXPECT_NE(refusal_of(with({{"absent.pem", good.key}})).find("cannot use the TLS certificate absent.pem"),
              std::string::npos);
    EXPECT_NE(refusal_of(with({{good.certificate, "absent.key"}})).find("cannot read the TLS key absent.key"),
              std::string::npos);
    EXPECT_NE(refusal_of(with({{good.certificate, other.key}})).find(other.key), std::string::npos);
    EXPECT_NE(
        refusal_of(with({good, {good.key, good.key}})).find("cannot use the TLS certificate " + good.key),
        std::string::npos);
    ::chmod(good.key.c_str(), 0644);
    EXPECT_NE(refusal_of(with({good})).find("can be read or written by others"), std::string::npos);
}

TEST(starting, is_refused_when_the_address_is_none_or_taken) {
    http::listener_settings settings;
    for (auto const* const wrong : {"127.0.0.1", "127.0.0.1:", "127.0.0.1:x", "127.0.0.1:65536", ":8080",
                                    "localhost:8080", "::1:8080", "[127.0.0.1]:8080"}) {
        settings.address = wrong;
        EXPECT_NE(refusal_of(settings).find("\"" + std::string{wrong} + "\""), std::string::npos) << wrong;
    }
    running_server holder;
    settings.address = "127.0.0.1:" + std::to_string(holder.port());
    EXPECT_NE(refusal_of(settings).find("cannot listen on " + settings.address), std::string::npos);
    settings.address = "127.0.0.1:0";
    settings.trusted_proxies = {"10.0.0.1/8"};
    EXPECT_NE(refusal_of(settings).find("\"10.0.0.1/8\""), std::string::npos);
}

}  // namespace
}  // namespace headgate::testing_support
