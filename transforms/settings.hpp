#pragma once

#include "json/value.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>

namespace headgate::transforms {

// How a body may be packed (Content-Encoding).
enum class content_coding : std::uint8_t { gzip, zstd, br };

inline constexpr std::array all_content_codings{content_coding::gzip, content_coding::zstd,
                                                content_coding::br};

enum class duplicate_keys : std::uint8_t { last_counts, refused };

// A JSON text that was read, with what it is made of.
struct kept_document {
    json::arena kept;
    json::value root;
};

// How the bodies of one source are read.
struct body_settings {
    duplicate_keys duplicates = duplicate_keys::last_counts;   // Of JSON.
    std::size_t json_depth_max = 64;                           // Arrays and objects inside each other.
    bool has_base64 = false;                                   // `.body_base64` is there.
    std::size_t file_text_bytes_max = std::size_t{64} * 1024;  // Of a form's file, for its text to be shown.
    std::shared_ptr<kept_document const>
        schema;  // What bodies have to match for rules to see them. Null: none.
};

// What programs look up with `lookup("table"; key)`. Not changed once a program was compiled with it: then it
// is shared with that program, and read from many threads.
struct lookup_tables {
    json::arena kept;
    json::value by_name;  // An object of objects: tables by name, and in each what it has by key.
};

}  // namespace headgate::transforms
