#pragma once

#include "core/clock.hpp"
#include "core/log.hpp"

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>

// What `log` is made of: how a line looks, and which of many equal ones are written.

namespace headgate {

inline constexpr std::size_t log_line_bytes_max = 8192;
inline constexpr std::size_t log_value_bytes_max = 2048;

// One line without its end. Longer values are cut between characters and end with "…"; a field that does not
// fit any more is left out. Nothing in a value can look like another field or another line: what is not UTF-8
// is replaced, control characters are escaped, and in text whatever is not one plain word is quoted.
[[nodiscard]] std::string log_line(log_format format, wall_time at, log_level level, std::string_view message,
                                   std::span<log_field const> fields);

// Lets the first line of each kind through, then one a second. Not for several threads at once.
class repetition {
public:
    using instant = std::chrono::steady_clock::time_point;

    // How many of this kind were left out since the last; nothing when this one is left out too.
    [[nodiscard]] std::optional<std::uint64_t> admit(std::string_view message, std::string_view about,
                                                     instant now);

    // With more kinds than this, all `about` of new ones count as one.
    static constexpr std::size_t kinds_max = 4096;

private:
    struct quiet {
        instant until;
        std::uint64_t left_out = 0;
    };
    std::map<std::string, quiet, std::less<>> seen_;
};

}  // namespace headgate
