#include "core/check.hpp"
#include "http/client_certificate.hpp"
#include "tests/support/http_server.hpp"
#include "tests/support/raw_connection.hpp"
#include "tests/support/scratch_folder.hpp"
#include "tests/support/test_certificates.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/write.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstddef>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

// What becomes known of a sender's certificate, over TLS and through a proxy.

namespace headgate::testing_support {
namespace {

namespace asio = boost::asio;
using ::testing::AllOf;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;
using ::testing::StartsWith;

constexpr std::string_view two_requests =
    "GET / HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";

std::string text_of(std::string const& file) {
    std::ifstream from{file};
    return {std::istreambuf_iterator<char>{from}, {}};
}

http::listener_settings serving(std::vector<certificate_and_key> const& certificates, bool asks) {
    http::listener_settings from;
    for (auto const& each : certificates) from.tls.push_back({each.certificate, each.key});
    from.asks_for_client_certificates = asks;
    return from;
}

using tls_session = std::unique_ptr<SSL_SESSION, decltype(&SSL_SESSION_free)>;

// How a sender connects.
struct sender {
    certificate_and_key const* shows = nullptr;
    int version = TLS1_3_VERSION;
    std::string asks_for = "server.test";
    SSL_SESSION* resumes = nullptr;
};

struct connected {
    boost::system::error_code failure;
    std::string answers{};
    bool is_resumed = false;
    tls_session session{nullptr, SSL_SESSION_free};
};

// Sends two requests at once and reads until the end.
connected talk(std::uint16_t port, sender const& as) {
    asio::io_context context{1};
    asio::ssl::context tls{asio::ssl::context::tls_client};
    SSL_CTX_set_max_proto_version(tls.native_handle(), as.version);
    SSL_CTX_set_security_level(tls.native_handle(), 0);
    if (as.shows != nullptr) {
        tls.use_certificate_chain_file(as.shows->certificate);
        tls.use_private_key_file(as.shows->key, asio::ssl::context::pem);
    }
    asio::ssl::stream<asio::ip::tcp::socket> stream{context, tls};
    SSL_set_tlsext_host_name(stream.native_handle(), as.asks_for.c_str());
    if (as.resumes != nullptr) SSL_set_session(stream.native_handle(), as.resumes);
    stream.next_layer().connect({asio::ip::address_v4::loopback(), port});
    connected made;
    stream.handshake(asio::ssl::stream_base::client, made.failure);
    if (!made.failure) asio::write(stream, asio::buffer(two_requests), made.failure);
    boost::system::error_code end;
    asio::read(stream, asio::dynamic_buffer(made.answers), end);
    if (made.answers.empty()) made.failure = end;
    made.is_resumed = SSL_session_reused(stream.native_handle()) == 1;
    made.session.reset(SSL_get1_session(stream.native_handle()));
    stream.shutdown(end);  // A session is kept only of a connection that ended well.
    return made;
}

struct tls_server {
    explicit tls_server(bool asks) : server{serving({own}, asks)} {}

    // What the handler has been told so far.
    [[nodiscard]] std::vector<std::string> seen() {
        std::vector<std::string> certificates;
        for (auto const& each : server.handler().seen()) {
            certificates.push_back(each.head.client_certificate);
        }
        return certificates;
    }

    scratch_folder folder;
    certificate_and_key own{make_certificate(folder.path(), "server.test")};
    certificate_and_key a{make_certificate(folder.path(), "a.test")};
    certificate_and_key b{make_certificate(folder.path(), "b.test")};
    running_server server;
};

TEST(client_certificate, is_known_of_every_request_of_its_connection) {
    tls_server at{true};
    EXPECT_FALSE(talk(at.server.port(), {.shows = &at.a}).failure);
    EXPECT_FALSE(talk(at.server.port(), {.shows = &at.b, .version = TLS1_2_VERSION}).failure);
    auto const a = text_of(at.a.certificate);
    auto const b = text_of(at.b.certificate);
    EXPECT_THAT(at.seen(), ElementsAre(a, a, b, b));
}

TEST(client_certificate, is_the_senders_choice) {
    tls_server at{true};
    EXPECT_FALSE(talk(at.server.port(), {}).failure);
    EXPECT_THAT(at.seen(), ElementsAre("", ""));
}

TEST(client_certificate, is_not_asked_for_unless_configured) {
    tls_server at{false};
    EXPECT_FALSE(talk(at.server.port(), {.shows = &at.a}).failure);
    EXPECT_THAT(at.seen(), ElementsAre("", ""));
}

TEST(client_certificate, comes_with_its_chain_leaf_first) {
    tls_server at{true};
    auto const chain = text_of(at.a.certificate) + text_of(at.b.certificate);
    std::ofstream{at.a.certificate} << chain;
    EXPECT_FALSE(talk(at.server.port(), {.shows = &at.a}).failure);
    EXPECT_THAT(at.seen(), ElementsAre(chain, chain));
}

TEST(client_certificate, with_a_chain_over_the_limit_is_refused_while_shaking_hands) {
    tls_server at{true};
    auto const other = text_of(at.b.certificate);
    std::string chain = text_of(at.a.certificate);
    for (int i = 0; i < 7; ++i) chain += other;
    std::ofstream{at.a.certificate} << chain;
    EXPECT_FALSE(talk(at.server.port(), {.shows = &at.a}).failure);
    std::ofstream{at.a.certificate} << chain << other;  // A ninth.
    EXPECT_TRUE(talk(at.server.port(), {.shows = &at.a}).failure);
    EXPECT_FALSE(talk(at.server.port(), {.shows = &at.b}).failure);
    EXPECT_THAT(at.seen(), ElementsAre(chain, chain, other, other));
}

std::string curve_key(std::string const& name) {
    return "(openssl ecparam -genkey -noout -name " + name + " | openssl pkey -pubout)";
}

std::string rsa_key(std::string const& modulus, std::string const& exponent) {
    return "(printf 'asn1=SEQUENCE:k\n[k]\nn=INTEGER:0x" + modulus + "\ne=INTEGER:0x" + exponent +
           "\n' > rsa.conf && openssl asn1parse -genconf rsa.conf -noout -out rsa.der &&"
           " openssl rsa -RSAPublicKey_in -inform DER -in rsa.der -pubout)";
}

// In hexadecimal, of so many bits: a multiple of four and one.
std::string number(std::size_t bits) {
    return "1" + std::string(bits / 4 - 1, '0') + "1";
}

// What stands behind a certificate of its own, made by the openssl program.
struct oddity {
    std::size_t name_entries = 1;
    std::size_t extensions = 1;
    std::size_t extension_bytes = 1;
    std::string key = curve_key("prime256v1");  // Writes it.
};

std::string certificate_of(tls_server const& at, oddity const& is) {
    auto const folder = at.folder.path();
    std::ofstream extensions{folder / "extensions"};
    for (std::size_t i = 0; i < is.extensions; ++i) {
        extensions << "1.2.3." << i << "=ASN1:UTF8:" << std::string(is.extension_bytes, 'x') << '\n';
    }
    extensions.close();
    std::string subject = "/CN=odd";
    for (std::size_t i = 1; i < is.name_entries; ++i) subject += "/OU=x";
    auto const command = "(cd '" + folder.string() + "' && " + is.key +
                         " > odd.key && openssl x509 -new -set_serial 7 -days 2 -extfile extensions"
                         " -force_pubkey odd.key -subj '" +
                         subject + "' -CA '" + at.b.certificate + "' -CAkey '" + at.b.key +
                         "' -out odd.pem) 2>'" + (folder / "openssl.log").string() + "'";
    HEADGATE_CHECK(std::system(command.c_str()) == 0, text_of((folder / "openssl.log").string()));
    return text_of((folder / "odd.pem").string());
}

TEST(client_certificate, that_is_far_from_what_authorities_issue_is_refused_while_shaking_hands) {
    struct row {
        char const* what;
        oddity taken;
        oddity refused;
    };
    // Beside these and one of the other kind there are nine: the leaf's four extensions and two entries, and
    // of what stands behind it the issuer and the two key identifiers that openssl adds.
    row const rows[]{
        {"entries of names", {.name_entries = 118}, {.name_entries = 119}},
        {"extensions", {.extensions = 118}, {.extensions = 119}},
        {"bytes", {.extension_bytes = 7000}, {.extension_bytes = 8000}},
        {"curve", {.key = curve_key("secp521r1")}, {.key = curve_key("sect571r1")}},
        {"modulus", {.key = rsa_key(number(8189), "10001")}, {.key = rsa_key(number(8193), "10001")}},
        {"exponent", {.key = rsa_key(number(4097), number(61))}, {.key = rsa_key(number(4097), number(65))}},
    };
    for (auto const& [what, taken, refused] : rows) {
        tls_server at{true};
        auto const leaf = text_of(at.a.certificate);
        auto const chain = leaf + certificate_of(at, taken);
        std::ofstream{at.a.certificate} << chain;
        EXPECT_FALSE(talk(at.server.port(), {.shows = &at.a}).failure) << what;
        std::ofstream{at.a.certificate} << leaf << certificate_of(at, refused);
        EXPECT_TRUE(talk(at.server.port(), {.shows = &at.a}).failure) << what;
        EXPECT_TRUE(talk(at.server.port(), {.shows = &at.a, .version = TLS1_2_VERSION}).failure) << what;
        EXPECT_THAT(at.seen(), ElementsAre(chain, chain)) << what;
    }
}

// A connection that does nothing holds what it showed.
TEST(client_certificate, counts_as_bytes_in_flight_of_its_address) {
    tls_server at{true};
    auto settings = serving({at.own}, true);
    settings.bounds.in_flight_bytes_per_address_max = text_of(at.a.certificate).size() - 1;
    auto next = http::prepare(settings);
    ASSERT_TRUE(next);
    at.server.server().use(*std::move(next));
    EXPECT_THAT(talk(at.server.port(), {.shows = &at.a}).answers, StartsWith("HTTP/1.1 429 "));
    EXPECT_THAT(talk(at.server.port(), {}).answers, StartsWith("HTTP/1.1 200 "));
    EXPECT_THAT(at.seen(), SizeIs(2));
    at.server.await_connections(0);
    EXPECT_THAT(at.server.metrics_text(),
                HasSubstr("headgate_http_in_flight_bytes{listener=\"webhooks\"} 0\n"));
}

TEST(client_certificate, is_asked_for_under_every_name_of_the_server) {
    tls_server at{true};
    auto const other = make_certificate(at.folder.path(), "other.test");
    auto next = http::prepare(serving({at.own, other}, true));
    ASSERT_TRUE(next);
    at.server.server().use(*std::move(next));
    EXPECT_FALSE(talk(at.server.port(), {.shows = &at.a, .asks_for = "other.test"}).failure);
    EXPECT_THAT(at.seen(), Each(text_of(at.a.certificate)));
}

// Whoever resumes shows nothing: a session must not outlive what was shown in it.
TEST(client_certificate, is_shown_anew_by_everybody_who_comes_back) {
    for (auto const version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
        tls_server at{true};
        auto const first = talk(at.server.port(), {.shows = &at.a, .version = version});
        auto const again =
            talk(at.server.port(), {.shows = &at.b, .version = version, .resumes = first.session.get()});
        auto const bare = talk(at.server.port(), {.version = version, .resumes = first.session.get()});
        EXPECT_FALSE(again.failure || bare.failure);
        EXPECT_FALSE(again.is_resumed || bare.is_resumed);
        auto const a = text_of(at.a.certificate);
        auto const b = text_of(at.b.certificate);
        EXPECT_THAT(at.seen(), ElementsAre(a, a, b, b, "", ""));
    }
}

TEST(client_certificate, is_asked_for_also_of_those_who_came_before_it_was_configured) {
    for (auto const version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
        tls_server at{false};
        auto const first = talk(at.server.port(), {.version = version});
        auto const before = talk(at.server.port(), {.version = version, .resumes = first.session.get()});
        EXPECT_TRUE(before.is_resumed);
        auto next = http::prepare(serving({at.own}, true));
        ASSERT_TRUE(next);
        at.server.server().use(*std::move(next));
        auto const after =
            talk(at.server.port(), {.shows = &at.a, .version = version, .resumes = before.session.get()});
        EXPECT_FALSE(after.failure || after.is_resumed);
        auto const a = text_of(at.a.certificate);
        EXPECT_THAT(at.seen(), ElementsAre("", "", "", "", a, a));
    }
}

request_head with_fields(headers fields) {
    request_head head;
    head.fields = std::move(fields);
    return head;
}

TEST(forwarded_certificate, is_taken_of_a_trusted_proxy) {
    auto head = with_fields({{"host", "a"}, {"ssl-client-cert", "-----BEGIN%20C-----%0Aa+b%2F%0A"}});
    http::note_client_certificate(head, "the proxy's own", "ssl-client-cert", true);
    EXPECT_EQ(head.client_certificate, "-----BEGIN C-----\na+b/\n");
    EXPECT_EQ(head.fields, (headers{{"host", "a"}}));
}

TEST(forwarded_certificate, is_removed_of_everybody_else) {
    auto head = with_fields({{"ssl-client-cert", "mine"}, {"host", "a"}, {"ssl-client-cert", "mine too"}});
    http::note_client_certificate(head, "the sender's own", "ssl-client-cert", false);
    EXPECT_EQ(head.client_certificate, "the sender's own");
    EXPECT_EQ(head.fields, (headers{{"host", "a"}}));
}

TEST(forwarded_certificate, is_never_the_one_of_the_proxy) {
    for (auto const* const header_name : {"", "ssl-client-cert"}) {
        auto head = with_fields({{"host", "a"}});
        head.client_certificate = "left over";
        http::note_client_certificate(head, "the proxy's own", header_name, true);
        EXPECT_THAT(head.client_certificate, IsEmpty());
    }
}

TEST(forwarded_certificate, is_none_when_it_is_missing_or_empty) {
    for (auto const& fields : {headers{}, headers{{"ssl-client-cert", ""}}}) {
        auto head = with_fields(fields);
        http::note_client_certificate(head, "the proxy's own", "ssl-client-cert", true);
        EXPECT_THAT(head.client_certificate, IsEmpty());
        EXPECT_THAT(head.fields, IsEmpty());
    }
}

// A proxy that is being set up: whoever is told that none was shown looks in the wrong place.
TEST(forwarded_certificate, is_there_but_unreadable_when_it_is_malformed_or_repeated) {
    for (std::string const wrong : {"%", "%2", "%2g", "-----BEGIN%0", "-----BEGIN C----- AA%3D% -----END"}) {
        auto head = with_fields({{"ssl-client-cert", wrong}});
        http::note_client_certificate(head, {}, "ssl-client-cert", true);
        EXPECT_EQ(head.client_certificate, wrong);
        EXPECT_THAT(head.fields, IsEmpty());
    }
    auto twice = with_fields({{"ssl-client-cert", "a%0A"}, {"ssl-client-cert", "a%0A"}});
    http::note_client_certificate(twice, {}, "ssl-client-cert", true);
    EXPECT_THAT(twice.client_certificate, AllOf(Not(IsEmpty()), Not(HasSubstr("\n"))));
    EXPECT_THAT(twice.fields, IsEmpty());
}

http::listener_settings behind(std::vector<std::string> proxies) {
    http::listener_settings from;
    from.client_certificate_header = "ssl-client-cert";
    from.trusted_proxies = std::move(proxies);
    return from;
}

// What a server takes these bytes for.
std::vector<request> requests_in(http::listener_settings const& settings, std::string_view bytes) {
    running_server under_test{settings};
    raw_connection to{under_test.port()};
    to.send(bytes);
    EXPECT_TRUE(to.read_to_end());
    return under_test.handler().seen();
}

TEST(forwarded_certificate, is_believed_by_a_server_of_its_proxies_alone) {
    auto const told = [](std::vector<std::string> proxies) {
        auto const seen = requests_in(behind(std::move(proxies)),
                                      "GET / HTTP/1.1\r\nHost: a\r\nSSL-Client-CERT:  it%20is \r\n"
                                      "Connection: close\r\n\r\n");
        EXPECT_EQ(count_headers(seen.at(0).head.fields, "ssl-client-cert"), 0U);
        return seen.at(0).head.client_certificate;
    };
    EXPECT_EQ(told({"127.0.0.0/8"}), "it is");
    EXPECT_EQ(told({"192.0.2.0/24"}), "");
}

TEST(forwarded_certificate, counts_for_one_request_and_not_for_the_next_of_the_connection) {
    auto const seen =
        requests_in(behind({"127.0.0.1"}),
                    "POST /1 HTTP/1.1\r\nHost: a\r\nssl-client-cert: one\r\nContent-Length: 2\r\n\r\n{}"
                    "POST /2 HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n"
                    "POST /3 HTTP/1.1\r\nHost: a\r\nssl-client-cert: three\r\nConnection: "
                    "close\r\nContent-Length: 0\r\n\r\n");
    ASSERT_THAT(seen, SizeIs(3));
    EXPECT_EQ(seen[0].head.client_certificate, "one");
    EXPECT_EQ(seen[1].head.client_certificate, "");
    EXPECT_EQ(seen[2].head.client_certificate, "three");
}

TEST(forwarded_certificate, is_no_longer_believed_of_a_proxy_that_lost_its_trust) {
    running_server under_test{behind({"127.0.0.1"})};
    raw_connection proxy{under_test.port()};
    auto const post = [](std::string const& more) {
        return "POST / HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 203.0.113.9\r\nssl-client-cert: it\r\n"
               "Content-Length: 0\r\n" +
               more + "\r\n";
    };
    proxy.send(post(""));
    EXPECT_TRUE(proxy.read_answer());
    auto next = http::prepare(behind({"192.0.2.1"}));
    ASSERT_TRUE(next);
    under_test.server().use(*std::move(next));
    proxy.send(post("Connection: close\r\n"));
    EXPECT_TRUE(proxy.read_to_end());
    auto const seen = under_test.handler().seen();
    ASSERT_THAT(seen, SizeIs(2));
    EXPECT_EQ(seen[0].head.client_certificate, "it");
    EXPECT_EQ(seen[0].head.peer, "203.0.113.9");
    EXPECT_EQ(seen[1].head.client_certificate, "");
    EXPECT_EQ(seen[1].head.peer, "127.0.0.1");
}

TEST(forwarded_certificate, in_a_trailer_is_nothing) {
    auto const seen = requests_in(behind({"127.0.0.1"}),
                                  "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n"
                                  "Connection: close\r\n\r\n2\r\n{}\r\n0\r\nssl-client-cert: mine\r\n\r\n");
    for (auto const& each : seen) EXPECT_EQ(each.head.client_certificate, "");
}

// Behind CGI-like interfaces the two are one name.
TEST(forwarded_certificate, under_a_name_with_underscores_is_refused) {
    auto const seen =
        requests_in(behind({"127.0.0.1"}), "POST / HTTP/1.1\r\nHost: a\r\nssl_client_cert: mine\r\n\r\n");
    EXPECT_THAT(seen, IsEmpty());
}

}  // namespace
}  // namespace headgate::testing_support
