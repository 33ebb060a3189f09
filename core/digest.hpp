#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace headgate {

using sha256_digest = std::array<std::uint8_t, 32>;

// SHA-256 (FIPS 180-4) for naming things (dedupe keys, rule revisions) and for `same_secret`.
// What senders sign is verified with the cryptography of `auth`.
[[nodiscard]] sha256_digest sha256(std::string_view bytes);

// SHA-256 over fields, each preceded by its length as eight bytes, big endian: no two lists of fields share
// an input.
[[nodiscard]] sha256_digest sha256_of_fields(std::span<std::string_view const> fields);

// SHA-1 (FIPS 180-4), for UUIDs of version 5 alone: it proves nothing.
[[nodiscard]] std::array<std::uint8_t, 20> sha1(std::string_view bytes);

// HMAC-SHA-256 (RFC 2104). For rules; what senders sign is verified with the cryptography of `auth`.
[[nodiscard]] sha256_digest hmac_sha256(std::string_view key, std::string_view bytes);

// Whether two secrets are equal, in a time that tells nothing of their content: both are hashed first. Of
// their lengths it tells how many blocks of 64 bytes each is long.
[[nodiscard]] bool same_secret(std::string_view a, std::string_view b);

// Fills `bytes` from the kernel's random generator.
void fill_random(std::span<std::uint8_t> bytes);

}  // namespace headgate
