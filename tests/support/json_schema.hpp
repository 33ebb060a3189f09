#pragma once

#include "json/value.hpp"
#include "json/write.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <regex>
#include <string>
#include <string_view>

// A judge of JSON Schema (draft 2020-12) for the part of it that our schema uses. A keyword that it does not
// know fails the test: it would be a promise to editors that nobody looks at.

namespace headgate::testing_support {

class json_schema {
public:
    explicit json_schema(json::value root) : root_{root} {}

    [[nodiscard]] bool accepts(json::value const& document) const { return fits(document, root_); }

private:
    [[nodiscard]] bool fits(json::value const& it, json::value const& schema) const {
        if (schema.is_boolean()) return schema.as_boolean();
        return std::ranges::all_of(schema.members(),
                                   [&](auto const& rule) { return obeys(it, rule.key, rule.value, schema); });
    }

    [[nodiscard]] bool obeys(json::value const& it, std::string_view keyword, json::value const& rule,
                             json::value const& schema) const {
        constexpr std::array<std::string_view, 6> notes{"description", "default", "title",
                                                        "$schema",     "$defs",   "format"};
        if (std::ranges::find(notes, keyword) != notes.end()) return true;
        if (keyword == "$ref") return fits(it, *root_.at_pointer(rule.as_string().substr(1)));
        if (keyword == "type") return has_type(it, rule);
        if (keyword == "enum")
            return std::ranges::any_of(rule.items(), [&](auto const& one) { return same(it, one); });
        if (keyword == "const") return same(it, rule);
        if (keyword == "allOf") return fitting(it, rule) == rule.items().size();
        if (keyword == "anyOf") return fitting(it, rule) > 0;
        if (keyword == "oneOf") return fitting(it, rule) == 1;
        if (it.is_object()) return object_obeys(it, keyword, rule, schema);
        if (it.is_array()) return array_obeys(it, keyword, rule);
        if (it.is_string()) return text_obeys(it.as_string(), keyword, rule);
        if (it.is_number()) return number_obeys(it.as_double(), keyword, rule);
        return true;
    }

    [[nodiscard]] std::size_t fitting(json::value const& it, json::value const& schemas) const {
        auto const all = schemas.items();
        return static_cast<std::size_t>(
            std::ranges::count_if(all, [&](auto const& one) { return fits(it, one); }));
    }

    [[nodiscard]] bool object_obeys(json::value const& it, std::string_view keyword, json::value const& rule,
                                    json::value const& schema) const {
        auto const members = it.members();
        if (keyword == "properties") {
            return std::ranges::all_of(members, [&](auto const& one) {
                auto const own = rule.find(one.key);
                return !own || fits(one.value, *own);
            });
        }
        if (keyword == "additionalProperties") {
            auto const named = schema.find("properties");
            return std::ranges::all_of(members, [&](auto const& one) {
                return (named && named->find(one.key)) || fits(one.value, rule);
            });
        }
        if (keyword == "propertyNames") {
            return std::ranges::all_of(
                members, [&](auto const& one) { return fits(json::value::string_view_of(one.key), rule); });
        }
        if (keyword == "required") return has_all(it, rule);
        if (keyword == "dependentRequired") {
            return std::ranges::all_of(
                rule.members(), [&](auto const& one) { return !it.find(one.key) || has_all(it, one.value); });
        }
        if (keyword == "minProperties") return members.size() >= size_of(rule);
        if (keyword == "maxProperties") return members.size() <= size_of(rule);
        return is_of_another_type(keyword);
    }

    [[nodiscard]] static bool has_all(json::value const& it, json::value const& names) {
        return std::ranges::all_of(names.items(),
                                   [&](auto const& name) { return it.find(name.as_string()).has_value(); });
    }

    [[nodiscard]] bool array_obeys(json::value const& it, std::string_view keyword,
                                   json::value const& rule) const {
        auto const items = it.items();
        if (keyword == "items")
            return std::ranges::all_of(items, [&](auto const& one) { return fits(one, rule); });
        if (keyword == "minItems") return items.size() >= size_of(rule);
        if (keyword == "maxItems") return items.size() <= size_of(rule);
        return is_of_another_type(keyword);
    }

    [[nodiscard]] static bool text_obeys(std::string_view it, std::string_view keyword,
                                         json::value const& rule) {
        if (keyword == "minLength") return it.size() >= size_of(rule);
        if (keyword == "pattern")
            return std::regex_search(std::string{it}, std::regex{std::string{rule.as_string()}});
        return is_of_another_type(keyword);
    }

    [[nodiscard]] static bool number_obeys(double it, std::string_view keyword, json::value const& rule) {
        if (keyword == "minimum") return it >= rule.as_double();
        if (keyword == "maximum") return it <= rule.as_double();
        return is_of_another_type(keyword);
    }

    [[nodiscard]] static bool is_of_another_type(std::string_view keyword) {
        constexpr std::array<std::string_view, 14> known{"properties",        "additionalProperties",
                                                         "propertyNames",     "required",
                                                         "dependentRequired", "minProperties",
                                                         "maxProperties",     "items",
                                                         "minItems",          "maxItems",
                                                         "minLength",         "pattern",
                                                         "minimum",           "maximum"};
        if (std::ranges::find(known, keyword) == known.end()) ADD_FAILURE() << "unknown keyword " << keyword;
        return true;
    }

    [[nodiscard]] static bool has_type(json::value const& it, json::value const& rule) {
        if (rule.is_array()) {
            return std::ranges::any_of(rule.items(), [&](auto const& one) { return has_type(it, one); });
        }
        if (rule.as_string() == "integer")
            return it.is_number() && std::trunc(it.as_double()) == it.as_double();
        return json::name_of(it.type()) == rule.as_string();
    }

    [[nodiscard]] static std::size_t size_of(json::value const& rule) {
        return static_cast<std::size_t>(rule.as_double());
    }

    [[nodiscard]] static bool same(json::value const& a, json::value const& b) {
        return json::write(a) == json::write(b);
    }

    json::value root_;
};

}  // namespace headgate::testing_support
