#pragma once

#include "auth/settings.hpp"
#include "core/result.hpp"
#include "json/value.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

// JSON Web Tokens in their compact form (RFC 7515, RFC 7519), read as RFC 8725 asks for.

namespace headgate::auth {

inline constexpr std::size_t key_id_bytes_max = 128;

// "RS256", as tokens and keys write it; nothing for what we do not know.
[[nodiscard]] std::optional<token_algorithm> token_algorithm_named(std::string_view name) noexcept;
[[nodiscard]] std::string_view name_of(token_algorithm algorithm) noexcept;

// What may name a key: 1 to 128 visible ASCII characters.
[[nodiscard]] bool is_key_id(std::string_view text) noexcept;

// A token that was taken apart and not verified yet: nothing in it may be believed.
struct token {
    std::shared_ptr<json::arena> values;  // Where the claims live.
    token_algorithm algorithm{};
    std::optional<std::string> key_id;
    json::value claims;
    std::string signature;
    std::string_view signed_part;  // Header and payload as they came, with the point between them.
};

// Fails on everything but three parts of canonical base64url, the first two of them JSON objects in which no
// name stands twice, with an `alg` that we know. A header with `crit` fails: it says that the rest cannot be
// understood without something that we do not know. Keys and addresses of keys in the header are not looked
// at. `compact` outlives the token.
[[nodiscard]] result<token> read_token(std::string_view compact,
                                       std::size_t bytes_max = reading_limits{}.token_bytes_max);

// The claim of this name, or what the JSON pointer leads to where the name begins with a slash.
[[nodiscard]] std::optional<json::value> find_claim(json::value const& claims, std::string_view name);

// Whole seconds since 1970 of a NumericDate (RFC 7519, 2): at most eleven digits, and a fraction, which is
// dropped. Nothing for everything else: no sign, no exponent, no text.
[[nodiscard]] std::optional<std::int64_t> numeric_date(json::value const& claim);

}  // namespace headgate::auth
