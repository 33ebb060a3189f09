#pragma once

#include "core/result.hpp"
#include "json/value.hpp"
#include "transforms/schema_node.hpp"

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

// The reader of JSON Schemas from inside: schema_reader.cpp goes through the document, schema_keywords.cpp
// reads what a schema says of numbers, strings, arrays and objects.

namespace headgate::transforms {

// Goes from schema to schema by a list, never by calls: a document may refer on for as long as it likes.
class schema_reader {
public:
    explicit schema_reader(json::value root) : root_{root} {}

    result<std::vector<schema_node>> read();

private:
    using reading = void (schema_reader::*)(json::value const& said);
    struct keyword {
        std::string_view name;
        reading read;
    };
    static std::span<keyword const> keywords();

    void mistake(std::string_view name, std::string_view what, std::string remedy);
    void mistake_here(std::string_view what, std::string remedy);

    schema_node& now() { return nodes_[now_]; }

    schema_number add(std::string place, json::value const& at);
    schema_number add_here(json::value const& at);
    schema_number add_here(std::string_view name, json::value const& at);

    void read_node(std::size_t number);
    void read_reference(json::value const& said);
    void read_dialect(json::value const& said);
    void read_id(json::value const&);
    void refuse_keyword(json::value const&);

    // --- of any value ---

    void read_type(json::value const& said);
    void read_type_name(json::value const& said);
    static std::string type_remedy();
    void read_enum(json::value const& said);
    void read_const(json::value const& said);

    // --- of numbers ---

    void read_bound(json::value const& said, std::optional<json::value>& into, bool& is_out, bool out);
    void read_minimum(json::value const& said) { read_bound(said, now().least, now().least_is_out, false); }
    void read_maximum(json::value const& said) { read_bound(said, now().most, now().most_is_out, false); }
    void read_exclusive_minimum(json::value const& said);
    void read_exclusive_maximum(json::value const& said);
    void read_multiple_of(json::value const& said);

    // --- of strings, arrays and objects ---

    void read_count(json::value const& said, std::optional<std::size_t>& into);
    void read_min_length(json::value const& said) { read_count(said, now().length.least); }
    void read_max_length(json::value const& said) { read_count(said, now().length.most); }
    void read_min_items(json::value const& said) { read_count(said, now().items.least); }
    void read_max_items(json::value const& said) { read_count(said, now().items.most); }
    void read_min_properties(json::value const& said) { read_count(said, now().members.least); }
    void read_max_properties(json::value const& said) { read_count(said, now().members.most); }

    std::shared_ptr<re2::RE2 const> expression(std::string_view text);
    void read_pattern(json::value const& said);

    void read_items(json::value const& said);
    void read_unique(json::value const& said);
    void read_contains(json::value const& said) { read_one(said, &schema_node::contained); }

    std::vector<std::string_view> names_in(json::value const& said);
    void read_required(json::value const& said) { now().required = names_in(said); }

    bool is_mapping(json::value const& said);
    void read_properties(json::value const& said);
    void read_pattern_properties(json::value const& said);
    void read_additional_properties(json::value const& said) {
        read_one(said, &schema_node::other_properties);
    }
    void read_property_names(json::value const& said) { read_one(said, &schema_node::names); }
    void read_dependencies(json::value const& said);

    // --- of several schemas ---

    void read_one(json::value const& said, std::optional<schema_number> schema_node::* into);
    std::vector<schema_number> add_all(json::value const& said);
    void read_all_of(json::value const& said);
    void read_any_of(json::value const& said);
    void read_one_of(json::value const& said);
    void read_not(json::value const& said) { read_one(said, &schema_node::none_of); }
    void read_if(json::value const& said) { read_one(said, &schema_node::when); }
    void read_then(json::value const& said) { read_one(said, &schema_node::then); }
    void read_else(json::value const& said) { read_one(said, &schema_node::otherwise); }

    json::value root_;
    std::vector<schema_node> nodes_;
    std::vector<json::value> values_;                         // Of each node.
    std::unordered_map<std::string, schema_number> numbers_;  // By place.
    std::size_t now_ = 0;
    std::string_view keyword_;
    std::optional<error> mistake_;
};

}  // namespace headgate::transforms
