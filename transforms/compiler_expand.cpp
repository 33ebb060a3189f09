#include "transforms/compiler_parts.hpp"

#include <algorithm>
#include <array>

// Functions that take programs and are expanded where they are called. An argument is translated at most once
// in each mode: a place of the source has one row of registers.

namespace headgate::transforms {

std::span<compiler::expansion_entry const> compiler::expansions() {
    static constexpr std::array<expansion_entry, 36> all{{
        {"empty", 0, &compiler::expand_empty},
        {"error", 0, &compiler::expand_error},
        {"error", 1, &compiler::expand_error},
        {"null", 0, &compiler::expand_constant},
        {"true", 0, &compiler::expand_constant},
        {"false", 0, &compiler::expand_constant},
        {"select", 1, &compiler::expand_select},
        {"map", 1, &compiler::expand_map},
        {"map_values", 1, &compiler::expand_map_values},
        {"any", 0, &compiler::expand_any},
        {"any", 1, &compiler::expand_any},
        {"any", 2, &compiler::expand_any},
        {"all", 0, &compiler::expand_any},
        {"all", 1, &compiler::expand_any},
        {"all", 2, &compiler::expand_any},
        {"first", 1, &compiler::expand_first},
        {"last", 1, &compiler::expand_last},
        {"limit", 2, &compiler::expand_limit},
        {"isempty", 1, &compiler::expand_isempty},
        {"range", 1, &compiler::expand_range},
        {"range", 2, &compiler::expand_range},
        {"add", 1, &compiler::expand_add},
        {"path", 1, &compiler::expand_path},
        {"del", 1, &compiler::expand_del},
        {"getpath", 1, &compiler::expand_getpath},
        {"with_entries", 1, &compiler::expand_with_entries},
        {"sort_by", 1, &compiler::expand_by_keys},
        {"group_by", 1, &compiler::expand_by_keys},
        {"unique_by", 1, &compiler::expand_by_keys},
        {"min_by", 1, &compiler::expand_by_keys},
        {"max_by", 1, &compiler::expand_by_keys},
        {"IN", 1, &compiler::expand_in},
        {"lookup", 2, &compiler::expand_lookup},
        {"lookup", 3, &compiler::expand_lookup},
        {"have_literal_numbers", 0, &compiler::expand_constant},
        {"have_decnum", 0, &compiler::expand_constant},
    }};
    return all;
}

compiler::expansion compiler::find_expansion(std::string_view name, std::size_t arity) {
    auto const all = expansions();
    auto const found = std::ranges::find_if(
        all, [&](expansion_entry const& entry) { return entry.name == name && entry.arity == arity; });
    return found == all.end() ? nullptr : found->make;
}

std::vector<std::string_view> compiler::expansion_names() {
    std::vector<std::string_view> names;
    for (auto const& entry : expansions()) names.push_back(entry.name);
    return names;
}

slot compiler::expand_constant(node const& n, slot /*in*/, mode how) {
    if (n.text == "null") return load({}, how);
    return load(json::value::boolean(n.text != "false"), how);
}

slot compiler::expand_empty(node const& /*n*/, slot /*in*/, mode how) {
    emit(op::backtrack);
    return fresh(how);
}

slot compiler::expand_error(node const& n, slot in, mode how) {
    auto const given = n.kids.empty() ? in : generate(*n.kids[0], in, mode::value);
    emit(op::raise, given);
    return fresh(how);
}

slot compiler::expand_select(node const& n, slot in, mode /*how*/) {
    auto const question = generate(*n.kids[0], in, mode::value);
    auto const holds = emit(op::jump_if, question);
    emit(op::backtrack);
    land(holds);
    return in;
}

slot compiler::each_of(slot in) {
    auto const item = fresh();
    auto const count = fresh();
    emit(op::each, item, in, count);
    emit(op::each_next, item, in, count);
    return item;
}

slot compiler::expand_map(node const& n, slot in, mode how) {
    auto const kept = fresh();
    auto const begin = emit(op::collect, kept);
    emit(op::keep, generate(*n.kids[0], each_of(in), mode::value));
    land(begin);
    auto const to = fresh();
    emit(op::collected, to, kept);
    return without_path(to, how);
}

slot compiler::expand_map_values(node const& n, slot in, mode how) {
    return without_path(remap(*n.kids[0], in), how);
}

// any, all: over the items or over a program's outputs, with a test or without.
slot compiler::expand_any(node const& n, slot in, mode how) {
    auto const* const source = n.kids.size() == 2 ? n.kids[0].get() : nullptr;
    auto const* const test = n.kids.empty() ? nullptr : n.kids.back().get();
    return without_path(search(source, test, in, n.text == "any"), how);
}

// Whether some output tests as `wanted`; stops at the first that does.
slot compiler::search(node const* source, node const* test, slot in, bool wanted) {
    auto const to = fresh();
    auto const start = fresh();
    emit(op::mark, start);
    auto const none = emit(op::fork);
    auto const item = source ? generate(*source, in, mode::value) : each_of(in);
    auto const answer = test ? generate(*test, item, mode::value) : item;
    auto const hit = emit(wanted ? op::jump_if : op::jump_if_not, answer);
    emit(op::backtrack);
    land(hit);
    emit(op::cut, start);
    emit(op::constant, to, constant(json::value::boolean(wanted)));
    auto const end = emit(op::jump);
    land(none);
    emit(op::constant, to, constant(json::value::boolean(!wanted)));
    land(end);
    return to;
}

// IN(s): whether the input is one of the outputs of s.
slot compiler::expand_in(node const& n, slot in, mode how) {
    auto const to = fresh();
    auto const start = fresh();
    auto const same = fresh();
    emit(op::mark, start);
    auto const none = emit(op::fork);
    emit(op::equal, same, generate(*n.kids[0], in, mode::value), in);
    auto const hit = emit(op::jump_if, same);
    emit(op::backtrack);
    land(hit);
    emit(op::cut, start);
    emit(op::constant, to, constant(json::value::boolean(true)));
    auto const end = emit(op::jump);
    land(none);
    emit(op::constant, to, constant(json::value::boolean(false)));
    land(end);
    return without_path(to, how);
}

slot compiler::expand_first(node const& n, slot in, mode how) {
    auto const start = fresh();
    emit(op::mark, start);
    auto const one = generate(*n.kids[0], in, how);
    emit(op::cut, start);
    return one;
}

slot compiler::expand_last(node const& n, slot in, mode how) {
    auto const to = fresh(how);
    auto const has_one = fresh();
    emit(op::constant, has_one, constant(json::value::boolean(false)));
    auto const done = emit(op::fork);
    move(to, generate(*n.kids[0], in, how), how);
    emit(op::constant, has_one, constant(json::value::boolean(true)));
    emit(op::backtrack);
    land(done);
    auto const some = emit(op::jump_if, has_one);
    emit(op::backtrack);
    land(some);
    return to;
}

slot compiler::expand_limit(node const& n, slot in, mode how) {
    auto const given = generate(*n.kids[0], in, mode::value);
    auto const left = fresh();
    auto const start = fresh();
    auto const none = fresh();
    emit(op::move, left, call_native("_count", {given}));
    emit(op::less_equal, none, left, load(json::value::integer(0)));
    auto const some = emit(op::jump_if_not, none);
    emit(op::backtrack);
    land(some);
    emit(op::mark, start);
    auto const one = generate(*n.kids[1], in, how);
    emit(op::count_down, left, start);
    return one;
}

slot compiler::expand_isempty(node const& n, slot in, mode how) {
    auto const to = fresh();
    auto const start = fresh();
    emit(op::mark, start);
    auto const none = emit(op::fork);
    (void)generate(*n.kids[0], in, mode::value);
    emit(op::cut, start);
    emit(op::constant, to, constant(json::value::boolean(false)));
    auto const end = emit(op::jump);
    land(none);
    emit(op::constant, to, constant(json::value::boolean(true)));
    land(end);
    return without_path(to, how);
}

slot compiler::expand_range(node const& n, slot in, mode how) {
    auto const bounds = fresh_row(2);
    auto const from =
        n.kids.size() == 2 ? generate(*n.kids[0], in, mode::value) : load(json::value::integer(0));
    emit(op::move, bounds, from);
    emit(op::move, bounds + 1, generate(*n.kids.back(), in, mode::value));
    auto const to = fresh();
    auto const count = fresh();
    emit(op::range, to, bounds, count);
    emit(op::range_next, to, bounds, count);
    return without_path(to, how);
}

slot compiler::expand_add(node const& n, slot in, mode how) {
    auto const sum = fresh();
    emit(op::constant, sum, constant({}));
    auto const done = emit(op::fork);
    auto const one = generate(*n.kids[0], in, mode::value);
    emit(op::add, sum, sum, one);
    emit(op::backtrack);
    land(done);
    return without_path(sum, how);
}

slot compiler::expand_path(node const& n, slot in, mode how) {
    return without_path(paths_of(*n.kids[0], in), how);
}

slot compiler::expand_del(node const& n, slot in, mode how) {
    auto const kept = fresh();
    auto const begin = emit(op::collect, kept);
    emit(op::keep, paths_of(*n.kids[0], in));
    land(begin);
    auto const paths = fresh();
    emit(op::collected, paths, kept);
    return without_path(call_native("delpaths", {in, paths}), how);
}

slot compiler::expand_getpath(node const& n, slot in, mode how) {
    auto const path = generate(*n.kids[0], in, mode::value);
    if (how == mode::value) return call_native("getpath", {in, path});
    auto const to = fresh(mode::path);
    emit(op::get_path, to, in, path);
    return to;
}

slot compiler::expand_with_entries(node const& n, slot in, mode how) {
    auto const entries = call_native("to_entries", {in});
    auto const kept = fresh();
    auto const begin = emit(op::collect, kept);
    emit(op::keep, generate(*n.kids[0], each_of(entries), mode::value));
    land(begin);
    auto const changed = fresh();
    emit(op::collected, changed, kept);
    return without_path(call_native("from_entries", {changed}), how);
}

// The native gets the items, and for each the array of its key's outputs.
slot compiler::expand_by_keys(node const& n, slot in, mode how) {
    auto const all = fresh();
    auto const outer_begin = emit(op::collect, all);
    auto const item = each_of(in);
    auto const one = fresh();
    auto const inner_begin = emit(op::collect, one);
    emit(op::keep, generate(*n.kids[0], item, mode::value));
    land(inner_begin);
    auto const key = fresh();
    emit(op::collected, key, one);
    emit(op::keep, key);
    land(outer_begin);
    auto const keys = fresh();
    emit(op::collected, keys, all);
    return without_path(call_native("_" + n.text, {in, keys}), how);
}

}  // namespace headgate::transforms
