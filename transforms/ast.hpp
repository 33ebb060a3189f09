#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

// A program as it was written: what the parser makes and the compiler reads.

namespace headgate::transforms {

struct node;
struct pattern;
using node_pointer = std::unique_ptr<node>;
using pattern_pointer = std::unique_ptr<pattern>;

enum class shape : std::uint8_t {
    identity,      // .
    field,         // kids[0].text
    index,         // kids[0][kids[1]]
    slice,         // kids[0][kids[1]:kids[2]], either may be null
    iterate,       // kids[0][]
    number,        // text
    string,        // kids are the pieces: `string_piece`s and whole programs; text is the format, or empty
    string_piece,  // text, escapes resolved
    format,        // @text
    array,         // [kids[0]], or [] without kids
    object,        // kids: key, value, key, value ...; a null value is .[key]
    negate,        // -kids[0]
    pipe,          // kids[0] | kids[1]
    comma,         // kids[0], kids[1]
    binary,        // kids[0] text kids[1], text is the operator
    logic_and,     // kids[0] and kids[1]
    logic_or,      // kids[0] or kids[1]
    alternative,   // kids[0] // kids[1]
    assign,        // kids[0] text kids[1], text is "=", "|=", "+=" ...
    condition,     // if kids[0] then kids[1] else kids[2] (may be null) end
    attempt,       // try kids[0] catch kids[1] (may be null)
    reduce,        // reduce kids[0] as bound (kids[1]; kids[2])
    foreach,       // foreach kids[0] as bound (kids[1]; kids[2]; kids[3], may be null)
    bind,          // kids[0] as bound | kids[1]
    define,        // def text(parameters): kids[0]; kids[1]
    call,          // text(kids...)
    variable,      // $text
    label,         // label $text | kids[0]
    break_out,     // break $text
    location,      // $__loc__
};

struct parameter {
    std::string name;
    bool is_value = false;  // $name
};

struct node {
    shape what = shape::identity;
    std::uint32_t offset = 0;  // Where it begins in the source.
    std::uint32_t depth = 1;   // Of the tree below: what reads it recurses.
    bool is_optional =
        false;  // field, index, slice, iterate: `?` stands behind it, so its own errors are none.
    std::string text;
    std::vector<node_pointer> kids;
    std::vector<parameter> parameters;   // define
    std::vector<pattern_pointer> bound;  // bind, reduce, foreach: one, or several alternatives (?//)
};

// What stands after `as`: $name, [patterns], {keys: patterns}.
struct pattern {
    enum class form : std::uint8_t { name, array, object };
    struct entry {
        std::string variable;   // {$name: ...} binds it too.
        node_pointer key;       // Null for {$name}.
        pattern_pointer inner;  // Null for {$name}.
    };

    form what = form::name;
    std::uint32_t offset = 0;
    std::string name;
    std::vector<pattern_pointer> items;
    std::vector<entry> entries;
};

}  // namespace headgate::transforms
