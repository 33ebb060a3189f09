#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace headgate::transforms {

// How a body may be packed (Content-Encoding).
enum class content_coding : std::uint8_t { gzip, zstd, br };

inline constexpr std::array all_content_codings{content_coding::gzip, content_coding::zstd,
                                                content_coding::br};

enum class duplicate_keys : std::uint8_t { last_counts, refused };

// How the bodies of one source are read.
struct body_settings {
    duplicate_keys duplicates = duplicate_keys::last_counts;   // Of JSON.
    bool has_base64 = false;                                   // `.body_base64` is there.
    std::size_t file_text_bytes_max = std::size_t{64} * 1024;  // Of a form's file, for its text to be shown.
};

}  // namespace headgate::transforms
