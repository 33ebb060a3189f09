#include "auth/token_keys.hpp"

#include "auth/keyring.hpp"
#include "auth/token.hpp"
#include "core/encoding.hpp"
#include "json/parse.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

namespace headgate::auth {
namespace {

constexpr std::size_t jwks_depth_max = 8;
constexpr std::array public_algorithms{token_algorithm::rs256, token_algorithm::rs384, token_algorithm::rs512,
                                       token_algorithm::ps256, token_algorithm::ps384, token_algorithm::ps512,
                                       token_algorithm::es256, token_algorithm::es384, token_algorithm::es512,
                                       token_algorithm::eddsa};

// Of those for public keys.
signature_scheme scheme_of(token_algorithm algorithm) {
    using key = signature_scheme::key;
    using form = signature_scheme::form;
    using enum signature_scheme::hash;
    switch (algorithm) {
        case token_algorithm::rs256: return {key::rsa, sha256, form::plain};
        case token_algorithm::rs384: return {key::rsa, sha384, form::plain};
        case token_algorithm::rs512: return {key::rsa, sha512, form::plain};
        case token_algorithm::ps256: return {key::rsa, sha256, form::pss};
        case token_algorithm::ps384: return {key::rsa, sha384, form::pss};
        case token_algorithm::ps512: return {key::rsa, sha512, form::pss};
        case token_algorithm::es256: return {key::p256, sha256, form::raw};
        case token_algorithm::es384: return {key::p384, sha384, form::raw};
        case token_algorithm::es512: return {key::p521, sha512, form::raw};
        case token_algorithm::hs256:
        case token_algorithm::hs384:
        case token_algorithm::hs512:
        case token_algorithm::eddsa: break;
    }
    return {key::ed25519, none, form::plain};
}

mac_algorithm mac_of(token_algorithm algorithm) {
    if (algorithm == token_algorithm::hs384) return mac_algorithm::hmac_sha384;
    return algorithm == token_algorithm::hs512 ? mac_algorithm::hmac_sha512 : mac_algorithm::hmac_sha256;
}

std::unexpected<error> unusable(std::string what) {
    return refuse(errc::invalid_argument, std::move(what), "give the sender's public keys, as it shows them");
}

// The text of a member; nothing where it is absent or no text.
std::optional<std::string_view> text_at(json::value const& from, std::string_view name) {
    auto const* found = from.find_pointer(name);
    if (!found || !found->is_string()) return std::nullopt;
    return found->as_string();
}

std::optional<std::string> bytes_at(json::value const& jwk, std::string_view name) {
    auto const text = text_at(jwk, name);
    return text ? decode_base64(*text, base64_alphabet::url) : std::nullopt;
}

// Whether `use` and `key_ops` (RFC 7517, 4.2 and 4.3) leave it to check signatures.
bool is_for_signatures(json::value const& jwk) {
    if (jwk.find("use") && text_at(jwk, "use") != "sig") return false;
    auto const uses = jwk.find("key_ops");
    if (!uses) return true;
    return uses->is_array() && std::ranges::any_of(uses->items(), [](json::value const& each) {
               return each.is_string() && each.as_string() == "verify";
           });
}

// Which kind of key it says it is; nothing for other kinds, and for shared secrets.
std::optional<signature_scheme::key> kind_of(json::value const& jwk) {
    using key = signature_scheme::key;
    auto const type = text_at(jwk, "kty");
    auto const curve = text_at(jwk, "crv");
    if (type == "RSA") return key::rsa;
    if (type == "OKP" && curve == "Ed25519") return key::ed25519;
    if (type != "EC") return std::nullopt;
    if (curve == "P-256") return key::p256;
    if (curve == "P-384") return key::p384;
    if (curve == "P-521") return key::p521;
    return std::nullopt;
}

result<public_key> key_of(json::value const& jwk, signature_scheme scheme) {
    if (scheme.made_with == signature_scheme::key::rsa) {
        auto const modulus = bytes_at(jwk, "n");
        auto const exponent = bytes_at(jwk, "e");
        if (!modulus || !exponent) return unusable("is a JWK without canonical n and e");
        return public_key::of_numbers(*modulus, *exponent, scheme);
    }
    auto const x = bytes_at(jwk, "x");
    if (!x) return unusable("is a JWK without a canonical x");
    if (scheme.made_with == signature_scheme::key::ed25519) {
        return public_key::read(*x, public_key_shape::form::raw, scheme);
    }
    auto const y = bytes_at(jwk, "y");
    if (!y || x->size() != y->size()) return unusable("is a JWK without canonical x and y of one length");
    return public_key::read('\x04' + *x + *y, public_key_shape::form::raw, scheme);
}

// One for each algorithm that it serves.
result<std::vector<token_key>> read_jwk(json::value const& jwk) {
    if (!jwk.is_object()) return unusable("is no JWK");
    if (jwk.find("d")) return unusable("is a private key");
    auto const kind = kind_of(jwk);
    if (!kind) return unusable("is a JWK of a kind that is not known");
    if (!is_for_signatures(jwk)) return unusable("is a JWK that is not for signatures");
    auto const key_id = jwk.find("kid") ? text_at(jwk, "kid") : "";
    if (!key_id || (jwk.find("kid") && !is_key_id(*key_id))) return unusable("is a JWK whose kid is no name");
    auto const named = jwk.find("alg");
    std::vector<token_key> keys;
    std::optional<public_key> known;
    for (auto const algorithm : public_algorithms) {
        auto const scheme = scheme_of(algorithm);
        bool const serves =
            scheme.made_with == *kind && (!named || text_at(jwk, "alg") == name_of(algorithm));
        if (!serves) continue;
        if (!known) {
            HEADGATE_TRY(known, key_of(jwk, scheme));
        }
        keys.push_back({algorithm, std::string{*key_id}, known->serving(scheme), std::string{*key_id}, {}});
    }
    if (keys.empty()) return unusable("is a JWK whose alg does not fit");
    return keys;
}

// All of the keys that one configured text holds.
result<std::vector<token_key>> read_pair(key_bytes const& written, jwt_check const& is,
                                         token_key_shape::form form) {
    std::vector<token_key> keys;
    if (form == token_key_shape::form::jwk) {
        HEADGATE_TRY(keys, read_jwks(written.bytes.reveal()));
        std::erase_if(keys, [&](token_key const& each) {
            return std::ranges::find(is.algorithms, each.algorithm) == is.algorithms.end();
        });
        if (keys.empty()) return unusable("has no key for the configured algs");
    } else {
        std::optional<error> first;
        for (auto const algorithm : is.algorithms) {
            auto key =
                public_key::read(written.bytes.reveal(), public_key_shape::form::pem, scheme_of(algorithm));
            if (key) {
                keys.push_back({algorithm, {}, *std::move(key), {}, {}});
            } else if (!first) {
                first = std::move(key).error();
            }
        }
        if (keys.empty()) return std::unexpected{*std::move(first)};
    }
    for (auto& each : keys) {
        each.label = each.key_id.empty() ? written.label : written.label + "/" + each.key_id;
        each.until = written.until;
    }
    return keys;
}

// A public key as a secret is known to everybody: the oldest confusion of all.
bool is_no_secret(std::string_view bytes) {
    return bytes.starts_with("-----BEGIN ") || bytes.starts_with("ssh-rsa ") || bytes.starts_with('{');
}

}  // namespace

bool key_set::knows(std::string_view key_id) const noexcept {
    return key_id.empty() || std::ranges::any_of(keys, [&](token_key const& each) {
               return each.key_id.empty() || each.key_id == key_id;
           });
}

std::string_view family_of(token_algorithm algorithm) noexcept {
    return name_of(algorithm).substr(0, 2);
}

bool is_for_secrets(token_algorithm algorithm) noexcept {
    return family_of(algorithm) == "HS";
}

result<std::vector<token_key>> read_jwks(std::string_view json) {
    json::arena where;
    auto const parsed = json::parse(json, where, {.depth_max = jwks_depth_max});
    if (!parsed || !parsed->root.is_object()) return unusable("is no JSON object of keys");
    if (parsed->has_duplicates) return unusable("has a name that stands twice");
    auto const set = parsed->root.find("keys");
    if (!set) return read_jwk(parsed->root);
    if (!set->is_array()) return unusable("has no list of keys");
    if (set->items().size() > jwks_keys_max) {
        return unusable(fmt::format("has more than {} keys", jwks_keys_max));
    }
    std::vector<token_key> keys;
    std::optional<error> first;
    for (auto const& each : set->items()) {
        auto read = read_jwk(each);
        if (read) {
            std::ranges::move(*read, std::back_inserter(keys));
        } else if (!first) {
            first = std::move(read).error();
        }
    }
    if (!keys.empty()) return keys;
    if (first) return std::unexpected{error{first->code, "its first key " + first->message, first->remedy}};
    return unusable("has no keys");
}

std::optional<token_keys> read_token_keys(jwt_check const& is, settings const& source,
                                          std::string const& path, std::string const& at, reporter& notes) {
    token_keys read;
    auto const before = notes.mistakes();
    if (auto const* pairs = std::get_if<token_key_shape>(&is.keys)) {
        auto const written = shape_secrets(source, pairs->from, path, notes);
        for (std::size_t i = 0; i < written.size(); ++i) {
            auto keys = read_pair(written[i], is, pairs->is);
            if (keys) {
                std::ranges::move(*keys, std::back_inserter(read.of_pairs));
            } else {
                notes.mistake(fmt::format("{}.secrets.{}[{}]", path, pairs->from.name, i),
                              keys.error().message, keys.error().remedy);
            }
        }
    } else if (auto const* shape = std::get_if<secret_shape>(&is.keys)) {
        for (auto const& secret : shape_secrets(source, *shape, path, notes)) {
            auto const bytes = secret.bytes.reveal();
            if (is_no_secret(bytes)) {
                notes.mistake(at + ".keys", "the secret is a public key or a certificate, which anybody has",
                              "use algs: [RS256] or another of key pairs, with keys: {public: …}");
                continue;
            }
            for (auto const algorithm : is.algorithms) {
                auto const least = output_bytes(mac_of(algorithm));
                if (bytes.size() < least && !is.allow_weak) {
                    notes.mistake(at + ".keys",
                                  fmt::format("a secret has {} bytes; {} wants {} or more (RFC 7518, 3.2)",
                                              bytes.size(), name_of(algorithm), least),
                                  "use a longer one, or write allow_weak: true if the sender has no other");
                    continue;
                }
                read.of_secrets.push_back(
                    {algorithm, mac_key{mac_of(algorithm), bytes}, secret.label, secret.until});
            }
        }
    }
    if (notes.mistakes() != before) return std::nullopt;
    return read;
}

}  // namespace headgate::auth
