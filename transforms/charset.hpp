#pragma once

#include "core/result.hpp"
#include "json/value.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

// Text in other characters than UTF-8.

namespace headgate::transforms {

enum class charset : std::uint8_t { utf_8, us_ascii, iso_8859_1, utf_16, utf_16be, utf_16le };

// As IANA registers it, in lower case. Refuses, with invalid_argument, a name that is none of these.
[[nodiscard]] std::string_view name_of(charset which) noexcept;
[[nodiscard]] result<charset> charset_named(std::string_view label);

// The same text in UTF-8, without a byte order mark: `bytes` themselves where they are it already, else made
// in `where`. Refuses, with invalid_argument, bytes that are not of this charset (`utf_16` needs its byte
// order mark), and with resource_exhausted a text of more than `bytes_max`.
[[nodiscard]] result<std::string_view> text_in_utf8(charset from, std::string_view bytes, json::arena& where,
                                                    std::size_t bytes_max);

}  // namespace headgate::transforms
