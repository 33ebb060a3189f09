#pragma once

#include "auth/crypto.hpp"
#include "auth/public_key.hpp"
#include "auth/reporter.hpp"
#include "auth/settings.hpp"
#include "core/clock.hpp"
#include "core/result.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// Keys that make tokens. Each serves one algorithm, which its own description or the configuration gives it:
// a token only says which of them it was made with.

namespace headgate::auth {

inline constexpr std::size_t jwks_keys_max = 64;

// A public key that may have made tokens.
struct token_key {
    token_algorithm algorithm;
    std::string key_id;  // Empty: it has no name, and is tried for every token of its algorithm.
    public_key key;
    std::string label;               // What an identity shows: "signing#0", or the name.
    std::optional<wall_time> until;  // Of the configured secret that held it.
};

// All of one issuer at one time. Immutable, for many threads.
struct key_set {
    std::vector<token_key> keys;

    // Whether one of them may be meant; each is where the name is empty.
    [[nodiscard]] bool knows(std::string_view key_id) const noexcept;
};

// One JWK or a JWK set (RFC 7517). Of a set, keys that are of no use here are left out, as RFC 7517, 5 asks
// for: of another kind or use, too weak, private, or for a shared secret. A key without `alg` serves every
// algorithm of its kind. Fails with invalid_argument where nothing is left, and where a name stands twice.
[[nodiscard]] result<std::vector<token_key>> read_jwks(std::string_view json);

// A secret that may have made tokens.
struct token_secret {
    token_algorithm algorithm;
    mac_key key;
    std::string label;
    std::optional<wall_time> until;
};

// Those of one check that are configured; one of the two lists is empty.
struct token_keys {
    std::vector<token_key> of_pairs;
    std::vector<token_secret> of_secrets;
};

// `path` is the source's place, `at` the check's. Nothing when something is wrong.
[[nodiscard]] std::optional<token_keys> read_token_keys(jwt_check const& is, settings const& source,
                                                        std::string const& path, std::string const& at,
                                                        reporter& notes);

// "HS", "RS", "PS", "ES" or "Ed".
[[nodiscard]] std::string_view family_of(token_algorithm algorithm) noexcept;
[[nodiscard]] bool is_for_secrets(token_algorithm algorithm) noexcept;

}  // namespace headgate::auth
