#include "transforms/builtins.hpp"
#include "transforms/runtime.hpp"

#include <fmt/format.h>

#include <array>
#include <string_view>

// What `lookup` is made of. The tables come first, as the input does elsewhere; then a table's name, and a
// key.

namespace headgate::transforms {
namespace {

using json::value;

// False where there is none, with the error made. A key may be part of a payload: messages leave it out.
bool find_table(runtime& run, value const& tables, value const& name, value& out) {
    if (!name.is_string())
        return run.fail(fmt::format("{} cannot be the name of a table", name_of(name.type())));
    auto const table = tables.find(name.as_string());
    if (!table) return run.fail("there is no table of that name");
    out = *table;
    return true;
}

bool find_entry(runtime& run, value const* given, value const*& found) {
    value table;
    if (!find_table(run, given[0], given[1], table)) return false;
    auto const& key = given[2];
    if (key.is_string()) {
        found = table.find_pointer(key.as_string());
    } else if (key.is_number()) {
        found = table.find_pointer(key.number_text());
    } else if (key.is_boolean()) {
        found = table.find_pointer(key.as_boolean() ? "true" : "false");
    } else {
        return run.fail(
            fmt::format("{} cannot be a key of the table \"{}\", only a string, a number or a boolean can",
                        name_of(key.type()), given[1].as_string()));
    }
    return true;
}

bool has_entry(runtime& run, value const* given, value& out) {
    value const* found = nullptr;
    if (!find_entry(run, given, found)) return false;
    out = value::boolean(found != nullptr);
    return true;
}

bool entry_of(runtime& run, value const* given, value& out) {
    value const* found = nullptr;
    if (!find_entry(run, given, found)) return false;
    if (found == nullptr) {
        return run.fail(fmt::format("the table \"{}\" has no such key", given[1].as_string()));
    }
    out = *found;
    return true;
}

constexpr auto table = std::to_array<native_entry>({
    {"_entry", 2, entry_of},
    {"_has_entry", 2, has_entry},
});

}  // namespace

std::span<native_entry const> table_natives() {
    return table;
}

}  // namespace headgate::transforms
