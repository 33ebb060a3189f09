#include "dispatch/attribute_value.hpp"

#include "core/clock.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <string>

namespace headgate::dispatch {
namespace {

// As it will be written: what reads it takes no `17.0` for an integer.
bool is_written_as_integer(json::value value) {
    auto const text = value.number_text();
    std::int64_t number = 0;
    auto const [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
    return failure == std::errc{} && end == text.data() + text.size();
}

bool is_of(json::value value, attribute_type type) {
    switch (type) {
        case attribute_type::unsaid: return true;
        case attribute_type::text:
        case attribute_type::keyword: return value.is_string();
        case attribute_type::integer: return value.is_number() && is_written_as_integer(value);
        case attribute_type::real: return value.is_number() && std::isfinite(value.as_double());
        case attribute_type::boolean: return value.is_boolean();
        case attribute_type::datetime: return value.is_string() && parse_rfc3339(value.as_string());
        case attribute_type::keywords:
            return value.is_array() &&
                   std::ranges::all_of(value.items(), [](json::value each) { return each.is_string(); });
    }
    return false;
}

transforms::kinds kinds_of(attribute_type type) {
    using enum json::kind;
    switch (type) {
        case attribute_type::unsaid: return transforms::kinds::all();
        case attribute_type::text:
        case attribute_type::keyword:
        case attribute_type::datetime: return {string};
        case attribute_type::integer:
        case attribute_type::real: return {number};
        case attribute_type::boolean: return {boolean};
        case attribute_type::keywords: return {array};
    }
    return transforms::kinds::all();
}

// What a value of the type is, so that the remedy says it.
std::string_view shape_of(attribute_type type) {
    switch (type) {
        case attribute_type::unsaid: return "anything";
        case attribute_type::text:
        case attribute_type::keyword: return "a string, for example with tostring";
        case attribute_type::integer: return "a whole number of 64 bits, for example with floor";
        case attribute_type::real: return "a finite number";
        case attribute_type::boolean: return "true or false";
        case attribute_type::datetime: return "an RFC 3339 time, 2026-11-22T03:00:00Z for example";
        case attribute_type::keywords: return "an array of strings";
    }
    return "anything";
}

error not_of(attribute_type type, std::string const& what) {
    return {errc::failed_precondition, fmt::format("{} is not of type {}", what, name_of(type)),
            fmt::format("make it {}, or null for a run without the attribute", shape_of(type))};
}

}  // namespace

std::optional<error> what_is_wrong_with_attribute(json::value value, attribute_type type) {
    if (value.is_null() || is_of(value, type)) return std::nullopt;
    return not_of(type, fmt::format("gave {} that", json::name_of(value.type())));
}

std::optional<error> what_is_wrong_with_attributes(transforms::outlook const& all, attribute_type type) {
    if (all.is_nothing() || all.of.has(json::kind::null) || all.of.meets(kinds_of(type))) return std::nullopt;
    return not_of(type, fmt::format("gives {}, which", name_of(all.of)));
}

}  // namespace headgate::dispatch
