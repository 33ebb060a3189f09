#include "transforms/compiler_parts.hpp"
#include "transforms/nearest.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

// lookup("table"; key) and lookup("table"; key; default).

namespace headgate::transforms {

// A name that is written down is looked for once, before anything runs.
void compiler::look_for_table(node const& call) {
    if (!out_.tables) {
        mistake(call, "there are no tables to look into",
                "rules have those of `tables`, and `headgate eval` those of --table");
        return;
    }
    auto const& written = *call.kids[0];
    auto const name = constant_of(written);
    if (!name || !name->is_string() || out_.tables->by_name.find(name->as_string())) return;
    std::vector<std::string_view> names;
    for (auto const& one : out_.tables->by_name.members()) names.push_back(one.key);
    auto const meant = nearest(name->as_string(), names);
    mistake(written, fmt::format("there is no table \"{}\"", name->as_string()),
            !meant.empty()  ? fmt::format("did you mean {}?", meant)
            : names.empty() ? "add it to `tables`"
                            : fmt::format("one of: {}", fmt::join(names, ", ")));
}

// Names and keys are values, as arguments of natives are. The default is a program: it runs where the key is
// missing, and only there.
slot compiler::expand_lookup(node const& n, slot in, mode how) {
    look_for_table(n);
    if (mistake_) return in;
    auto const key = generate(*n.kids[1], in, mode::value);
    auto const name = generate(*n.kids[0], in, mode::value);
    auto const tables = load(out_.tables->by_name);
    if (n.kids.size() == 2) return without_path(call_native("_entry", {tables, name, key}), how);
    auto const to = fresh();
    auto const absent = emit(op::jump_if_not, call_native("_has_entry", {tables, name, key}));
    move(to, call_native("_entry", {tables, name, key}), mode::value);
    auto const end = emit(op::jump);
    land(absent);
    move(to, generate(*n.kids[2], in, mode::value), mode::value);
    land(end);
    return without_path(to, how);
}

}  // namespace headgate::transforms
