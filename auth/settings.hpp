#pragma once

#include "auth/value.hpp"
#include "model/identity.hpp"
#include "model/request.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

// Everything a source says about its sender, after its preset was merged in: plain data, as a page of
// configuration would say it. `authenticator::make` turns it into something that works, or says why not.
//
// Nothing here knows a provider. A provider is a value of these types.

namespace headgate::auth {

// ---- Conditions, time, use-once

// All that is set must hold. Chooses between branches; never admits anything.
struct guard {
    std::vector<std::string> methods;
    std::string content_type;  // Without parameters, lower case.
    std::optional<bool> body_empty;
    std::vector<std::pair<std::string, std::string>> headers;  // Lower-case name, whole value.
    std::vector<std::pair<std::string, std::string>> query;
    std::vector<std::string> query_has;
    std::vector<std::pair<json_path, std::string>> json;  // Member as text.
    std::vector<json_path> json_has;
};

enum class time_unit : std::uint8_t { seconds, milliseconds, rfc3339 };

// The value must be covered by what the check beside it signs.
struct time_rule {
    value from;
    time_unit unit = time_unit::seconds;
    std::chrono::seconds past{300};    // inclusive
    std::chrono::seconds future{300};  // inclusive
};

// A value that no later request may have again.
struct once_rule {
    value from;
    std::chrono::seconds keep{3600};
};

// ---- Checks

struct check;
using check_ptr = std::shared_ptr<check const>;

struct mac_check {
    mac_algorithm algorithm = mac_algorithm::hmac_sha256;
    secret_shape key;
    content signs;
    signature_grammar signature;
    bool allow_weak = false;
};

struct named_values {
    std::string name;
    values parts;  // Concatenated.
};

enum class signature_algorithm : std::uint8_t {
    ed25519,
    ecdsa_p256_sha256_der,
    ecdsa_p256_sha256_raw,
    rsa_pkcs1_sha256,
    rsa_pkcs1_sha1,  // Weak, only with `allow_weak`.
};
struct public_key_shape {
    secret_shape from;  // Public keys come the way secrets come.
    enum class form : std::uint8_t { pem, raw, spki } is = form::pem;
};
// Something that others publish, keep or answer, and how it is had over HTTPS.
struct fetch_rule {
    enum class kind : std::uint8_t {
        key_set,      // All keys of an issuer: fetched ahead of need, and again for a key that is not in it.
        key,          // One of many, asked for by its name.
        certificate,  // One of many, by its URL.
        token,        // What lets us ask (RFC 6749, 4.4): fetched when it is needed, and before it ends.
        answer        // To one question about one request; never kept.
    } what = kind::key_set;
    // https. Of a certificate and of a call the request names it: here it says, for people, what it may be.
    std::string url;
    std::string certificate_authorities;  // PEM file; empty: the system's.
    std::chrono::milliseconds refresh{
        3600'000};  // Asked for again after this, or sooner where its answer says so.
    std::chrono::milliseconds interval{
        60'000};  // At least this between two fetches; of what requests name, between two new names.
    std::chrono::milliseconds stale{86400'000};  // Used this long after the last fetch that worked.
    std::chrono::milliseconds fetch_within{5'000};
    std::size_t bytes_max = 256 * 1024;
    std::size_t names_max = 64;  // Of keys and certificates: kept at once. Of answers: asked for at once.
    std::string key_at{};        // JSON pointers into the answer about a `key`: the key …
    std::string until_at{};      // … and when it ends, null where it does not.
    // Members of an answer of 4xx that says that nobody has the `key`: another one refuses what we ask.
    std::vector<std::pair<std::string, std::string>> unknown{};

    [[nodiscard]] bool operator==(fetch_rule const&) const = default;
};

// The certificate of the key that signed, at a URL in the request.
struct certificate_source {
    value url;
    std::vector<std::string> hosts;  // Exact, or with {region}.
    std::string path;                // Full match, RE2.
    std::string anchors_pem;         // Empty: the system's.
    std::vector<std::string> san;    // One of them, of the certificate's names.
    std::vector<std::string> cn;     // One of them, of its subject.
    fetch_rule kept{.what = fetch_rule::kind::certificate, .interval = std::chrono::seconds{10}};
};
struct sig_check {
    signature_algorithm algorithm = signature_algorithm::ed25519;
    std::variant<public_key_shape, certificate_source> key;
    content signs;
    signature_grammar signature;
    bool allow_weak = false;
};

// RFC 7518, 3.1, and EdDSA with Ed25519 (RFC 8037).
enum class token_algorithm : std::uint8_t {
    hs256,
    hs384,
    hs512,
    rs256,
    rs384,
    rs512,
    ps256,
    ps384,
    ps512,
    es256,
    es384,
    es512,
    eddsa
};
struct token_key_shape {  // Keys that are configured, coming the way secrets come.
    secret_shape from;
    enum class form : std::uint8_t { pem, jwk } is = form::pem;  // jwk: one, or a set of them.
};
// Keys that their maker gives out one by one, to whoever asks with credentials.
struct key_endpoint {
    fetch_rule kept{.what = fetch_rule::kind::key, .interval = std::chrono::seconds{10}};
    std::vector<named_values> json;  // The question, as one object …
    std::string key_id_as;           // … and the name under which it names the key.
};
struct body_hash {
    std::string claim;
    hash_name algorithm = hash_name::sha256;
    text_form out = text_form::hex;
};
// A claim is named as it stands, or by a JSON pointer: "/realm_access/roles".
struct wanted_claim {
    std::string name;
    std::variant<bool, value> is;  // A value: that text, or a list of texts with it among them.
};
struct jwt_check {
    value from;
    std::vector<token_algorithm> algorithms;  // Of one family.
    std::variant<secret_shape, token_key_shape, fetch_rule, key_endpoint> keys;
    std::vector<std::string> issuers;
    std::optional<value> audience;  // Absent: only tokens that name none pass.
    std::vector<std::string> require{"exp"};
    std::vector<wanted_claim> claims;
    std::chrono::seconds leeway{30};
    std::optional<std::chrono::seconds> age_max;  // Since `iat`, which must be there then.
    std::optional<body_hash> binds_body;
    bool allow_weak = false;  // Secrets that are shorter than the algorithm's output.
};

// In constant time, and without showing a length. A `param` with several values on the right: one of them.
struct equal_check {
    value a;
    value b;
};

// A certificate that the sender showed when it connected. All that is set must hold; of one list one is
// enough.
struct client_certificate {
    std::string anchors_pem;       // The authorities it may come from; empty: `fingerprints` say it.
    std::vector<std::string> san;  // Whole names: with ':' a URI, with '@' an e-mail address, else DNS.
    std::vector<std::string> cn;   // Of the subject.
    std::vector<std::string> fingerprints;  // SHA-256 of the leaf, 64 hex digits in lower case.
};
struct peer_check {
    std::vector<std::string> cidrs;  // Of the sender, as `trusted_proxies` tell addresses.
    std::optional<client_certificate> mtls;
    std::vector<std::string> proxies;  // Of the trusted proxy that passed the request on.
};

// OAuth2-proxy, asked at its /oauth2/auth whose session the request's cookies are.
struct session_proxy {
    std::string url;                       // http or https
    std::string certificate_authorities;   // PEM file; empty: the system's.
    std::string cookie = "_oauth2_proxy";  // Its `cookie_name`. No other cookie and no header is shown to it.
    std::chrono::milliseconds within{2'000};
    std::chrono::milliseconds keep{10'000};    // A session that is good is not asked for again so long.
    std::chrono::milliseconds keep_no{1'000};  // Nor one that is not: nobody who logs in waits for longer.
    std::size_t kept_max = 10'000;             // Sessions; one more forgets the oldest.
    std::size_t asking_max = 64;               // Questions at a time; one more is answered like an outage.
    std::size_t bytes_max = 64 * 1024;         // Of an answer's body, which nobody reads.

    [[nodiscard]] bool operator==(session_proxy const&) const = default;
};
// What a proxy in front says about the person, believed from whoever a `peer` beside this names.
struct identity_headers {
    std::string family = "x-auth-request";  // What their names begin with, or "x-forwarded".
};
// The same, X-Forwarded-…, signed by OAuth2-proxy with a secret that both know. Groups are not signed.
struct gap_signature {
    mac_algorithm algorithm = mac_algorithm::hmac_sha256;
    secret_shape key;
};
// The id token that the proxy passes on.
struct id_token {
    check_ptr jwt;
};
// Somebody who is logged in. All that is set must hold; of one list one is enough.
struct session_check {
    std::variant<session_proxy, identity_headers, gap_signature, id_token> by;
    std::vector<std::string> groups;
    std::vector<std::string> emails;   // Whole addresses, without case.
    std::vector<std::string> domains;  // What stands after their '@', without case.
};

// The sender is asked whether it sent this request.
struct postback_check {
    fetch_rule asked{.what = fetch_rule::kind::answer,
                     .fetch_within = std::chrono::seconds{2},
                     .bytes_max = 64 * 1024,
                     .names_max = 16};
    std::string method = "POST";  // One with a body.
    enum class scheme : std::uint8_t { none, basic, bearer, oauth2 } credentials = scheme::none;
    secret_shape credentials_from;  // Of oauth2: what the token is asked for with, as Basic.
    fetch_rule token{.what = fetch_rule::kind::token,
                     .interval = std::chrono::seconds{10},
                     .fetch_within = std::chrono::seconds{2},
                     .bytes_max = 64 * 1024,
                     .names_max = 8};
    std::vector<named_values> json;  // The question, as one object …
    values body;                     // … or these, one after the other.
    std::string type = "application/x-www-form-urlencoded";
    std::vector<std::pair<json_path, std::string>> expect;  // Members of the answer, as texts.
    std::string expect_body;                                // The whole answer; empty: not looked at.
};

struct all_check {
    std::vector<check> members;
};
struct any_check {
    std::vector<check> members;
};
struct each_check {  // Holds when the array is not empty and every item passes.
    json_path in;
    check_ptr item;
};

struct check {
    std::variant<mac_check, sig_check, jwt_check, equal_check, peer_check, session_check, postback_check,
                 all_check, any_check, each_check>
        is;
    std::optional<guard> when;  // Of a branch of `any`: other requests cannot take this branch.
    std::optional<time_rule> time;
    std::optional<once_rule> once;
};

// ---- Handshakes

struct require_verified {};  // The request itself must pass `verify`.
struct require_nothing {};

struct accept_rule {
    value from;
    std::string match;  // RE2, full match.
};

struct reply_rule {
    unsigned status = 200;
    std::string type = "text/plain";    // With `json` set: application/json.
    values body;                        // Concatenated.
    std::vector<named_values> json;     // One object of strings, instead of `body`.
    std::vector<named_values> headers;  // Lower-case names.
};

// A call that answers the sender: to an allowed host that the request names, with a query of signed members
// and constants. What query the request's own URL has is not sent.
struct call_rule {
    value url;
    std::vector<std::string> hosts;  // As of certificates.
    std::string path;
    std::vector<named_values> query;
    fetch_rule asked{.what = fetch_rule::kind::answer,
                     .fetch_within = std::chrono::seconds{2},
                     .bytes_max = 64 * 1024,
                     .names_max = 16};
};

struct handshake_rule {
    guard when;
    std::variant<require_verified, require_nothing, check> require;
    std::optional<accept_rule> accept;
    reply_rule reply;
    std::optional<call_rule> call;
    std::optional<value> shows;  // A key that the sender hands over: shown to the operator once, in the log.
};

// ---- What else a sender is known for

struct event_part {
    value from;
    bool optional = false;
};

struct id_each {
    json_path in;
    value id;
};

struct delivery_rule {
    std::optional<value> id;
    bool id_signed = false;
    std::vector<event_part> event;  // Those that are present, joined with '.'.
    std::optional<id_each> each;    // A batch whose items have ids of their own, instead of `id`.

    [[nodiscard]] bool has_id() const noexcept { return id || each; }
};

struct answer_rule {
    unsigned ok = 202;
    std::string ok_body;  // Empty: {"id": …}.
    unsigned duplicate = 200;
    unsigned unauthenticated = 401;
    unsigned malformed = 400;
    unsigned overload = 503;
    std::optional<unsigned> stop;  // What makes the sender give up on purpose.
    std::optional<std::chrono::seconds> retry_after;
    std::optional<std::chrono::milliseconds> budget;  // How long the sender waits, with a margin.
    headers headers_on_reject;                        // Names in lower case.
};

// How much of what a request says is looked at.
struct reading_limits {
    std::size_t signatures_max = 16;         // Items of one signature's value.
    std::size_t token_bytes_max = 8 * 1024;  // Of a JWT.
    std::size_t json_depth_max = 64;         // Arrays and objects inside each other, of a body.
    std::size_t each_items_max = 1'000;      // Of the array that an `each` or an `id_each` looks at.
    // Public keys on signatures, of one check and for one item: each try costs as much as a hundred MACs.
    std::size_t key_tries_max = 16;
};

struct settings {
    std::string preset;           // Its name, for people; empty without one.
    std::optional<check> verify;  // Absent: nothing passes, unless `insecure`.
    bool insecure = false;        // `verify: none`, spelled out: everybody passes, and it is said so.
    std::map<std::string, std::vector<secret_entry>> secrets;
    std::string public_url;  // Scheme, host and port that senders see: "https://hooks.example.com".
    std::map<std::string, std::vector<std::string>> params;  // Not secret.
    std::optional<coverage> covers;  // Lowers what the checks prove; absent: what they prove.
    delivery_rule delivery;
    std::vector<std::string> methods{"POST"};
    answer_rule answers;
    std::vector<handshake_rule> handshakes;
    std::size_t handshake_json_bytes_max = 4096;  // No handshake reads JSON from a longer body.
    reading_limits limits;
    std::optional<std::size_t> body_bytes_max;
    std::string path;  // The source's, "/webhooks/airbyte/{connection}": what `path` values name a part of.
    std::string removed_header;  // That no request has when it is checked, in lower case; empty: none.
};

}  // namespace headgate::auth
