#pragma once

#include "json/value.hpp"
#include "transforms/patterns.hpp"
#include "transforms/settings.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// A compiled program: instructions over registers.
//
// Each place of the source has registers of its own in its function's frame, so nothing is restored when the
// machine goes back to an earlier choice: it writes that place's next output and runs on from there. In path
// mode (`path(…)`, assignments) a register is a pair: the value, and behind it the path that leads to it, or
// null where none does.

namespace headgate::transforms {

class runtime;

enum class op : std::uint8_t {
    constant,     // a = constants[b]
    move,         // a = b
    move_pair,    // a, a+1 = b, b+1
    outer,        // a = register c of the frame b scopes out
    field,        // a = b[constants[c]], the key a string
    index,        // a = b[register c]
    slice,        // a = b[register c : register c+1]
    each,         // a = the first of b's items; c counts
    each_next,    // a = b's next item; c counts
    range,        // a = register b, up to b+1; c counts
    range_next,   //
    fork,         // later: go on at a
    jump,         // go on at a
    jump_if_not,  // if register a is null or false, go on at b
    jump_if,      // if not
    backtrack,    // to the last fork
    attempt,      // errors until `attempt_end` b: register c = error, go on at a
    attempt_end,  // from here on errors are not those of attempt b
    mark,         // a = how many forks there are
    cut,          // forget the forks made since mark a
    count_down,   // a -= 1; at zero forget the forks made since mark b
    collect,      // outputs are kept from now on, from register a; at the end go on at b
    keep,         // keep register a, then backtrack
    collected,    // a = array of what was kept since register b
    keep_entry,   // keep register a under each-counter b, then backtrack
    remapped,     // a = b with what was kept since register c instead of its items
    make_object,  // a = object of c pairs of registers from b
    interpolate,  // a = text of templates[b]
    add,
    subtract,
    multiply,
    divide,
    modulo,  // a = b op c
    equal,
    unequal,
    less,
    less_equal,
    more,
    more_equal,    // a = b op c
    negate,        // a = -b
    call,          // a = call sites[c] on b
    call_closure,  // a = closure sites[c] on b
    give_back,     // the function's output is a
    native,        // a = natives[c] on b, b+1 ...
    raise,         // an error with the value a
    check_path,    // a = the path of pair b, or an error
    get_path,      // pair a = pair b at path c
};

inline constexpr std::uint8_t flag_quiet = 1;  // An error is no output.
inline constexpr std::uint8_t flag_path = 2;   // Path mode: registers are pairs.
inline constexpr std::uint8_t flag_last = 4;   // Nothing follows but `give_back` of this output.

struct instruction {
    op what;
    std::uint8_t flags = 0;
    std::uint32_t a = 0;
    std::uint32_t b = 0;
    std::uint32_t c = 0;
};

// A function of our own in C++: arguments are the input and what was given. Says no through the runtime.
using native_function = bool (*)(runtime& run, json::value const* arguments, json::value& out);

// How far a native looks into its arguments: at what it gives only, so that the rest may be unreadable and it
// counts its work itself; at the items, which are counted for it; or at everything in them, which is too.
enum class walks : std::uint8_t { lazily, items, everything };

struct native_call {
    native_function function;
    std::uint32_t arguments;  // With the input.
    walks how;
};

struct function_code {
    std::vector<instruction> code;
    std::vector<std::uint32_t> offsets;  // Of each instruction, in the source.
    std::uint32_t slots = 2;             // Registers: 0 is the input, 1 its path.
    std::uint32_t closures = 0;
};

// What a parameter gets: a piece of the caller, or a parameter of the caller's own passed on.
struct closure_source {
    std::uint32_t function = 0;  // In value mode.
    std::uint32_t path_function = 0;
    bool is_parameter = false;
    std::uint32_t scopes_out = 0;
    std::uint32_t parameter = 0;
};

struct call_site {
    std::uint32_t function = 0;    // For `call`.
    std::uint32_t scopes_out = 0;  // Where the callee's, or the closure's, surroundings are.
    std::uint32_t parameter = 0;   // For `call_closure`.
    std::vector<closure_source> closures;
};

enum class text_format : std::uint8_t { text, json, html, uri, urid, csv, tsv, sh, base64, base64d };

struct text_template {
    text_format format = text_format::text;
    struct piece {
        bool is_register = false;
        std::uint32_t index = 0;  // A register, or a constant.
    };
    std::vector<piece> pieces;
};

struct compiled {
    std::string source;
    std::shared_ptr<lookup_tables const> tables;  // Null: there are none.
    json::arena kept;                             // Of the constants.
    std::vector<json::value> constants;
    std::deque<function_code> functions;  // The first is the program.
    std::vector<call_site> sites;
    std::vector<text_template> templates;
    std::vector<native_call> natives;
    pattern_table patterns;  // Those that stand in the source.
    std::vector<std::pair<std::string, std::uint32_t>>
        variables;  // $name of those that are read, and its register in the program's frame.
};

}  // namespace headgate::transforms
