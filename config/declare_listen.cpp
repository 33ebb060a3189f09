#include "config/addresses.hpp"
#include "config/declare.hpp"
#include "config/verify.hpp"
#include "core/network.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace headgate::config {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t token_bytes_min = 16;

void declare_sizes(section& at, http::limits& into) {
    at.whole("request_line_bytes_max", into.request_line_bytes_max, 64, 64 * kibibyte,
             {.says = "Longest request line; a longer one is answered 414."});
    at.whole("headers_bytes_max", into.headers_bytes_max, 256, 1 * mebibyte,
             {.says = "All header lines of a request together; more is answered 431."});
    at.whole("header_lines_max", into.header_lines_max, 1, 10'000,
             {.says = "Header lines of a request; more is answered 431."});
    at.whole("small_chunks_max", into.small_chunks_max, 1, 1'000'000,
             {.says = "Chunks of under 16 bytes in one body; more is answered 400."});
    at.whole(
        "connections_max", into.connections_max, 1, 1'000'000,
        {.says = "Open connections; one more is accepted and closed. Lowered at the start, with a warning, "
                 "where the limit of open files leaves less."});
    at.whole(
        "connections_per_address_max", into.connections_per_address_max, 1, 1'000'000,
        {.says = "Open connections of one address that is none of `trusted_proxies`; one more is accepted "
                 "and closed. An IPv6 network of 64 bits is one address."});
    at.whole(
        "in_flight_bytes_max", into.in_flight_bytes_max, 64 * kibibyte, 64 * gibibyte,
        {.says =
             "Bodies being read or handled, answers over 64 KiB that are being sent and certificates that "
             "senders showed, together; more is answered 503 with Retry-After. The last quarter is for "
             "bodies of at most 64 KiB."});
    at.whole(
        "in_flight_bytes_per_address_max", into.in_flight_bytes_per_address_max, 64 * kibibyte, 64 * gibibyte,
        {.says = "The same of one address, as `trusted_proxies` tell addresses; more is answered 429 with "
                 "Retry-After."});
    at.whole("requests_per_connection_max", into.requests_per_connection_max, 1, 1'000'000'000,
             {.says = "Requests on one connection before it is closed politely."});
    at.whole(
        "body_bytes_per_second_min", into.body_bytes_per_second_min, 0, 1 * gibibyte,
        {.says = "A body that comes slower than this once `body_rate_after` is over is answered 408; so is "
                 "one of which less came than would make it whole `body_within`. 0 lets any pass."});
    at.whole("linger_bytes_max", into.linger_bytes_max, 0, 1 * gibibyte,
             {.says = "Read and dropped after the last answer, so that the sender can read it."});
}

void declare_times(section& at, http::limits& into) {
    at.duration("first_byte_within", into.first_byte_within, 100ms, 1h,
                {.says = "From the connection to the first byte of its first request; then it is closed."});
    at.duration(
        "headers_within", into.headers_within, 100ms, 1h,
        {.says = "From the first byte of a request to the end of its headers; later is answered 408."});
    at.duration("body_within", into.body_within, 100ms, 1h,
                {.says = "From the end of the headers to the end of the body; later is answered 408."});
    at.duration("body_rate_after", into.body_rate_after, 100ms, 1h,
                {.says = "How long a body may come at any speed before its rate counts."});
    at.duration("write_within", into.write_within, 100ms, 1h,
                {.says = "For writing one answer; then the connection is cut."});
    at.duration(
        "idle_for", into.idle_for, 100ms, 24h,
        {.says =
             "Between two requests of a connection; then it is closed. A tenth of it while three quarters "
             "of `connections_max` are open."});
    at.duration("tls_handshake_within", into.tls_handshake_within, 100ms, 1h,
                {.says = "For the TLS handshake; then the connection is closed."});
    at.duration(
        "linger_for", into.linger_for, 0ms, 1min,
        {.says = "How long a connection is kept after its last answer, so that the sender can read it."});
}

// What accepting as a whole may cost; of the webhooks listener alone.
void declare_accepting(section& at, gateway::settings& into) {
    at.whole(
        "body_bytes_max", into.body_bytes_max, 0, 1 * gibibyte,
        {.says =
             "Largest body, where neither the source nor its preset says otherwise; more is answered 413."});
    at.whole(
        "requests_per_second_per_address", into.each_address.requests_per_second, 0, 1'000'000,
        {.says = "What one address may send for long, as `trusted_proxies` tell addresses; more is answered "
                 "429, whatever it asks for. A TLS handshake counts as a request; one too many is not begun. "
                 "An IPv6 network of 64 bits is one address; 0: no limit."});
    at.whole("requests_burst_per_address", into.each_address.requests_burst, 1, 1'000'000,
             {.says = "What one address may send at once."});
    at.whole(
        "addresses_max", into.each_address.addresses_max, 64, 16'777'216,
        {.says = "Addresses that are counted at the same time; where more are busy, those that sent least "
                 "count anew."});
    at.duration(
        "accept_within", into.accept_within, 10ms, 1min,
        {.says = "From the whole request to the answer; later is answered 503. A preset may lower it."});
    at.duration("retry_after", into.retry_after, 1s, 1h,
                {.says = "`Retry-After` of 503 answers, where the preset says nothing."});
}

void declare_tls(section& at, http::listener_settings& into) {
    at.each("tls",
            {.says = "Certificates for HTTPS; without any the listener speaks plain HTTP. The first is the "
                     "default, others are chosen by the name that the client asks for."},
            [&](section& item) {
                http::certificate_files files;
                bool const has_certificate = item.file("certificate", files.certificate,
                                                       {.says = "PEM file: the certificate, then its chain.",
                                                        .is = presence::required,
                                                        .example = "tls/certificate.pem"});
                bool const has_key = item.file("key", files.key,
                                               {.says = "PEM file: the certificate's private key.",
                                                .is = presence::required,
                                                .example = "tls/key.pem"});
                if (has_certificate && has_key) into.tls.push_back(std::move(files));
            });
}

void declare_listener(section& at, http::listener_settings& into) {
    auto const given = at.text("address", into.address,
                               {.says = "IP address and port; port 0 takes a free one.",
                                .pattern = R"(^([0-9.]+|\[[0-9A-Fa-f:.]+\]):[0-9]{1,5}$)"});
    if (given) {
        if (auto const wrong = what_is_wrong_with_endpoint(into.address)) {
            at.mistake("address", wrong->what, wrong->remedy);
        }
    }
    declare_tls(at, into);
}

// What HTTP and proxies say in headers of their own: without one of these a request would mean something
// else.
constexpr std::array<std::string_view, 16> taken_headers{"authorization",
                                                         "connection",
                                                         "content-encoding",
                                                         "content-length",
                                                         "content-type",
                                                         "cookie",
                                                         "expect",
                                                         "forwarded",
                                                         "host",
                                                         "proxy-authorization",
                                                         "transfer-encoding",
                                                         "via",
                                                         "x-forwarded-for",
                                                         "x-forwarded-host",
                                                         "x-forwarded-proto",
                                                         "x-real-ip"};

void declare_client_certificates(section& at, http::listener_settings& into) {
    at.flag(
        "ask_for_client_certificates", into.asks_for_client_certificates,
        {.says =
             "Asks senders for a certificate when they connect by TLS. Any ordinary one is taken, or none; "
             "what it is good for is said by the `peer` checks of the sources. A handshake fails with more "
             "than 8 certificates, 8 KiB of them, or 128 extensions and parts of names in them, and with an "
             "RSA key of over 8192 bits. TLS sessions are not resumed then."});
    at.text("client_certificate_header", into.client_certificate_header,
            {.says = "Where `trusted_proxies` put the certificate that a sender showed them: PEM, "
                     "percent-encoded, as nginx's `$ssl_client_escaped_cert`. Of others it is removed.",
             .example = "ssl-client-cert",
             .pattern = "^[A-Za-z0-9-]+$"});
    auto const may_stand_in_a_name = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
    };
    into.client_certificate_header = to_lower(into.client_certificate_header);
    auto const& name = into.client_certificate_header;
    if (!std::ranges::all_of(name, may_stand_in_a_name)) {
        at.mistake("client_certificate_header", "is not the name of a header", "letters, digits and '-'");
    }
    if (std::ranges::find(taken_headers, name) != taken_headers.end()) {
        at.mistake("client_certificate_header", fmt::format("\"{}\" means something else already", name),
                   "choose a name of its own, for example ssl-client-cert");
    }
}

void declare_trusted_proxies(section& at, configuration& into) {
    std::vector<std::string> ranges;
    at.texts(
        "trusted_proxies", ranges,
        {.says = "Address ranges (CIDR) of proxies whose `X-Forwarded-For` is believed, on both listeners; "
                 "without any nobody's is. A request of theirs without it has no known address, and `peer` "
                 "refuses it.",
         .pattern = "^[0-9A-Fa-f:.]+(/[0-9]{1,3})?$"});
    for (auto const& each : ranges) {
        auto const range = network::parse(each);
        if (!range) at.mistake("trusted_proxies", range.error().message, range.error().remedy);
        if (range && range->is_everybody()) {
            at.mistake("trusted_proxies", "lets everybody say who they are",
                       "name the networks that your proxies are in");
        }
    }
    into.webhooks.trusted_proxies = ranges;
    into.operator_.trusted_proxies = std::move(ranges);
}

}  // namespace

void declare_listen(section& root, configuration& into) {
    root.inside("listen", {.says = "Where Headgate listens."}, [&](section& listen) {
        listen.inside("webhooks",
                      {.says = "Where senders come in: the paths of the sources and nothing else."},
                      [&](section& at) {
                          declare_listener(at, into.webhooks);
                          declare_client_certificates(at, into.webhooks);
                          at.inside("limits", {.says = "Limits of this listener, and of accepting."},
                                    [&](section& limits) {
                                        declare_accepting(limits, into.gateway);
                                        declare_sizes(limits, into.webhooks.bounds);
                                        declare_times(limits, into.webhooks.bounds);
                                    });
                      });
        listen.inside("operator",
                      {.says = "Where operators and machines come in: API, metrics, health. Not for the "
                               "open network."},
                      [&](section& at) {
                          declare_listener(at, into.operator_);
                          at.inside("limits", {.says = "Limits of this listener."}, [&](section& limits) {
                              limits.duration("answer_within", into.console.answer_within, 10ms, 10min,
                                              {.says = "From the whole request to the API's answer; later is "
                                                       "answered 504."});
                              declare_sizes(limits, into.operator_.bounds);
                              declare_times(limits, into.operator_.bounds);
                          });
                      });
        declare_trusted_proxies(listen, into);
        listen.duration(
            "drain_within", into.drain_within, 0ms, 1h,
            {.says = "When told to end: for answers that are under way; what is left is cut. Less than "
                     "the patience of whoever stops it (Kubernetes: 30 s)."});
    });
}

void declare_operators(section& root, console::settings& into) {
    constexpr std::array roles{std::pair{std::string_view{"viewer"}, console::role::viewer},
                               std::pair{std::string_view{"operator"}, console::role::operator_}};
    root.each("operators", {.says = "Who may use the operator API. Without any it answers 403 to everybody."},
              [&](section& at) {
                  console::operator_settings one;
                  bool good = at.text("name", one.name,
                                      {.says = "Named in the log and in what the operator did.",
                                       .is = presence::required,
                                       .example = "ci",
                                       .pattern = name_pattern});
                  if (good && !is_name(one.name)) at.mistake("name", "is no name", std::string{name_remedy});
                  at.choice("role", one.may, roles,
                            {.says = "`viewer` looks; `operator` also acts: retries, releases."});
                  at.unavailable("oauth2_proxy", "write verify: {session: {ask: {url: …}, groups: […]}}");
                  at.unavailable("jwt", "write verify: {session: {jwt: {…}, groups: […]}}");
                  bool const has_token =
                      at.reference("token", one.token,
                                   {.says = "Sent as `Authorization: Bearer …`; at least 16 bytes.",
                                    .example = "{file: secrets/operator-token}",
                                    .fallback_says = "none; `verify` stands in its place"});
                  good = declare_checks(at, one.sender) && good;
                  auto const* const reads = at.reads();
                  if (reads != nullptr && reads->has("token") == reads->has("verify")) {
                      at.mistake("token", "has to be there, or `verify`, and not both",
                                 "write token: {file: …} for a machine, verify: {session: {…}} for people");
                  }
                  good = good && (has_token || one.sender);
                  if (!one.token.empty() && one.token.size() < token_bytes_min) {
                      at.mistake(
                          "token",
                          fmt::format("has {} bytes, fewer than {}", one.token.size(), token_bytes_min),
                          "make a longer one, for example with `openssl rand -hex 32`");
                  }
                  if (good) into.operators.push_back(std::move(one));
              });
}

void declare_reload(section& root, reload_settings& into) {
    root.inside("reload", {.says = "How a running gateway finds out that its configuration changed."},
                [&](section& at) {
                    at.duration("poll_every", into.poll_every, 100ms, 24h,
                                {.says = "How often the files are looked at, for file systems that do not "
                                         "tell of changes; where they do, a change is seen at once."});
                    at.duration(
                        "settle", into.settle, 0ms, 10min,
                        {.says = "How long changed files must stay the same before they are taken up: "
                                 "somebody may still be writing. SIGHUP does not wait."});
                });
}

void declare_log(section& root, log_settings& into) {
    constexpr std::array levels{std::pair{std::string_view{"debug"}, log_level::debug},
                                std::pair{std::string_view{"info"}, log_level::info},
                                std::pair{std::string_view{"warning"}, log_level::warning},
                                std::pair{std::string_view{"error"}, log_level::error}};
    constexpr std::array formats{std::pair{std::string_view{"json"}, log_format::json},
                                 std::pair{std::string_view{"text"}, log_format::text}};
    root.inside("log", {.says = "What is written to standard error."}, [&](section& at) {
        at.choice("level", into.level, levels, {.says = "The least weight that is written."});
        at.choice("format", into.format, formats,
                  {.says = "`json`: one object a line, for machines; `text`: for people on a terminal."});
        at.whole("lines_waiting_max", into.lines_waiting_max, 1, 20'000,
                 {.says = "Lines that wait while nobody reads standard error. Beyond, the oldest are thrown "
                          "away and counted in `headgate_log_lines_lost`; accepting goes on. Each takes "
                          "0.4 KiB of memory from the start, and up to 8 KiB more while it waits."});
    });
}

}  // namespace headgate::config
