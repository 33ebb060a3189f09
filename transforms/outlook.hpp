#pragma once

#include "json/value.hpp"

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

// What can be known of a value before there is one.

namespace headgate::transforms {

// Some of the kinds of JSON values.
class kinds {
public:
    constexpr kinds() = default;
    constexpr kinds(std::initializer_list<json::kind> of) {
        for (auto const one : of) bits_ |= bit(one);
    }
    static constexpr kinds all() {
        using enum json::kind;
        return {null, boolean, number, string, array, object};
    }

    [[nodiscard]] constexpr bool has(json::kind one) const { return (bits_ & bit(one)) != 0; }
    [[nodiscard]] constexpr bool empty() const { return bits_ == 0; }
    [[nodiscard]] constexpr bool only(json::kind one) const { return bits_ == bit(one); }
    [[nodiscard]] constexpr bool meets(kinds other) const { return (bits_ & other.bits_) != 0; }
    [[nodiscard]] constexpr kinds without(json::kind one) const { return {bits_ & ~bit(one)}; }
    constexpr kinds operator|(kinds other) const { return {bits_ | other.bits_}; }
    bool operator==(kinds const&) const = default;

private:
    constexpr kinds(unsigned bits) : bits_{bits} {}
    static constexpr unsigned bit(json::kind one) { return 1U << static_cast<unsigned>(one); }
    unsigned bits_ = 0;
};

[[nodiscard]] std::string name_of(kinds some);  // "string", "null or string"

// Objects whose members are known, because we make them.
enum class known_object : std::uint8_t {
    none,
    event,      // What a rule sees: see rule_input.hpp.
    new_event,  // The same while accepting: it has no id yet.
    identity,
    parameters,  // Of the path, all of them strings.
    texts,       // Each member is a string; null where a name of the query is repeated.
    lists,       // An array.
    checked,     // By a schema: what is read of it is taken to be there.
};

// What is known of the events of a source.
struct known_event {
    std::span<std::string const> path_parameters;  // Their names. Outlive this.
    bool body_has_schema = false;
};

// What the outputs of a program will be, or the values of a place. Without kinds there is none.
struct outlook {
    kinds of = kinds::all();
    known_object which = known_object::none;  // If it is an object.
    known_event about;                        // Of an event, and of what is in it.
    bool may_be_blank = false;                // "" stands in the program as what it may give.
    std::string null_in_text;  // Where a text may be made of null: "line 1, column 12". Or empty.

    [[nodiscard]] bool is_nothing() const { return of.empty(); }
};

// Of the input of a rule, and of `dedupe.program`, which runs before there is an id.
[[nodiscard]] outlook of_events(known_event const& of);
[[nodiscard]] outlook of_new_events(known_event const& of);

[[nodiscard]] outlook either(outlook one, outlook const& other);

// Nothing when there is no such member. `of` may be an object.
[[nodiscard]] std::optional<outlook> member_of(outlook const& of, std::string_view name);
[[nodiscard]] std::vector<std::string_view> member_names(outlook const& of);  // As far as they are known.
[[nodiscard]] outlook any_member_of(known_object which);

// What an operator gives for these; without kinds when it can only fail. `sign` as jq writes it.
[[nodiscard]] kinds result_of(std::string_view sign, kinds left, kinds right);

// What a function of the language asks of its input, and what it gives; arguments are not looked at.
struct function_outlook {
    std::string_view name;
    std::size_t arity;
    kinds takes;
    kinds gives;
};
[[nodiscard]] function_outlook const* find_function_outlook(std::string_view name, std::size_t arity);

}  // namespace headgate::transforms
