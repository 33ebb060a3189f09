#pragma once

#include "core/clock.hpp"
#include "core/secret.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

// The words in which checks are described: where a value comes from, what is signed, where the signature
// stands, how a secret is written. Plain data.

namespace headgate::auth {

// ---- Secrets

// One value of a named list, already read. Each active one is tried.
struct secret_entry {
    secret value;
    std::optional<wall_time> until;  // From then on it is not tried any more: the end of a rotation.
    std::string label;               // "signing#0": says which one matched, in events and metrics.
};

// How the bytes of a key are written in the secret.
enum class key_encoding : std::uint8_t { text, hex, b64 };

// Which list of secrets, and how its values become key bytes.
struct secret_shape {
    std::string name = "signing";
    std::string strip;  // Removed once from the front, where it is there.
    key_encoding encoding = key_encoding::text;
    std::size_t bytes_min = 0;  // Fewer bytes refuse the source; below 16 is a warning in any case.
};

// ---- Where a value comes from

struct value;
using values = std::vector<value>;               // Concatenated.
using value_ptr = std::shared_ptr<value const>;  // Settings are shared, never changed.

enum class hash_name : std::uint8_t { sha256, sha1, crc32 };
enum class text_form : std::uint8_t {
    hex,
    b64,
    b64url,
    dec
};  // How bytes are written as text; `dec`: crc32 only.
enum class mac_algorithm : std::uint8_t {
    hmac_sha1,
    hmac_sha256,
    hmac_sha384,
    hmac_sha512,
    sha256_prefix,  // Plain SHA-256 over key and content: weak, only with `allow_weak`.
};

// A JSON pointer (RFC 6901). From the document's root, or from the item that an `each` looks at.
struct json_path {
    std::string pointer;
    enum class start : std::uint8_t { document, item } from = start::document;
};

struct const_value {
    std::string bytes;
};
struct body_value {};  // The exact bytes.
struct path_value {
    std::string name;  // `{name}` in the source's path, percent-decoded once.
};
struct header_value {
    std::vector<std::string> names;   // Lower case. Each at most once; those that are there must agree.
    std::string scheme;               // "Bearer": compared without case, removed with one blank.
    std::optional<text_form> decode;  // Of what is left, strictly: Basic credentials are `b64`.
};
struct query_value {
    std::string name;  // Exactly once, decoded.
};
struct json_value {
    json_path path;  // A member as text; numbers by their literal.
};
struct slice_value {
    json_path if_array;   // The raw bytes there, when the document is an array …
    json_path if_object;  // … or anything else.
};
struct form_value {
    std::string name;  // Exactly once, decoded.
};
struct form_sorted_value {  // All parameters in byte order of their names, as name, value, name, value …
    bool unique = false;    // The values of one name in byte order too, equal ones once.
};
struct method_value {};
struct url_value {  // The configured `public_url`, then path and query as received.
    enum class port : std::uint8_t {
        as_is,
        any
    } ports = port::as_is;            // any: with and without the default one.
    std::vector<std::string> decode;  // Escapes to decode: "3A", "2F".
    bool has_base = true;             // Else path and query alone.
};
struct part_value {
    std::string name;  // What the signature's grammar captured.
};
struct param_value {
    std::string name;  // Of `settings::params`.
};
struct digest_value {
    hash_name algorithm = hash_name::sha256;
    value_ptr of;
    text_form out = text_form::hex;
};
struct claim_value {
    std::string name;  // Of a token that a `jwt` check has verified before.
};
struct secret_value {
    secret_shape shape;
};
struct mac_value {  // Only in replies to handshakes.
    mac_algorithm algorithm = mac_algorithm::hmac_sha256;
    secret_shape key;
    value_ptr of;
    text_form out = text_form::hex;
};

struct value {
    using kinds = std::variant<const_value, body_value, path_value, header_value, query_value, json_value,
                               slice_value, form_value, form_sorted_value, method_value, url_value,
                               part_value, param_value, digest_value, claim_value, secret_value, mac_value>;
    kinds is;
};

// ---- What is signed

struct joined_value {
    value item;
    std::optional<std::string>
        absent;  // Stands in for a value that is not there; without it that is a failure.
};
struct join_content {
    std::string separator;
    std::vector<joined_value> items;
};

// "Name⏎value⏎" for an ordered list of members of the document; one list, or one for each value of a member.
// Only the first of a list may have line breaks in it: so, read from its end, the text has one meaning.
struct line_member {
    std::string name;
    bool optional = false;  // Skipped when absent.
};
struct lines_content {
    std::optional<json_path> chosen_by;  // Absent: the only list, under the key "".
    std::map<std::string, std::vector<line_member>> lists;
};

using content = std::variant<values, join_content, lines_content>;

// ---- Where the signature stands

enum class signature_encoding : std::uint8_t { hex, hex_any_case, b64, b64url };  // hex: lower case only.

struct signature_grammar {
    value from;
    std::string list;                // Separates items; empty: the whole value is one item.
    std::string pair;                // Splits an item once, at the first occurrence, into label and value.
    std::string take;                // The label to use; all items with it are tried, others are ignored.
    std::vector<std::string> parts;  // Labels captured for `part`; each must be there exactly once.
    std::string prefix;              // Required, with this case.
    signature_encoding decode = signature_encoding::hex;
};

}  // namespace headgate::auth
