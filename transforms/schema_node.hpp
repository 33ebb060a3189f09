#pragma once

#include "json/value.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace re2 {
class RE2;
}

namespace headgate::transforms {

using schema_number = std::uint32_t;

// One schema of a JSON Schema document, with its subschemas by number. Texts and values point into the
// document.
struct schema_node {
    struct bounds {
        std::optional<std::size_t> least;
        std::optional<std::size_t> most;
    };

    std::string place;  // JSON pointer in the document.
    bool is_never = false;
    std::optional<schema_number> refers_to;  // Then nothing else counts.

    unsigned types = 0;        // A bit for each that is allowed, by `json::kind`; none: all are.
    bool only_whole = false;   // Of numbers.
    bool has_options = false;  // `enum` or `const`: one of `options`.
    std::vector<json::value> options;

    std::optional<json::value> least;
    std::optional<json::value> most;
    bool least_is_out = false;
    bool most_is_out = false;
    std::optional<json::value> multiple_of;

    bounds length;  // Characters.
    std::shared_ptr<re2::RE2 const> pattern;

    bounds items;
    bool are_unique = false;
    std::vector<schema_number> first_items;
    std::optional<schema_number> other_items;
    std::optional<schema_number> contained;

    bounds members;
    std::vector<std::string_view> required;
    std::unordered_map<std::string_view, schema_number> properties;
    std::vector<std::pair<std::shared_ptr<re2::RE2 const>, schema_number>> properties_like;
    std::optional<schema_number> other_properties;
    std::optional<schema_number> names;
    std::vector<std::pair<std::string_view, std::vector<std::string_view>>> required_beside;
    std::vector<std::pair<std::string_view, schema_number>> schemas_beside;

    std::vector<schema_number> all_of;
    std::vector<schema_number> any_of;
    std::vector<schema_number> one_of;
    std::optional<schema_number> none_of;
    std::optional<schema_number> when;
    std::optional<schema_number> then;
    std::optional<schema_number> otherwise;
};

}  // namespace headgate::transforms
