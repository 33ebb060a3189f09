#pragma once

#include <cstdint>
#include <string_view>

namespace headgate::json {

// For hash tables over member names. Keyed with random bytes of this process, so that a sender cannot choose
// names that collide; never stored, never sent.
[[nodiscard]] std::uint64_t hash_of(std::string_view key) noexcept;

}  // namespace headgate::json
