#pragma once

#include "core/clock.hpp"
#include "core/result.hpp"

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace headgate {

// A UUID (RFC 9562), compared byte by byte: for version 7 that is the order of time.
struct uuid {
    std::array<std::uint8_t, 16> bytes{};

    [[nodiscard]] auto operator<=>(uuid const&) const = default;
};

// 0192f3c0-7b1e-7cc3-9a4f-0123456789ab
[[nodiscard]] std::string to_string(uuid const& id);

// Reads the form above, in either case. Fails with invalid_argument.
[[nodiscard]] result<uuid> parse_uuid(std::string_view text);

// UUIDv5 (RFC 9562, 5.5): the same for the same name in the same name space, anywhere and always.
[[nodiscard]] uuid uuid_of_name(uuid const& name_space, std::string_view name);

// Gives UUIDv7s, each greater than the one before, also when the wall clock steps back. Belongs to one
// thread.
class uuid_sequence {
public:
    // Ids will be greater than `last`: pass the greatest one stored, so that order survives a restart.
    explicit uuid_sequence(uuid last = {});

    [[nodiscard]] uuid next(wall_time now);

private:
    void take_random(uuid& id);

    uuid last_;
    std::array<std::uint8_t, 1024>
        random_{};  // Fetched from the kernel in one go: a call for each id would show.
    std::size_t random_left_ = 0;
};

}  // namespace headgate
