#include "auth/inspect.hpp"
#include "auth/token_keys.hpp"

#include <boost/url/parse.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

// The loader's rules about tokens.

namespace headgate::auth {
namespace {

constexpr std::chrono::seconds leeway_max{60};

template <class... Kinds>
bool is_any_of(value const& v) {
    return (std::holds_alternative<Kinds>(v.is) || ...);
}

void inspect_algorithms(jwt_check const& is, std::string const& at, reporter& notes) {
    if (is.algorithms.empty()) {
        notes.mistake(at + ".algs", "allows no algorithm", "write for example algs: [RS256]");
        return;
    }
    auto const first = is.algorithms.front();
    bool const alike = std::ranges::all_of(
        is.algorithms, [&](token_algorithm each) { return family_of(each) == family_of(first); });
    if (!alike) {
        notes.mistake(at + ".algs", "mixes families of algorithms",
                      "name those of one: HS…, RS…, PS…, ES… or EdDSA");
        return;
    }
    bool const has_secret = std::holds_alternative<secret_shape>(is.keys);
    if (has_secret != is_for_secrets(first)) {
        notes.mistake(at + ".keys",
                      has_secret ? "a shared secret cannot make tokens of these algs"
                                 : "public keys cannot make tokens of HS…, or everybody could",
                      has_secret ? "write keys: {public: {form: pem}}" : "write keys: {secret: {}}");
    }
}

// Who a token is for is ours to say: nothing that comes with the request may.
void inspect_audience(jwt_check const& is, std::string const& at, settings const& source, reporter& notes) {
    if (!is.audience) {
        if (std::holds_alternative<fetch_rule>(is.keys)) {
            notes.warning(at + ".aud", "is not configured: tokens of this issuer that name nobody pass",
                          "write aud: \"…\", the audience that the sender puts into its tokens");
        }
        return;
    }
    auto const* constant = std::get_if<const_value>(&is.audience->is);
    bool const ours =
        is_any_of<param_value, url_value>(*is.audience) || (constant && !constant->bytes.empty());
    if (!ours) {
        notes.mistake(at + ".aud", "must not come from the request",
                      "write a text in quotes, {param: NAME} or {url: {base: configured}}");
        return;
    }
    inspect(*is.audience, at + ".aud", {.parts = {}, .lists_allowed = true}, source, notes);
}

void inspect_claims(jwt_check const& is, std::string const& at, settings const& source, reporter& notes) {
    for (auto const& [name, wanted] : is.claims) {
        auto const place = fmt::format("{}.claims.{}", at, name);
        if (name.empty()) notes.mistake(at + ".claims", "has a claim without a name", "name it");
        auto const* const text = std::get_if<value>(&wanted);
        if (text) inspect(*text, place, {.parts = {}, .lists_allowed = true}, source, notes);
    }
    bool const unnamed = std::ranges::any_of(is.require, &std::string::empty);
    if (unnamed) notes.mistake(at + ".require", "has a claim without a name", "name it");
}

void inspect_lifetime(jwt_check const& is, std::string const& at, reporter& notes) {
    if (is.leeway < std::chrono::seconds{0} || is.leeway > leeway_max) {
        notes.mistake(at + ".leeway", fmt::format("is not from 0 to {} s", leeway_max.count()),
                      "set the clocks instead");
    }
    if (is.age_max && *is.age_max <= std::chrono::seconds{0}) {
        notes.mistake(at + ".max_age", "allows no token at all", "write for example 300s");
    }
    bool const ends = is.age_max || std::ranges::find(is.require, "exp") != is.require.end();
    if (!ends) {
        notes.warning(at, "a token without exp is accepted for ever", "require exp, or set max_age");
    }
}

void inspect_body_hash(jwt_check const& is, std::string const& at, reporter& notes) {
    if (!is.binds_body) return;
    auto const place = at + ".body_hash";
    if (is.binds_body->claim.empty()) notes.mistake(place, "names no claim", "write claim: NAME");
    if (is.binds_body->algorithm != hash_name::sha256) {
        notes.mistake(place, "is not collision resistant", "write alg: sha256");
    }
    if (is.binds_body->out == text_form::dec) {
        notes.mistake(place, "only a crc32 has a decimal form", "write out: hex, b64 or b64url");
    }
}

}  // namespace

void inspect(fetch_rule const& is, std::string const& at, reporter& notes) {
    auto const url = boost::urls::parse_uri(is.url);
    bool const plain = url && url->scheme_id() == boost::urls::scheme::https &&
                       !url->encoded_host().empty() && !url->has_userinfo() && !url->has_fragment() &&
                       (!url->has_port() || url->port_number() != 0);
    bool const has_url = is.what != fetch_rule::kind::certificate;
    if (has_url && !plain) {
        notes.mistake(at, fmt::format("\"{}\" is not an https URL", is.url),
                      "write for example https://login.example.com/keys");
    }
    auto const beside = [&](char const* name) { return at.substr(0, at.rfind('.') + 1) + name; };
    if (is.refresh < is.interval) {
        notes.mistake(beside("refresh"), "is shorter than `interval`, which bounds it", "write refresh: 1h");
    }
    if (is.stale < is.refresh) {
        notes.mistake(beside("stale"), "is shorter than `refresh`: the keys would lapse in between",
                      "write stale: 1d");
    }
}

void inspect(jwt_check const& is, std::string const& at, position const& where, settings const& source,
             reporter& notes) {
    inspect(is.from, at + ".from", where, source, notes);
    if (is_any_of<const_value, param_value, method_value, body_value>(is.from)) {
        notes.mistake(at + ".from", "is no place of a token",
                      "write for example {header: Authorization, scheme: Bearer}");
    }
    inspect_algorithms(is, at, notes);
    if (std::ranges::any_of(is.issuers, &std::string::empty)) {
        notes.mistake(at + ".iss", "has an empty issuer", "write it as the tokens have it");
    }
    if (auto const* from = std::get_if<fetch_rule>(&is.keys)) inspect(*from, at + ".keys.jwks", notes);
    if (auto const* from = std::get_if<key_endpoint>(&is.keys)) {
        inspect(from->kept, at + ".keys.endpoint", notes);
        if (from->key_id_as.empty() || from->kept.key_at.empty()) {
            notes.mistake(
                at + ".keys", "does not say how a key is asked for",
                "write key_id: NAME of the question's member, and key_at: /POINTER into the answer");
        }
        for (auto const& [name, pointer] :
             {std::pair{"key_at", from->kept.key_at}, {"until_at", from->kept.until_at}})
            inspect(json_path{pointer}, fmt::format("{}.keys.{}", at, name), notes);
        for (auto const& [pointer, expected] : from->kept.unknown)
            inspect(json_path{pointer}, at + ".keys.unknown", notes);
    }
    inspect_audience(is, at, source, notes);
    inspect_claims(is, at, source, notes);
    inspect_lifetime(is, at, notes);
    inspect_body_hash(is, at, notes);
}

}  // namespace headgate::auth
