#pragma once

#include "auth/reporter.hpp"
#include "auth/settings.hpp"
#include "core/clock.hpp"
#include "core/secret.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// A source's secrets, made usable, or refused with the reason.

namespace headgate::auth {

inline constexpr std::size_t secrets_max = 8;            // Of one list.
inline constexpr std::size_t secret_bytes_advised = 16;  // Fewer is a warning.
inline constexpr std::size_t secret_bytes_max = 64 * 1024;

// One secret's bytes after `strip` and decoding.
struct key_bytes {
    secret bytes;
    std::string label;
    std::optional<wall_time> until;
};

// All secrets of `shape.name`. One that is empty, too short, undecodable or a placeholder refuses the whole
// list. `path` is the source's place in the configuration. Empty when something is wrong.
[[nodiscard]] std::vector<key_bytes> shape_secrets(settings const& from, secret_shape const& shape,
                                                   std::string const& path, reporter& notes);

// The bytes of one secret in this shape; nothing when they cannot be decoded.
[[nodiscard]] std::optional<secret> shape_secret(secret const& written, secret_shape const& shape);

}  // namespace headgate::auth
