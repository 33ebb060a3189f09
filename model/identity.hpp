#pragma once

#include "core/clock.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace headgate {

// How much of the request the proof covers.
enum class coverage : std::uint8_t { none, partial, full };

[[nodiscard]] char const* name_of(coverage covers) noexcept;

// Who sent a request, and how we know: the facts of a verdict. Has no default value, because having one
// grants something: only `auth` makes one.
struct identity {
    identity(std::string checked, std::string key, coverage proof)
        : verified_by{std::move(checked)}, key_id{std::move(key)}, covers{proof} {}

    std::string verified_by;  // The checks that held: "mac", "equal+peer".
    std::string
        key_id;  // Which secret matched, as "signing#0"; empty where no key is involved. Never the key.
    coverage covers;
    std::optional<wall_time> signed_time;
    std::string delivery_id;  // The sender's own id of this delivery; empty when it has none.
    bool delivery_id_signed = false;
    std::string event_type;  // "release.published"; empty when the preset names none.

    // Whom a verified token is about; empty where it does not say, or where there is none.
    std::string subject;
    std::string email;
    std::vector<std::string> groups;
};

}  // namespace headgate
