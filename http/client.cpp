#include "http/client.hpp"

#include "http/characters.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl/ssl_stream.hpp>
#include <boost/url/parse.hpp>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

namespace headgate::http {
namespace {

namespace beast = boost::beast;
namespace ssl = boost::asio::ssl;

using boost::system::error_code;
using std::chrono::steady_clock;
using wire_request = beast::http::request<beast::http::string_body>;
using wire_parser = beast::http::response_parser<beast::http::string_body>;
using plain_stream = beast::tcp_stream;
using tls_stream = beast::ssl_stream<beast::tcp_stream>;

constexpr std::chrono::minutes kept_for{1};
constexpr auto as_values = asio::as_tuple(asio::use_awaitable);
constexpr std::uint32_t answer_head_bytes_max =
    32 * 1024;  // Under 64 KiB: Beast 1.81 throws on longer trailers.

struct place {
    bool is_https = false;
    std::string host;       // Without brackets.
    std::string port;       // Digits.
    std::string authority;  // As Host shows it.
    std::string target;
};

std::unexpected<error> bad_url(std::string const& url) {
    return refuse(errc::invalid_argument, "\"" + url + "\" is not a URL that can be fetched",
                  "write for example https://host:8443/path, without user and password");
}

result<place> parse_place(std::string const& url) {
    auto const parsed = boost::urls::parse_uri(url);
    if (!parsed || parsed->has_userinfo() || parsed->encoded_host().empty()) return bad_url(url);
    place found;
    auto const scheme = to_lower(std::string_view{parsed->scheme()});
    if (scheme != "http" && scheme != "https") return bad_url(url);
    found.is_https = scheme == "https";
    found.host = parsed->host_address();
    found.port = parsed->has_port() ? std::string{parsed->port()} : found.is_https ? "443" : "80";
    if (found.port.empty() || (parsed->has_port() && parsed->port_number() == 0)) return bad_url(url);
    found.authority = parsed->encoded_host();
    if (parsed->has_port()) found.authority += ":" + found.port;
    found.target = parsed->encoded_path().empty() ? "/" : std::string{parsed->encoded_path()};
    if (parsed->has_query()) found.target += "?" + std::string{parsed->encoded_query()};
    return found;
}

result<wire_request> make_request(client_request const& from, place const& to) {
    wire_request made;
    made.version(11);
    made.method_string(from.method);
    made.target(to.target);
    for (auto const& [name, value] : from.fields) {
        if (name.empty() || !is_field_value(value) || name.find_first_of("\r\n: ") != std::string::npos) {
            return refuse(errc::invalid_argument,
                          "a header to send has a character that headers cannot have");
        }
        made.insert(name, value);
    }
    made.set(beast::http::field::host, to.authority);
    made.set(beast::http::field::connection, "close");
    made.body() = from.body;
    if (!from.body.empty() || (from.method != "GET" && from.method != "HEAD")) made.prepare_payload();
    return made;
}

std::unexpected<error> failed(std::string const& activity, place const& to, error_code const& failure) {
    auto const what = activity + " " + to.authority + ": " + failure.message();
    if (failure == beast::error::timeout) {
        return refuse(errc::deadline_exceeded, activity + " " + to.authority + ": ran out of time",
                      "look whether the server is slow, or allow more time");
    }
    if (failure == beast::http::error::body_limit || failure == beast::http::error::header_limit ||
        failure == beast::http::error::buffer_overflow) {
        return refuse(errc::resource_exhausted, what, "the answer is larger than its limit");
    }
    return refuse(errc::unavailable, what, "check that the address is right and that the server runs");
}

asio::awaitable<result<asio::ip::tcp::resolver::results_type>> find_addresses(place to) {
    asio::ip::tcp::resolver resolver{co_await asio::this_coro::executor};
    auto [failure, found] = co_await resolver.async_resolve(to.host, to.port, as_values);
    if (failure) co_return failed("cannot resolve", to, failure);
    co_return found;
}

asio::awaitable<result<void>> connect(plain_stream& stream, place const& to, deadline until) {
    auto resolving = with_deadline(until, find_addresses(to));
    auto const addresses = co_await std::move(resolving);
    if (!addresses) co_return std::unexpected{addresses.error()};
    stream.expires_at(until);
    auto [failure, ignored] = co_await stream.async_connect(*addresses, as_values);
    static_cast<void>(ignored);
    if (failure) co_return failed("cannot connect to", to, failure);
    co_return result<void>{};
}

response as_response(wire_parser::value_type&& answer) {
    response taken;
    taken.status = answer.result_int();
    for (auto const& field : answer) {
        taken.fields.push_back({to_lower(std::string_view{field.name_string()}), std::string{field.value()}});
    }
    taken.body = std::move(answer.body());
    return taken;
}

// Beast reads the answer: we chose the server, and its answer frames nothing else. The parser is passed
// whole, or its limits are lost; the buffer's maximum bounds what the parser does not (trailers).
template <class Stream>
asio::awaitable<result<response>> exchange(Stream& stream, wire_request const& asked, place const& to,
                                           std::size_t body_bytes_max) {
    auto [send_failure, sent] = co_await beast::http::async_write(stream, asked, as_values);
    static_cast<void>(sent);
    if (send_failure) co_return failed("cannot send to", to, send_failure);
    beast::flat_buffer buffer{answer_head_bytes_max};
    wire_parser parser;
    parser.header_limit(answer_head_bytes_max);
    parser.body_limit(body_bytes_max);
    parser.skip(asked.method() == beast::http::verb::head);
    auto [failure, read] = co_await beast::http::async_read(stream, buffer, parser, as_values);
    static_cast<void>(read);
    if (failure) co_return failed("no answer from", to, failure);
    co_return as_response(parser.release());
}

result<std::shared_ptr<ssl::context>> make_context(std::string const& certificate_authorities) {
    auto context = std::make_shared<ssl::context>(ssl::context::tls_client);
    SSL_CTX_set_min_proto_version(context->native_handle(), TLS1_2_VERSION);
    error_code failure;
    ERR_clear_error();
    if (certificate_authorities.empty()) {
        context->set_default_verify_paths(failure);
    } else {
        context->load_verify_file(certificate_authorities, failure);
    }
    ERR_clear_error();
    if (failure) {
        return refuse(errc::invalid_argument,
                      "cannot use the certificates in " + certificate_authorities + ": " + failure.message(),
                      "it must be a PEM file of the authorities to trust");
    }
    context->set_verify_mode(ssl::verify_peer, failure);
    return context;
}

// To read the system's authorities takes some 20 ms; requests of a minute share what was read.
class authorities {
public:
    result<std::shared_ptr<ssl::context>> read(std::string const& file) {
        auto const now = steady_clock::now();
        std::scoped_lock const hold{guard_};
        std::erase_if(read_, [&](auto const& each) { return each.second.until <= now; });
        if (auto const found = read_.find(file); found != read_.end()) return found->second.context;
        HEADGATE_TRY(auto made, make_context(file));
        return read_.emplace(file, entry{std::move(made), now + kept_for}).first->second.context;
    }

private:
    struct entry {
        std::shared_ptr<ssl::context> context;
        steady_clock::time_point until;
    };

    std::mutex guard_;
    std::map<std::string, entry> read_;
};

authorities& authorities_of_all() {
    static authorities all;
    return all;
}

asio::awaitable<result<void>> shake_hands(tls_stream& stream, place const& to) {
    error_code failure;
    stream.set_verify_callback(ssl::host_name_verification(to.host), failure);
    if (!failure) SSL_set_tlsext_host_name(stream.native_handle(), to.host.c_str());
    auto [shaken] = co_await stream.async_handshake(ssl::stream_base::client, as_values);
    if (!shaken) co_return result<void>{};
    auto const verdict = SSL_get_verify_result(stream.native_handle());
    if (verdict == X509_V_OK) co_return failed("no TLS with", to, shaken);
    co_return refuse(
        errc::permission_denied,
        "the certificate of " + to.authority + " is not trusted: " + X509_verify_cert_error_string(verdict),
        "trust its authority, or use the name that the certificate has");
}

}  // namespace

asio::awaitable<result<response>> fetch(client_request request, deadline until) {
    HEADGATE_CO_TRY(auto const to, parse_place(request.url));
    HEADGATE_CO_TRY(auto const asked, make_request(request, to));
    auto const executor = co_await asio::this_coro::executor;
    if (!to.is_https) {
        plain_stream stream{executor};
        auto connecting = connect(stream, to, until);
        auto const connected = co_await std::move(connecting);
        if (!connected) co_return std::unexpected{connected.error()};
        auto exchanging = exchange(stream, asked, to, request.response_bytes_max);
        co_return co_await std::move(exchanging);
    }
    HEADGATE_CO_TRY(auto const context, authorities_of_all().read(request.certificate_authorities));
    tls_stream stream{executor, *context};
    auto connecting = connect(beast::get_lowest_layer(stream), to, until);
    auto const connected = co_await std::move(connecting);
    if (!connected) co_return std::unexpected{connected.error()};
    auto shaking = shake_hands(stream, to);
    auto const shaken = co_await std::move(shaking);
    if (!shaken) co_return std::unexpected{shaken.error()};
    auto exchanging = exchange(stream, asked, to, request.response_bytes_max);
    co_return co_await std::move(exchanging);
}

}  // namespace headgate::http
