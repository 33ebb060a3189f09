#include "transforms/schema_reader.hpp"

#include "json/pointer.hpp"
#include "model/request.hpp"
#include "transforms/schema_chains.hpp"
#include "transforms/schema_reader_parts.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace headgate::transforms {

using json::value;

namespace {

// `~` and `/` in a name stand for themselves.
std::string child_of(std::string_view place, std::string_view name) {
    auto child = std::string{place} + '/';
    for (char const c : name) {
        if (c == '~' || c == '/') {
            child += c == '~' ? "~0" : "~1";
        } else {
            child += c;
        }
    }
    return child;
}

}  // namespace

result<std::vector<schema_node>> schema_reader::read() {
    add("", root_);
    for (std::size_t number = 0; number < nodes_.size() && !mistake_; ++number) read_node(number);
    if (mistake_) return std::unexpected{*mistake_};
    if (auto sound = check_chains(nodes_); !sound) return std::unexpected{std::move(sound).error()};
    return std::move(nodes_);
}

void schema_reader::mistake(std::string_view name, std::string_view what, std::string remedy) {
    if (mistake_) return;
    auto const place = name.empty() ? now().place : child_of(now().place, name);
    mistake_ =
        error{errc::invalid_argument, fmt::format("the schema at {}: {}", place.empty() ? "/" : place, what),
              std::move(remedy)};
}

void schema_reader::mistake_here(std::string_view what, std::string remedy) {
    mistake(keyword_, what, std::move(remedy));
}

schema_number schema_reader::add(std::string place, value const& at) {
    auto const [known, is_new] = numbers_.try_emplace(place, static_cast<schema_number>(nodes_.size()));
    if (is_new) {
        nodes_.push_back({.place = std::move(place)});
        values_.push_back(at);
    }
    return known->second;
}

schema_number schema_reader::add_here(value const& at) {
    return add(child_of(now().place, keyword_), at);
}

schema_number schema_reader::add_here(std::string_view name, value const& at) {
    return add(child_of(child_of(now().place, keyword_), name), at);
}

void schema_reader::read_node(std::size_t number) {
    now_ = number;
    auto const at = values_[number];
    if (at.is_boolean()) {
        now().is_never = !at.as_boolean();
        return;
    }
    if (!at.is_object()) {
        mistake("", "is neither a mapping nor true or false", "write a schema there");
        return;
    }
    if (auto const* const reference = at.find_pointer("$ref")) {
        read_reference(*reference);
        return;
    }
    for (auto const& known : keywords()) {
        auto const* const said = at.find_pointer(known.name);
        keyword_ = known.name;
        if (said != nullptr) (this->*known.read)(*said);
    }
}

void schema_reader::read_reference(value const& said) {
    keyword_ = "$ref";
    auto const target = said.is_string() ? percent_decode(said.as_string()) : std::nullopt;
    bool const is_inside = target && (*target == "#" || target->starts_with("#/"));
    if (!is_inside) {
        mistake_here(
            "refers to another document, and nothing is fetched",
            "write that schema into this file, below `definitions`, and refer to #/definitions/NAME");
        return;
    }
    auto const place = target->substr(1);
    auto const found = root_.at_pointer(place);
    if (!found) {
        mistake_here("refers to a place that is not there", "correct it, for example #/definitions/NAME");
        return;
    }
    auto const number = add(place, *found);
    now().refers_to = number;
}

void schema_reader::read_dialect(value const& said) {
    constexpr std::array<std::string_view, 3> known{"json-schema.org/draft-04/schema",
                                                    "json-schema.org/draft-06/schema",
                                                    "json-schema.org/draft-07/schema"};
    auto const is_named = [&](std::string_view one) {
        return said.is_string() && said.as_string().contains(one);
    };
    if (std::ranges::any_of(known, is_named)) return;
    mistake_here("is a draft that is not known here",
                 "write it for draft 7: http://json-schema.org/draft-07/schema#");
}

// References would begin anew there.
void schema_reader::read_id(value const&) {
    if (now().place.empty()) return;
    mistake_here("names a document within the document",
                 "take it out, and refer to it as #/definitions/NAME");
}

void schema_reader::refuse_keyword(value const&) {
    mistake_here("is a keyword of a later draft and would check nothing",
                 "write it for draft 7, with `items`, `additionalProperties`, `dependencies` or `contains`");
}

// --- of any value ---

void schema_reader::read_type(value const& said) {
    if (said.is_string()) return read_type_name(said);
    if (!said.is_array() || said.items().empty()) return mistake_here("is not a type", type_remedy());
    for (auto const& one : said.items()) read_type_name(one);
}

void schema_reader::read_type_name(value const& said) {
    using json::kind;
    constexpr std::array<std::pair<std::string_view, kind>, 7> names{{{"null", kind::null},
                                                                      {"boolean", kind::boolean},
                                                                      {"number", kind::number},
                                                                      {"integer", kind::number},
                                                                      {"string", kind::string},
                                                                      {"array", kind::array},
                                                                      {"object", kind::object}}};
    auto const* const found = std::ranges::find_if(
        names, [&](auto const& one) { return said.is_string() && one.first == said.as_string(); });
    if (found == names.end()) return mistake_here("is not a type", type_remedy());
    auto const bit = 1U << static_cast<unsigned>(found->second);
    bool const is_whole = found->first == "integer";
    bool const was_there = (now().types & bit) != 0;
    if (found->second == kind::number) now().only_whole = is_whole && (!was_there || now().only_whole);
    now().types |= bit;
}

std::string schema_reader::type_remedy() {
    return "one of: null, boolean, number, integer, string, array, object, or a list of them";
}

void schema_reader::read_enum(value const& said) {
    if (!said.is_array() || said.items().empty())
        return mistake_here("is not a list of values", "list the values that are allowed");
    now().has_options = true;
    now().options.assign(said.items().begin(), said.items().end());
}

// Beside `enum` both count; a constant that is not among the others leaves nothing.
void schema_reader::read_const(value const& said) {
    if (now().has_options) return mistake_here("stands beside `enum`", "write only one of the two");
    now().has_options = true;
    now().options = {said};
}

// --- of several schemas ---

void schema_reader::read_one(value const& said, std::optional<schema_number> schema_node::* into) {
    auto const number = add_here(said);
    now().*into = number;
}

std::vector<schema_number> schema_reader::add_all(value const& said) {
    std::vector<schema_number> numbers;
    if (!said.is_array() || said.items().empty())
        return mistake_here("is not a list of schemas", "list one at least"), numbers;
    for (std::size_t i = 0; i < said.items().size(); ++i) {
        numbers.push_back(add_here(std::to_string(i), said.items()[i]));
    }
    return numbers;
}

void schema_reader::read_all_of(value const& said) {
    auto const numbers = add_all(said);
    now().all_of = numbers;
}

void schema_reader::read_any_of(value const& said) {
    auto const numbers = add_all(said);
    now().any_of = numbers;
}

void schema_reader::read_one_of(value const& said) {
    auto const numbers = add_all(said);
    now().one_of = numbers;
}

std::span<schema_reader::keyword const> schema_reader::keywords() {
    using self = schema_reader;
    static constexpr auto all = std::to_array<keyword>({
        {"$schema", &self::read_dialect},
        {"$id", &self::read_id},
        {"type", &self::read_type},
        {"enum", &self::read_enum},
        {"const", &self::read_const},
        {"minimum", &self::read_minimum},
        {"maximum", &self::read_maximum},
        {"exclusiveMinimum", &self::read_exclusive_minimum},
        {"exclusiveMaximum", &self::read_exclusive_maximum},
        {"multipleOf", &self::read_multiple_of},
        {"minLength", &self::read_min_length},
        {"maxLength", &self::read_max_length},
        {"pattern", &self::read_pattern},
        {"items", &self::read_items},
        {"minItems", &self::read_min_items},
        {"maxItems", &self::read_max_items},
        {"uniqueItems", &self::read_unique},
        {"contains", &self::read_contains},
        {"required", &self::read_required},
        {"properties", &self::read_properties},
        {"patternProperties", &self::read_pattern_properties},
        {"additionalProperties", &self::read_additional_properties},
        {"propertyNames", &self::read_property_names},
        {"minProperties", &self::read_min_properties},
        {"maxProperties", &self::read_max_properties},
        {"dependencies", &self::read_dependencies},
        {"allOf", &self::read_all_of},
        {"anyOf", &self::read_any_of},
        {"oneOf", &self::read_one_of},
        {"not", &self::read_not},
        {"if", &self::read_if},
        {"then", &self::read_then},
        {"else", &self::read_else},
        {"prefixItems", &self::refuse_keyword},
        {"minContains", &self::refuse_keyword},
        {"maxContains", &self::refuse_keyword},
        {"unevaluatedItems", &self::refuse_keyword},
        {"unevaluatedProperties", &self::refuse_keyword},
        {"dependentRequired", &self::refuse_keyword},
        {"dependentSchemas", &self::refuse_keyword},
        {"$dynamicRef", &self::refuse_keyword},
        {"$recursiveRef", &self::refuse_keyword},
    });
    return all;
}

result<std::vector<schema_node>> read_schema(value root) {
    return schema_reader{root}.read();
}

}  // namespace headgate::transforms
