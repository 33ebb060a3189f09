#include "config/verify_jwt.hpp"

#include "auth/settings.hpp"
#include "config/verify_fetch.hpp"
#include "config/verify_values.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <string_view>
#include <utility>
#include <vector>

namespace headgate::config {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

// By `auth::token_algorithm`.
constexpr std::array<std::string_view, 13> algorithms{"HS256", "HS384", "HS512", "RS256", "RS384",
                                                      "RS512", "PS256", "PS384", "PS512", "ES256",
                                                      "ES384", "ES512", "EdDSA"};
constexpr names_of<auth::token_key_shape::form, 2> key_forms{
    {{"pem", auth::token_key_shape::form::pem}, {"jwk", auth::token_key_shape::form::jwk}}};

std::vector<auth::token_algorithm> read_algorithms(reader& from) {
    std::vector<auth::token_algorithm> read;
    if (!from.has("algs")) from.mistake("algs", "is missing", "add it, for example [RS256]");
    for (auto const& name : from.texts("algs")) {
        auto const found = std::ranges::find(algorithms, name);
        if (found == algorithms.end()) {
            from.mistake("algs", fmt::format("\"{}\" is not known", name),
                         fmt::format("of one family: {}", fmt::join(algorithms, ", ")));
            continue;
        }
        read.push_back(static_cast<auth::token_algorithm>(found - algorithms.begin()));
    }
    return read;
}

// {secret: …}, {public: …}, {jwks: …} or {endpoint: …}
void read_keys(reader& from, auth::jwt_check& into) {
    if (!from.has("keys")) {
        from.mistake("keys", "is missing",
                     "write keys: {public: {form: pem}}, {secret: {}} or {jwks: https://…}");
        return;
    }
    auto keys = from.section("keys");
    if (!keys) return;
    auto const places = int{keys->has("secret")} + int{keys->has("public")} + int{keys->has("jwks")} +
                        int{keys->has("endpoint")};
    if (places != 1) {
        from.mistake("keys", "does not say one place of the keys",
                     "write {public: {form: pem}}, {secret: {}} or {jwks: https://…}");
    }
    if (keys->has("jwks")) into.keys = read_key_set(*keys);
    if (keys->has("endpoint")) into.keys = read_key_endpoint(*keys);
    if (auto secret = keys->section("secret")) {
        into.keys = read_secret_shape_of(*secret);
        secret->finish();
    }
    if (auto pairs = keys->section("public")) {
        auth::token_key_shape made;
        static_cast<void>(needed(*pairs, "form", "pem"));
        made.is = read_choice(*pairs, "form", key_forms, auth::token_key_shape::form::pem);
        made.from = read_secret_shape_of(*pairs);
        pairs->finish();
        into.keys = std::move(made);
    }
    keys->finish();
}

std::vector<auth::wanted_claim> read_claims(reader& from) {
    std::vector<auth::wanted_claim> read;
    auto claims = from.section("claims");
    if (!claims) return read;
    if (claims->here().is_mapping() && claims->here().members.empty()) {
        from.mistake("claims", "names no claim", "write for example claims: {email_verified: true}");
    }
    for (auto const& one : claims->here().members) {
        auto const& at = one.value;
        bool const is_flag = at.is_scalar() && !at.quoted && (at.text == "true" || at.text == "false");
        static_cast<void>(claims->take(one.key));
        if (is_flag) {
            read.push_back({one.key, at.text == "true"});
        } else if (auto value = read_value(at, claims->path_of(one.key), from.into())) {
            read.push_back({one.key, *std::move(value)});
        }
    }
    return read;
}

auth::body_hash read_body_hash(reader& from) {
    auth::body_hash made;
    made.claim = from.required_text("claim", "request_body_sha256").value_or("");
    made.algorithm = read_choice(from, "alg", hashes, auth::hash_name::sha256);
    made.out = read_choice(from, "out", text_forms, auth::text_form::hex);
    return made;
}

// All but `from`.
auth::jwt_check read_rest(reader& from) {
    auth::jwt_check made;
    made.algorithms = read_algorithms(from);
    read_keys(from, made);
    made.issuers = one_or_several(from, "iss");
    if (auto const* at = from.take("aud")) made.audience = read_value(*at, from.path_of("aud"), from.into());
    made.claims = read_claims(from);
    read_seconds_into(from, "leeway", seconds{60}, made.leeway);
    if (from.has("max_age")) {
        seconds most{0};
        read_seconds_into(from, "max_age", hours{24}, most);
        made.age_max = most;
        made.require = {"iat"};
    }
    if (from.has("require")) made.require = from.texts("require");
    if (auto hash = from.section("body_hash")) {
        made.binds_body = read_body_hash(*hash);
        hash->finish();
    }
    made.allow_weak = from.flag("allow_weak").value_or(false);
    return made;
}

}  // namespace

auth::jwt_check read_jwt(reader& from) {
    auto made = read_rest(from);
    read_value_into(from, "from", made.from);
    return made;
}

auth::jwt_check read_id_token(reader& from) {
    if (from.has("from")) return read_jwt(from);
    auto made = read_rest(from);
    made.from = {auth::header_value{.names = {"authorization"}, .scheme = "Bearer", .decode = {}}};
    return made;
}

}  // namespace headgate::config
