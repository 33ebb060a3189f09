#pragma once

#include "core/result.hpp"
#include "json/value.hpp"

#include <concepts>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

// Strict RFC 8259 reading: UTF-8 only, one text, no comments, no trailing bytes but white space.

namespace headgate::json {

struct parse_limits {
    std::size_t depth_max = 64;          // Levels of arrays and objects; never more than `nesting_max`.
    std::size_t values_max = 1'000'000;  // All values together.
};

struct parsed {
    value root;
    std::size_t values = 0;       // All together.
    bool has_duplicates = false;  // Some object has a member name twice; of those the last is kept.
};

// Reads `text` into `where`. Strings and numbers without escapes may point into `text`, so `text` must
// outlive the values. Fails with invalid_argument; the message has line and column, and no payload. An
// exponent beyond 2^31 is refused too.
[[nodiscard]] result<parsed> parse(std::string_view text, arena& where, parse_limits const& limits = {});

// A temporary text would be gone before its values.
template <std::same_as<std::string> Temporary>
result<parsed> parse(Temporary&& text, arena& where, parse_limits const& limits = {}) = delete;

// Reads several texts, one after the other, with or without white space between them (JSON lines and the
// like). Fails as `parse` does, at the first text that is wrong.
[[nodiscard]] result<std::vector<value>> parse_many(std::string_view text, arena& where,
                                                    parse_limits const& limits = {});

}  // namespace headgate::json
