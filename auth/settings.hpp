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
struct certificate_source {
    value url;
    std::vector<std::string> hosts;  // Exact, or with {region}.
    std::string path;                // Full match, RE2.
    std::string anchors_pem;         // Empty: the system's.
    std::string subject_cn;
    std::string subject_san;
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
// A key set that its issuer publishes and changes.
struct jwks_url {
    std::string url;                      // https
    std::string certificate_authorities;  // PEM file; empty: the system's.
    std::chrono::milliseconds refresh{
        3600'000};  // Asked for again after this, or sooner where its answer says so.
    std::chrono::milliseconds interval{60'000};  // At least this between two fetches, whatever comes in.
    std::chrono::milliseconds stale{86400'000};  // Used this long after the last fetch that worked.
    std::chrono::milliseconds fetch_within{5'000};
    std::size_t bytes_max = 256 * 1024;

    [[nodiscard]] bool operator==(jwks_url const&) const = default;
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
    std::variant<secret_shape, token_key_shape, jwks_url> keys;
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
    std::chrono::milliseconds keep{10'000};  // A session that is good is not asked for again so long.
    std::size_t kept_max = 10'000;           // Sessions; one more forgets the oldest.
    std::size_t asking_max = 64;             // Questions at a time; one more is answered like an outage.
    std::size_t bytes_max = 64 * 1024;       // Of an answer's body, which nobody reads.

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

struct named_values {
    std::string name;
    values parts;  // Concatenated.
};
struct postback_check {
    std::string url;
    std::string method = "POST";
    secret_shape credentials;
    std::vector<named_values> json;                         // The body, as one object.
    std::vector<std::pair<json_path, std::string>> expect;  // Members of the answer, as text.
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

// A call that answers the sender: made of signed members and constants, to an allowed host.
struct call_rule {
    std::string method = "GET";
    values url;
    std::vector<named_values> query;
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
    std::optional<id_each> each;    // A batch whose items have ids of their own.
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
    std::optional<std::size_t> body_bytes_max;
    std::string path;  // The source's, "/webhooks/airbyte/{connection}": what `path` values name a part of.
    std::string removed_header;  // That no request has when it is checked, in lower case; empty: none.
};

}  // namespace headgate::auth
