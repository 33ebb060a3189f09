#include "transforms/outlook.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace headgate::transforms {
namespace {

using enum json::kind;
using json::kind;

constexpr std::array every_kind{null, boolean, number, string, array, object};

struct known_member {
    std::string_view name;
    kinds of;
    known_object which = known_object::none;
};

constexpr auto event_members = std::to_array<known_member>({
    {"id", {string}},
    {"source", {string}},
    {"tenant", {string}},
    {"type", {null, string}},
    {"received_at", {string}},
    {"identity", {object}, known_object::identity},
    {"method", {string}},
    {"path", {string}},
    {"params", {object}, known_object::parameters},
    {"query", {object}, known_object::texts},
    {"query_all", {object}, known_object::lists},
    {"headers", {object}, known_object::texts},
    {"body", kinds::all()},
    {"body_text", {null, string}},
    {"body_base64", {null, string}},
    {"cloudevent", {null, object}},
});

constexpr auto identity_members = std::to_array<known_member>({
    {"verified_by", {string}},
    {"key_id", {null, string}},
    {"covers", {string}},
    {"signed_time", {null, string}},
    {"delivery_id", {null, string}},
    {"delivery_id_signed", {boolean}},
    {"subject", {null, string}},
    {"email", {null, string}},
    {"groups", {array}},
});

std::span<known_member const> members_of(known_object which) {
    switch (which) {
        case known_object::event: return event_members;
        case known_object::new_event: return std::span{event_members}.subspan(1);
        case known_object::identity: return identity_members;
        case known_object::none:
        case known_object::parameters:
        case known_object::texts:
        case known_object::lists:
        case known_object::checked: break;
    }
    return {};
}

// What one pair of kinds makes; nothing when it is an error.
kinds sum_of(kind left, kind right) {
    if (left == null) return {right};
    if (right == null) return {left};
    return left == right && left != boolean ? kinds{left} : kinds{};
}

kinds difference_of(kind left, kind right) {
    bool const works = left == right && (left == number || left == array);
    return works ? kinds{left} : kinds{};
}

kinds product_of(kind left, kind right) {
    bool const repeats = (left == string && right == number) || (left == number && right == string);
    if (repeats) return {null, string};
    bool const works = left == right && (left == number || left == object);
    return works ? kinds{left} : kinds{};
}

kinds quotient_of(kind left, kind right) {
    if (left == number && right == number) return {number};
    return left == string && right == string ? kinds{array} : kinds{};
}

kinds remainder_of(kind left, kind right) {
    return left == number && right == number ? kinds{number} : kinds{};
}

using operation = kinds (*)(kind left, kind right);
constexpr auto operations = std::to_array<std::pair<std::string_view, operation>>(
    {{"+", sum_of}, {"-", difference_of}, {"*", product_of}, {"/", quotient_of}, {"%", remainder_of}});

constexpr kinds anything = kinds::all();
constexpr kinds iterable{array, object};

// Those that rules use most. One that is not here takes and gives anything.
constexpr auto functions = std::to_array<function_outlook>({
    {"ascii_downcase", 0, {string}, {string}},
    {"ascii_upcase", 0, {string}, {string}},
    {"ceil", 0, {number}, {number}},
    {"endswith", 1, {string}, {boolean}},
    {"explode", 0, {string}, {array}},
    {"floor", 0, {number}, {number}},
    {"fromdate", 0, {string}, {number}},
    {"fromdateiso8601", 0, {string}, {number}},
    {"fromjson", 0, {string}, anything},
    {"gsub", 2, {string}, {string}},
    {"gsub", 3, {string}, {string}},
    {"has", 1, {null, array, object}, {boolean}},
    {"hmac_sha256", 1, {string}, {string}},
    {"implode", 0, {array}, {string}},
    {"join", 1, iterable, {string}},
    {"keys", 0, iterable, {array}},
    {"keys_unsorted", 0, iterable, {array}},
    {"length", 0, {null, number, string, array, object}, {number}},
    {"not", 0, anything, {boolean}},
    {"now", 0, anything, {number}},
    {"round", 0, {number}, {number}},
    {"sha256", 0, {string}, {string}},
    {"sort", 0, {array}, {array}},
    {"split", 1, {string}, {array}},
    {"split", 2, {string}, {array}},
    {"startswith", 1, {string}, {boolean}},
    {"sub", 2, {string}, {string}},
    {"sub", 3, {string}, {string}},
    {"test", 1, {string}, {boolean}},
    {"test", 2, {string}, {boolean}},
    {"todate", 0, {number, array}, {string}},
    {"tojson", 0, anything, {string}},
    {"tonumber", 0, {number, string}, {number}},
    {"tostring", 0, anything, {string}},
    {"trim", 0, {string}, {string}},
    {"type", 0, anything, {string}},
    {"unique", 0, {array}, {array}},
    {"utf8bytelength", 0, {string}, {number}},
    {"uuid5", 1, {string}, {string}},
});

}  // namespace

std::string name_of(kinds some) {
    std::string names;
    for (auto const one : every_kind) {
        if (!some.has(one)) continue;
        if (!names.empty()) names += " or ";
        names += json::name_of(one);
    }
    return names;
}

outlook of_events(known_event const& of) {
    return {.of = {object}, .which = known_object::event, .about = of};
}

outlook of_new_events(known_event const& of) {
    return {.of = {object}, .which = known_object::new_event, .about = of};
}

outlook either(outlook one, outlook const& other) {
    if (one.is_nothing()) return other;
    if (other.is_nothing()) return one;
    if (one.which != other.which) one.which = known_object::none;
    one.of = one.of | other.of;
    one.may_be_blank = one.may_be_blank || other.may_be_blank;
    if (one.null_in_text.empty()) one.null_in_text = other.null_in_text;
    return one;
}

std::optional<outlook> member_of(outlook const& of, std::string_view name) {
    if (of.which == known_object::parameters) {
        bool const is_there =
            std::ranges::find(of.about.path_parameters, name) != of.about.path_parameters.end();
        return is_there ? std::optional<outlook>{{.of = {string}}} : std::nullopt;
    }
    auto const members = members_of(of.which);
    if (members.empty()) return any_member_of(of.which);
    auto const found = std::ranges::find(members, name, &known_member::name);
    if (found == members.end()) return std::nullopt;
    bool const is_checked = name == "body" && of.about.body_has_schema;
    if (is_checked) return any_member_of(known_object::checked);
    return outlook{.of = found->of, .which = found->which, .about = of.about};
}

std::vector<std::string_view> member_names(outlook const& of) {
    std::vector<std::string_view> names;
    if (of.which == known_object::parameters)
        names.assign(of.about.path_parameters.begin(), of.about.path_parameters.end());
    for (auto const& one : members_of(of.which)) names.push_back(one.name);
    return names;
}

// One that is not there is null.
outlook any_member_of(known_object which) {
    switch (which) {
        case known_object::checked: return {.of = kinds::all().without(null), .which = which};
        case known_object::parameters: return {.of = {string}};
        case known_object::texts: return {.of = {null, string}};
        case known_object::lists: return {.of = {null, array}};
        case known_object::none:
        case known_object::event:
        case known_object::new_event:
        case known_object::identity: break;
    }
    return {};
}

kinds result_of(std::string_view sign, kinds left, kinds right) {
    auto const* const known =
        std::ranges::find(operations, sign, &std::pair<std::string_view, operation>::first);
    if (known == operations.end()) return {boolean};  // A comparison: of any two values.
    kinds all;
    for (auto const one : every_kind) {
        for (auto const other : every_kind) {
            if (left.has(one) && right.has(other)) all = all | known->second(one, other);
        }
    }
    return all;
}

function_outlook const* find_function_outlook(std::string_view name, std::size_t arity) {
    auto const* const found = std::ranges::find_if(
        functions, [&](function_outlook const& one) { return one.name == name && one.arity == arity; });
    return found == functions.end() ? nullptr : found;
}

}  // namespace headgate::transforms
