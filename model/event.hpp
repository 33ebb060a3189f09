#pragma once

#include "core/ids.hpp"
#include "model/identity.hpp"
#include "model/request.hpp"

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace headgate {

// The order of commit; never used twice.
using sequence_number = std::uint64_t;

// First 128 bits of SHA-256 over (tenant, source, kind, value), each length-prefixed.
struct dedupe_key {
    std::array<std::uint8_t, 16> hash{};
    [[nodiscard]] auto operator<=>(dedupe_key const&) const = default;
};

enum class dedupe_kind : std::uint8_t { id, digest, once };

[[nodiscard]] dedupe_key make_dedupe_key(std::string_view tenant, std::string_view source, dedupe_kind kind,
                                         std::string_view value);

// One verified request as it is kept: raw, except that credentials were replaced by `<verified>`.
struct event {
    sequence_number sequence = 0;  // Given by the store.
    uuid id;                       // Given by the store.
    std::string tenant;
    std::string source;
    identity sender;
    request received;
};

enum class event_state : std::uint8_t { accepted, routed, unmatched, quarantined };

[[nodiscard]] std::string_view name_of(event_state state) noexcept;

}  // namespace headgate
