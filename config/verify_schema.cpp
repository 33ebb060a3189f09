#include "config/verify_schema.hpp"

#include "config/section.hpp"

#include <fmt/format.h>

#include <array>
#include <string_view>

namespace headgate::config {
namespace {

constexpr std::string_view reference_list = R"({"type": "array", "minItems": 1, "maxItems": 8, "items": {
"type": "object", "additionalProperties": false, "properties": {
"file": {"type": "string", "minLength": 1}, "env": {"type": "string", "minLength": 1},
"until": {"type": "string", "format": "date-time"}},
"oneOf": [{"required": ["file"]}, {"required": ["env"]}]}})";

// A value that is read from one place: the key that names it, and what may stand beside that.
struct value_kind {
    std::string_view key;
    std::string_view properties;
};

constexpr std::string_view pointer = R"({"type": ["string", "number"], "pattern": "^([^~]|~[01])*$"})";

constexpr std::array value_kinds{
    value_kind{"const", R"("const": {"$ref": "#/$defs/any_text"})"},
    value_kind{"path", R"("path": {"$ref": "#/$defs/text"})"},
    value_kind{"header",
               R"("header": {"$ref": "#/$defs/given_texts"},
"scheme": {"$ref": "#/$defs/text"},
"decode": {"enum": ["hex", "b64", "b64url"]})"},
    value_kind{"query", R"("query": {"$ref": "#/$defs/given_text"})"},
    value_kind{"json", R"("json": {"$ref": "#/$defs/pointer"})"},
    value_kind{"slice", R"("slice": {"anyOf": [{"$ref": "#/$defs/pointer"}, {"type": "object",
"additionalProperties": false, "properties": {"array": {"$ref": "#/$defs/pointer"},
"object": {"$ref": "#/$defs/pointer"}}}]})"},
    value_kind{"form", R"("form": {"$ref": "#/$defs/text"})"},
    value_kind{"form_sorted",
               R"("form_sorted": {"type": "object", "additionalProperties": false, "properties": {
"item": {"enum": [["name", "value"]]}, "unique": {"type": "boolean"}}})"},
    value_kind{"url", R"("url": {"type": "object", "additionalProperties": false, "properties": {
"base": {"const": "configured"}, "port": {"enum": ["as-is", "any"]},
"decode": {"type": "array", "items": {"type": ["string", "number"], "pattern": "^[0-9A-Fa-f]{2}$"}}}})"},
    value_kind{"part", R"("part": {"$ref": "#/$defs/text"})"},
    value_kind{"param", R"("param": {"$ref": "#/$defs/text"})"},
    value_kind{"claim", R"("claim": {"$ref": "#/$defs/text"})"},
    value_kind{"digest", R"("digest": {"type": "object", "additionalProperties": false, "required": ["of"],
"properties": {"alg": {"enum": ["sha256", "sha1", "crc32"]}, "of": {"$ref": "#/$defs/value"},
"out": {"enum": ["hex", "b64", "b64url", "dec"]}}})"}};

// A constant in quotes, `body`, `method`, or one of the kinds; `beside` may stand with each of these.
std::string value_schema(std::string_view beside = {}) {
    std::string kinds;
    for (auto const& one : value_kinds) {
        kinds += fmt::format(
            R"(, {{"type": "object", "additionalProperties": false, "required": ["{}"],
"properties": {{{}{}}}}})",
            one.key, one.properties, beside);
    }
    return fmt::format(R"({{"anyOf": [{{"type": "string"}}{}]}})", kinds);
}

constexpr std::string_view words = R"("text": {"type": ["string", "number", "boolean"], "minLength": 1},
"any_text": {"type": ["string", "number", "boolean"]},
"from_param": {"type": "object", "additionalProperties": false, "required": ["param"], "properties": {
"param": {"$ref": "#/$defs/text"}}},
"texts": {"type": "array", "items": {"$ref": "#/$defs/text"}},
"some_texts": {"type": "array", "minItems": 1, "items": {"$ref": "#/$defs/text"}},
"one_or_several": {"anyOf": [{"$ref": "#/$defs/text"}, {"$ref": "#/$defs/some_texts"}]},
"given_text": {"anyOf": [{"$ref": "#/$defs/text"}, {"$ref": "#/$defs/from_param"}]},
"given_texts": {"anyOf": [{"$ref": "#/$defs/one_or_several"}, {"$ref": "#/$defs/from_param"}]},
"fingerprint": {"type": "string", "pattern": "^[0-9a-f]{64}$"},
"members_said": {"type": "object", "minProperties": 1, "propertyNames": {"pattern": "^(/([^~]|~[01])*)?$"},
"additionalProperties": {"$ref": "#/$defs/text"}},
"text_by_name": {"type": "object", "additionalProperties": {"$ref": "#/$defs/text"}},
"duration": {"type": "string", "pattern": "^[0-9]+(ms|s|m|h|d)$"},
"token_algorithm": {"enum": ["HS256", "HS384", "HS512", "RS256", "RS384", "RS512", "PS256", "PS384",
"PS512", "ES256", "ES384", "ES512", "EdDSA"]},
"answer_bytes": {"type": "integer", "minimum": 1024, "maximum": 16777216},
"names_max": {"type": "integer", "minimum": 1, "maximum": 1024},
"sent_parts": {"anyOf": [{"$ref": "#/$defs/equal_side"}, {"type": "array", "minItems": 1,
"items": {"$ref": "#/$defs/equal_side"}}]},
"sent_members": {"type": "object", "minProperties": 1,
"additionalProperties": {"$ref": "#/$defs/sent_parts"}},
"mac_algorithm": {"enum": ["hmac-sha1", "hmac-sha256", "hmac-sha384", "hmac-sha512", "sha256-prefix"]})";

constexpr std::string_view secret_words = R"("strip": {"$ref": "#/$defs/text"},
"encoding": {"enum": ["text", "hex", "b64"]}, "min_bytes": {"type": "integer", "minimum": 0,
"maximum": 1024})";

constexpr std::string_view keeping_words = R"("refresh": {"$ref": "#/$defs/duration"},
"interval": {"$ref": "#/$defs/duration"}, "stale": {"$ref": "#/$defs/duration"},
"fetch_within": {"$ref": "#/$defs/duration"}, "bytes_max": {"$ref": "#/$defs/answer_bytes"})";

constexpr std::string_view guard =
    R"({"type": "object", "additionalProperties": false, "properties": {
"method": {"$ref": "#/$defs/one_or_several"}, "content_type": {"$ref": "#/$defs/text"},
"body": {"enum": ["empty", "present"]}, "header": {"$ref": "#/$defs/text_by_name"},
"query": {"$ref": "#/$defs/text_by_name"}, "query_has": {"$ref": "#/$defs/some_texts"},
"json": {"type": "object", "propertyNames": {"pattern": "^(/([^~]|~[01])*)?$"},
"additionalProperties": {"$ref": "#/$defs/text"}},
"json_has": {"type": "array", "minItems": 1, "items": {"type": "string",
"pattern": "^(/([^/~]|~[01])*)+$"}}}})";

constexpr std::string_view content =
    R"({"anyOf": [{"$ref": "#/$defs/value"}, {"type": "array", "minItems": 1,
"items": {"$ref": "#/$defs/value"}},
{"type": "object", "additionalProperties": false, "required": ["join", "values"], "properties": {
"join": {"$ref": "#/$defs/text"}, "values": {"type": "array", "items": {"$ref": "#/$defs/joined"}}}},
{"type": "object", "additionalProperties": false, "required": ["lines"],
"properties": {"lines": {"const": true},
"keys": {"$ref": "#/$defs/texts"}, "keys_for": {"type": "object", "minProperties": 1, "maxProperties": 1,
"additionalProperties": {"type": "object", "additionalProperties": {"$ref": "#/$defs/texts"}}}},
"oneOf": [{"required": ["keys"]}, {"required": ["keys_for"]}]}]})";

constexpr std::string_view signature =
    R"({"type": "object", "additionalProperties": false, "required": ["from", "decode"], "properties": {
"from": {"$ref": "#/$defs/value"}, "list": {"$ref": "#/$defs/any_text"}, "pair": {"$ref": "#/$defs/any_text"},
"take": {"$ref": "#/$defs/text"}, "parts": {"type": "object", "additionalProperties": {"const": "once"}},
"prefix": {"anyOf": [{"$ref": "#/$defs/any_text"}, {"$ref": "#/$defs/from_param"}]},
"decode": {"enum": ["hex", "hex-any-case", "b64", "b64url"]}},
"dependentRequired": {"pair": ["take"], "take": ["pair"], "parts": ["pair"]}})";

constexpr std::string_view token =
    R"({"type": "object", "additionalProperties": false, "required": ["algs", "keys"],
"properties": {"from": {"$ref": "#/$defs/value"},
"algs": {"anyOf": [{"$ref": "#/$defs/from_param"}, {"type": "array", "minItems": 1,
 "items": {"$ref": "#/$defs/token_algorithm"}}]},
"keys": {"$ref": "#/$defs/token_keys"}, "iss": {"$ref": "#/$defs/given_texts"},
"aud": {"$ref": "#/$defs/value"}, "require": {"$ref": "#/$defs/texts"},
"claims": {"type": "object", "minProperties": 1, "additionalProperties": {
"anyOf": [{"type": "boolean"}, {"$ref": "#/$defs/value"}]}},
"leeway": {"$ref": "#/$defs/duration"}, "max_age": {"$ref": "#/$defs/duration"},
"body_hash": {"type": "object", "additionalProperties": false, "required": ["claim"], "properties": {
"claim": {"$ref": "#/$defs/text"}, "alg": {"enum": ["sha256"]}, "out": {"enum": ["hex", "b64", "b64url"]}}},
"allow_weak": {"type": "boolean"}}})";

constexpr std::string_view checks =
    R"("mac": {"type": "object", "additionalProperties": false, "required": ["alg", "content", "signature"],
"properties": {"alg": {"$ref": "#/$defs/mac_algorithm"}, "secret": {"$ref": "#/$defs/secret_shape"},
"content": {"$ref": "#/$defs/content"}, "signature": {"$ref": "#/$defs/signature"},
"allow_weak": {"type": "boolean"}}},
"sig": {"type": "object", "additionalProperties": false, "required": ["alg", "content", "signature"],
"oneOf": [{"required": ["key"]}, {"required": ["cert"]}],
"properties": {"alg": {"enum": ["ed25519", "ecdsa-p256-sha256-der", "ecdsa-p256-sha256-raw",
"rsa-pkcs1-sha256",
"rsa-pkcs1-sha1"]}, "key": {"$ref": "#/$defs/public_key"}, "cert": {"$ref": "#/$defs/certificate"},
"content": {"$ref": "#/$defs/content"},
"signature": {"$ref": "#/$defs/signature"}, "allow_weak": {"type": "boolean"}}},
"jwt": {"allOf": [{"$ref": "#/$defs/token"}], "required": ["from"]},
"session": {"type": "object", "additionalProperties": false,
"oneOf": [{"required": ["ask"]}, {"required": ["headers"]}, {"required": ["gap_signature"]},
{"required": ["jwt"]}], "properties": {
"ask": {"type": "object", "additionalProperties": false, "required": ["url"], "properties": {
"url": {"type": "string", "pattern": "^https?://[^/@# ]+/[^@# ]*$"}, "ca": {"$ref": "#/$defs/text"},
"cookie": {"$ref": "#/$defs/text"}, "within": {"$ref": "#/$defs/duration"},
"keep": {"$ref": "#/$defs/duration"},
"kept_max": {"type": "integer", "minimum": 1, "maximum": 10000000},
"asking_max": {"type": "integer", "minimum": 1, "maximum": 10000},
"bytes_max": {"type": "integer", "minimum": 1024, "maximum": 16777216}}},
"headers": {"enum": ["x-auth-request", "x-forwarded"]},
"gap_signature": {"type": "object", "additionalProperties": false, "required": ["alg"], "properties": {
"alg": {"enum": ["hmac-sha1", "hmac-sha256", "hmac-sha384", "hmac-sha512"]},
"secret": {"$ref": "#/$defs/secret_shape"}}},
"jwt": {"allOf": [{"$ref": "#/$defs/token"}], "required": ["aud"]},
"groups": {"$ref": "#/$defs/one_or_several"}, "emails": {"$ref": "#/$defs/one_or_several"},
"domains": {"$ref": "#/$defs/one_or_several"}}},
"equal": {"type": "object", "additionalProperties": false, "required": ["a", "b"], "properties": {
"a": {"$ref": "#/$defs/equal_side"}, "b": {"$ref": "#/$defs/equal_side"}}},
"peer": {"type": "object", "additionalProperties": false, "anyOf": [{"required": ["cidr"]},
{"required": ["proxy"]}, {"required": ["mtls"]}], "properties": {
"cidr": {"$ref": "#/$defs/some_texts"}, "proxy": {"$ref": "#/$defs/some_texts"},
"mtls": {"type": "object", "additionalProperties": false, "anyOf": [{"required": ["anchors"]},
{"required": ["fingerprints"]}], "properties": {"anchors": {"$ref": "#/$defs/given_text"},
"san": {"$ref": "#/$defs/given_texts"}, "cn": {"$ref": "#/$defs/given_texts"},
"fingerprints": {"anyOf": [{"$ref": "#/$defs/from_param"}, {"$ref": "#/$defs/fingerprint"},
{"type": "array", "minItems": 1,
"items": {"$ref": "#/$defs/fingerprint"}}]}}}}},
"postback": {"type": "object", "additionalProperties": false, "required": ["url", "expect"],
"oneOf": [{"required": ["json"]}, {"required": ["body"]}], "properties": {
"url": {"$ref": "#/$defs/given_text"}, "method": {"enum": ["POST", "PUT", "PATCH"]},
"credentials": {"type": "object", "additionalProperties": false,
"oneOf": [{"required": ["basic"]}, {"required": ["bearer"]}, {"required": ["oauth2"]}],
"dependentRequired": {"oauth2": ["token_url"], "token_url": ["oauth2"]},
"properties": {"basic": {"$ref": "#/$defs/text"}, "bearer": {"$ref": "#/$defs/text"},
"oauth2": {"$ref": "#/$defs/text"}, "token_url": {"$ref": "#/$defs/given_text"}}},
"json": {"$ref": "#/$defs/sent_members"}, "body": {"$ref": "#/$defs/sent_parts"},
"type": {"$ref": "#/$defs/text"}, "expect": {"type": "object", "additionalProperties": false,
"minProperties": 1,
"properties": {"json": {"$ref": "#/$defs/members_said"}, "body": {"$ref": "#/$defs/text"}}},
"ca": {"$ref": "#/$defs/given_text"}, "fetch_within": {"$ref": "#/$defs/duration"},
"bytes_max": {"$ref": "#/$defs/answer_bytes"}, "at_once_max": {"$ref": "#/$defs/names_max"}}},
"each": {"type": "object", "additionalProperties": false, "required": ["check"], "properties": {
"in": {"$ref": "#/$defs/pointer"}, "check": {"$ref": "#/$defs/check"}}},
"all": {"type": "array", "minItems": 1, "maxItems": 32, "items": {"$ref": "#/$defs/check"}},
"any": {"type": "array", "minItems": 1, "maxItems": 32, "items": {"$ref": "#/$defs/check"}},
"when": {"$ref": "#/$defs/guard"},
"time": {"type": "object", "additionalProperties": false, "required": ["value"], "properties": {
"value": {"$ref": "#/$defs/value"}, "unit": {"enum": ["s", "ms", "rfc3339"]},
"past": {"$ref": "#/$defs/duration"}, "future": {"$ref": "#/$defs/duration"}}},
"once": {"type": "object", "additionalProperties": false, "required": ["value"], "properties": {
"value": {"$ref": "#/$defs/value"}, "keep": {"$ref": "#/$defs/duration"}}})";

constexpr std::string_view one_check =
    R"("oneOf": [{"required": ["mac"]}, {"required": ["sig"]}, {"required": ["jwt"]},
{"required": ["equal"]}, {"required": ["peer"]}, {"required": ["session"]}, {"required": ["postback"]},
{"required": ["each"]},
{"required": ["all"]}, {"required": ["any"]}])";

constexpr std::string_view computed_mac =
    R"({"type": "object", "additionalProperties": false, "required": ["mac", "of"], "properties": {
"mac": {"$ref": "#/$defs/mac_algorithm"}, "of": {"$ref": "#/$defs/value"},
"secret": {"$ref": "#/$defs/secret_shape"},
"out": {"enum": ["hex", "b64", "b64url"]}}})";

constexpr std::string_view delivery_schema =
    R"({"type": "object", "additionalProperties": false, "properties": {"id": {"$ref": "#/$defs/value"},
"id_signed": {"type": "boolean"},
"id_each": {"type": "object", "additionalProperties": false, "required": ["id"], "properties": {
"in": {"$ref": "#/$defs/pointer"}, "id": {"$ref": "#/$defs/value"}}},
"event": {"type": "array", "items": {"allOf": [{"$ref": "#/$defs/event_part"}]}}}})";

}  // namespace

std::string verify_definitions() {
    auto const secret_shape = fmt::format(
        R"({{"type": "object", "additionalProperties": false,
"properties": {{"name": {{"$ref": "#/$defs/text"}}, {}}}}})",
        secret_words);
    auto const public_key = fmt::format(
        R"({{"type": "object", "additionalProperties": false, "required": ["form"], "properties": {{
"form": {{"enum": ["pem", "raw", "spki"]}}, "name": {{"$ref": "#/$defs/text"}}, {}}}}})",
        secret_words);
    auto const token_keys = fmt::format(
        R"({{"oneOf": [{{"type": "object", "additionalProperties": false, "required": ["secret"],
"properties": {{"secret": {{"$ref": "#/$defs/secret_shape"}}}}}},
{{"type": "object", "additionalProperties": false, "required": ["public"], "properties": {{
"public": {{"type": "object", "additionalProperties": false, "required": ["form"], "properties": {{
"form": {{"anyOf": [{{"$ref": "#/$defs/from_param"}}, {{"enum": ["pem", "jwk"]}}]}},
"name": {{"$ref": "#/$defs/text"}}, {0}}}}}}}}},
{{"type": "object", "additionalProperties": false, "required": ["jwks"], "properties": {{
"jwks": {{"anyOf": [{{"$ref": "#/$defs/from_param"}},
{{"type": "string", "pattern": "^https://[^/@# ]+(/[^@# ]*)?$"}}]}}, "ca": {{"$ref": "#/$defs/given_text"}},
{1}}}}},
{{"type": "object", "additionalProperties": false, "required": ["endpoint", "key_id", "key_at"],
"properties": {{"endpoint": {{"$ref": "#/$defs/given_text"}}, "json": {{"$ref": "#/$defs/sent_members"}},
"key_id": {{"$ref": "#/$defs/text"}}, "key_at": {{"$ref": "#/$defs/text"}},
"until_at": {{"$ref": "#/$defs/text"}}, "unknown": {{"$ref": "#/$defs/members_said"}},
"ca": {{"$ref": "#/$defs/given_text"}},
"keys_max": {{"$ref": "#/$defs/names_max"}}, {1}}}}}]}})",
        secret_words, keeping_words);
    auto const certificate = fmt::format(
        R"({{"type": "object", "additionalProperties": false, "required": ["url", "hosts", "path", "subject"],
"properties": {{"url": {{"$ref": "#/$defs/value"}}, "hosts": {{"$ref": "#/$defs/given_texts"}},
"path": {{"$ref": "#/$defs/text"}}, "anchors": {{"$ref": "#/$defs/given_text"}},
"subject": {{"type": "object", "additionalProperties": false, "minProperties": 1, "properties": {{
"san": {{"$ref": "#/$defs/given_texts"}}, "cn": {{"$ref": "#/$defs/given_texts"}}}}}},
"ca": {{"$ref": "#/$defs/given_text"}}, "certificates_max": {{"$ref": "#/$defs/names_max"}}, {}}}}})",
        keeping_words);
    auto const equal_side = fmt::format(
        R"({{"anyOf": [{{"$ref": "#/$defs/value"}}, {{"type": "object", "additionalProperties": false,
"required": ["secret"], "properties": {{"secret": {{"$ref": "#/$defs/text"}}, {}}}}}]}})",
        secret_words);
    auto const reply_part = fmt::format(R"({{"anyOf": [{{"$ref": "#/$defs/value"}}, {}]}})", computed_mac);
    constexpr std::string_view reply_parts =
        R"({"anyOf": [{"$ref": "#/$defs/reply_part"}, {"type": "array",
"items": {"$ref": "#/$defs/reply_part"}}]})";
    auto const check =
        fmt::format(R"({{"type": "object", "additionalProperties": false, "properties": {{{}}}, {}}})",
                    checks, one_check);
    return fmt::format(
        R"({{{}, "pointer": {}, "value": {}, "joined": {}, "event_part": {}, "guard": {}, "content": {},
"signature": {}, "secret_shape": {}, "public_key": {}, "certificate": {}, "token_keys": {}, "token": {},
"equal_side": {}, "reply_part": {}, "reply_parts": {}, "check": {}}})",
        words, pointer, value_schema(), value_schema(R"(, "absent": {"$ref": "#/$defs/any_text"})"),
        value_schema(R"(, "optional": {"type": "boolean"})"), guard, content, signature, secret_shape,
        public_key, certificate, token_keys, token, equal_side, reply_part, reply_parts, check);
}

std::string verify_schema() {
    constexpr std::string_view beside =
        R"("public_url": {"type": "string", "pattern": "^https?://[^/?#@ ]+/?$",
"description": "Scheme, host and port that senders see, where they sign the URL."},
"params": {"type": "object", "description": "Values that are not secret, by the names the checks give them.",
"additionalProperties": {"anyOf": [{"$ref": "#/$defs/text"}, {"$ref": "#/$defs/texts"}]}})";
    return fmt::format(R"({{"oneOf": [
{{"type": "object", "additionalProperties": false, "required": ["preset"], "properties": {{
"preset": {{"type": "string", "minLength": 1, "description": "A sender known by name: `headgate presets`."}},
"secrets": {0}, {1}}}}},
{{"type": "object", "additionalProperties": false, "required": ["insecure"], "properties": {{
"insecure": {{"const": true, "description": "Accepts every request from anybody."}}}}}},
{{"type": "object", "additionalProperties": false, "properties": {{{2}, {1}}}, {3}}}]}})",
                       reference_list, beside, checks, one_check);
}

std::string secrets_schema() {
    return fmt::format(R"({{"type": "object", "minProperties": 1, "additionalProperties": {}}})",
                       reference_list);
}

std::string answers_schema() {
    return R"({"type": "object", "additionalProperties": false, "properties": {
"ok": {"type": "integer", "minimum": 200, "maximum": 299}, "ok_body": {"$ref": "#/$defs/text"},
"duplicate": {"type": "integer", "minimum": 200, "maximum": 299},
"unauthenticated": {"type": "integer", "minimum": 400, "maximum": 499},
"malformed": {"type": "integer", "minimum": 400, "maximum": 499},
"overload": {"anyOf": [{"const": 429}, {"type": "integer", "minimum": 500, "maximum": 599}]},
"stop": {"type": "integer", "minimum": 400, "maximum": 499},
"retry_after": {"$ref": "#/$defs/duration"}, "budget": {"$ref": "#/$defs/duration"},
"headers_on_reject": {"$ref": "#/$defs/text_by_name"}}})";
}

std::string handshake_schema() {
    return R"({"type": "array", "items": {"type": "object", "additionalProperties": false,
"required": ["when", "require"], "properties": {
"when": {"allOf": [{"$ref": "#/$defs/guard"}], "minProperties": 1},
"require": {"anyOf": [{"enum": ["verified", "none"]}, {"$ref": "#/$defs/check"}]},
"accept": {"type": "object", "additionalProperties": false, "required": ["value", "match"], "properties": {
"value": {"$ref": "#/$defs/value"}, "match": {"$ref": "#/$defs/text"}}},
"reply": {"type": "object", "additionalProperties": false, "properties": {
"status": {"type": "integer", "minimum": 200, "maximum": 299},
"type": {"enum": ["text/plain", "application/json"]}, "body": {"$ref": "#/$defs/reply_parts"},
"json": {"type": "object", "additionalProperties": {"$ref": "#/$defs/reply_parts"}},
"headers": {"type": "object", "additionalProperties": {"$ref": "#/$defs/reply_parts"}}}},
"call": {"type": "object", "additionalProperties": false, "required": ["url", "hosts", "path"],
"properties": {
"url": {"$ref": "#/$defs/value"}, "hosts": {"$ref": "#/$defs/given_texts"}, "path": {"$ref": "#/$defs/text"},
"query": {"$ref": "#/$defs/sent_members"}, "ca": {"$ref": "#/$defs/given_text"},
"fetch_within": {"$ref": "#/$defs/duration"}, "bytes_max": {"$ref": "#/$defs/answer_bytes"},
"at_once_max": {"$ref": "#/$defs/names_max"}}},
"shows": {"$ref": "#/$defs/value"}}}})";
}

std::string presets_schema() {
    return fmt::format(R"({{"type": "object", "minProperties": 1, "propertyNames": {{"pattern": "{0}"}},
"additionalProperties": {{"type": "object", "additionalProperties": false, "required": ["verify"],
"properties": {{"title": {{"$ref": "#/$defs/text"}}, "what": {{"$ref": "#/$defs/text"}},
"link": {{"$ref": "#/$defs/text"}}, "status": {{"$ref": "#/$defs/text"}},
"covers": {{"enum": ["none", "partial", "full"]}},
"params": {{"type": "object", "additionalProperties": {{"type": "object", "additionalProperties": false,
"required": ["says"], "properties": {{"says": {{"$ref": "#/$defs/text"}},
"default": {{"anyOf": [{{"$ref": "#/$defs/any_text"}}, {{"$ref": "#/$defs/some_texts"}}]}},
"example": {{"$ref": "#/$defs/one_or_several"}}, "one_of": {{"$ref": "#/$defs/some_texts"}},
"optional": {{"type": "boolean"}}}}}}}},
"verify": {{"$ref": "#/$defs/check"}},
"verify_with": {{"type": "object", "additionalProperties": {{"$ref": "#/$defs/check"}}}},
"delivery": {1}, "methods": {{"$ref": "#/$defs/texts"}}, "answers": {2}, "handshake": {3},
"limits": {{"type": "object", "additionalProperties": false, "properties": {{
"body_bytes_max": {{"type": "integer", "minimum": 0, "maximum": 1073741824}}}}}},
"vectors": {{"type": "array"}}}}}}}})",
                       name_pattern, delivery_schema, answers_schema(), handshake_schema());
}

}  // namespace headgate::config
