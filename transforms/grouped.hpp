#pragma once

#include "json/value.hpp"
#include "model/request.hpp"

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace headgate::transforms {

// A string that stays where it is, unless it is no UTF-8: then a repaired copy is made. `kept` outlives it.
[[nodiscard]] json::value text_of(std::string_view kept, json::arena& where);

// Values of equal names, each name once, in the order they first came.
struct grouped {
    std::string_view name;
    std::vector<json::value> values;
};

[[nodiscard]] std::vector<grouped> group(parameters const& all, json::arena& where);
[[nodiscard]] std::vector<grouped> group(std::span<json::member const> all);

enum class repeated : std::uint8_t { becomes_null, becomes_array, is_always_array };

[[nodiscard]] json::value object_of(std::vector<grouped> const& groups, repeated how, json::arena& where);

}  // namespace headgate::transforms
