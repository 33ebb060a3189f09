#pragma once

#include "transforms/code.hpp"

#include <array>
#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

// The functions of the language that are not syntax. Three kinds: natives in C++ over values; definitions in
// the language itself, read when a program uses them; and those the compiler expands in place (compiler.cpp),
// because they take programs as arguments and should cost no call.

namespace headgate::transforms {

struct native_entry {
    std::string_view name;
    std::size_t arity;
    native_function function;
    walks how = walks::items;
};

[[nodiscard]] std::span<native_entry const> collection_natives();
[[nodiscard]] std::span<native_entry const> order_natives();
[[nodiscard]] std::span<native_entry const> text_natives();
[[nodiscard]] std::span<native_entry const> number_natives();
[[nodiscard]] std::span<native_entry const> regex_natives();
[[nodiscard]] std::span<native_entry const> time_natives();
[[nodiscard]] std::span<native_entry const> name_natives();
[[nodiscard]] std::span<native_entry const> table_natives();

[[nodiscard]] std::array<std::span<native_entry const>, 8> native_tables();  // All of these.

// Null when there is none.
[[nodiscard]] native_entry const* find_native(std::string_view name, std::size_t arity);

struct library_entry {
    std::string_view name;
    std::size_t arity;
    std::string_view source;  // One `def …;`
};

[[nodiscard]] std::span<library_entry const> library();
[[nodiscard]] library_entry const* find_library(std::string_view name, std::size_t arity);

// Why a function of jq is not there; empty when there is no such function of jq's either.
[[nodiscard]] std::string_view why_refused(std::string_view name);

// All names a program may call, without those that begin with "_": for suggestions.
[[nodiscard]] std::vector<std::string_view> builtin_names();

}  // namespace headgate::transforms
