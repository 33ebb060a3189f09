#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

// Code points in UTF-8 that is known to be well-formed, as every string value is.

namespace headgate::transforms {

void append_utf8(std::uint32_t code_point, std::string& out);

// Takes the first code point off `text`, which is not empty.
[[nodiscard]] std::uint32_t take_code_point(std::string_view& text);

[[nodiscard]] std::size_t count_code_points(std::string_view text);

// Bytes before the code point number `index`; all of them when there are fewer.
[[nodiscard]] std::size_t byte_offset(std::string_view text, std::size_t index);

}  // namespace headgate::transforms
