#include "core/check.hpp"
#include "transforms/compiler_parts.hpp"

#include <algorithm>
#include <array>
#include <utility>

// What decides where a run goes on, and what gives names to values.

namespace headgate::transforms {

slot compiler::comma(node const& n, slot in, mode how) {
    auto const to = fresh(how);
    auto const second = emit(op::fork);
    move(to, generate(*n.kids[0], in, how), how);
    auto const end = emit(op::jump);
    land(second);
    move(to, generate(*n.kids[1], in, how), how);
    land(end);
    return to;
}

// The outputs of the left that are neither null nor false; if there are none, those of the right. Errors of
// the left are errors, as in jq.
slot compiler::alternative(node const& left, node const& right, slot in, mode how) {
    auto const to = fresh(how);
    auto const has_some = fresh();
    emit(op::constant, has_some, constant(json::value::boolean(false)));
    auto const begin = emit(op::fork);
    auto const one = generate(left, in, how);
    auto const truthy = emit(op::jump_if, one);
    emit(op::backtrack);
    land(truthy);
    emit(op::constant, has_some, constant(json::value::boolean(true)));
    move(to, one, how);
    auto const end = emit(op::jump);
    land(begin);
    auto const none = emit(op::jump_if_not, has_some);
    emit(op::backtrack);
    land(none);
    move(to, generate(right, in, how), how);
    land(end);
    return to;
}

slot compiler::condition(node const& n, slot in, mode how) {
    auto const to = fresh(how);
    auto const question = generate(*n.kids[0], in, mode::value);
    auto const otherwise = emit(op::jump_if_not, question);
    move(to, generate(*n.kids[1], in, how), how);
    auto const end = emit(op::jump);
    land(otherwise);
    move(to, n.kids[2] ? generate(*n.kids[2], in, how) : in, how);
    land(end);
    return to;
}

slot compiler::attempt(node const& n, slot in, mode how) {
    auto const to = fresh(how);
    auto const state = fresh();
    auto const error = fresh(how);
    auto const begin = emit(op::attempt, 0, state, error);
    move(to, generate(*n.kids[0], in, how), how);
    emit(op::attempt_end, 0, state);
    auto const end = emit(op::jump);
    land(begin);
    if (n.kids[1]) {
        if (how == mode::path) emit(op::constant, error + 1, constant({}));
        move(to, generate(*n.kids[1], error, how), how);
    } else {
        emit(op::backtrack);
    }
    land(end);
    return to;
}

slot compiler::reduce(node const& n, slot in, mode how) {
    auto const* const before = scope_;
    auto const sum = fresh(how);
    auto const last = fresh(how);
    move(sum, generate(*n.kids[1], in, how), how);
    auto const done = emit(op::fork);
    auto const item = generate(*n.kids[0], in, mode::value);
    bind_patterns(n, item, in);
    move(last, sum, how);
    emit(op::constant, sum, constant({}));  // What is left when the update has no output.
    move(sum, generate(*n.kids[2], last, how), how);
    emit(op::backtrack);
    land(done);
    scope_ = before;
    auto const to = fresh(how);
    move(to, sum, how);
    return to;
}

slot compiler::foreach (node const& n, slot in, mode how) {
    auto const* const before = scope_;
    auto const state = fresh(how);
    move(state, generate(*n.kids[1], in, how), how);
    auto const item = generate(*n.kids[0], in, mode::value);
    bind_patterns(n, item, in);
    auto const last = fresh(how);  // Each output of the update starts from the same state.
    move(last, state, how);
    emit(op::constant, state, constant({}));  // What is left when the update has no output.
    move(state, generate(*n.kids[2], last, how), how);
    auto const out = n.kids[3] ? generate(*n.kids[3], state, how) : state;
    scope_ = before;
    return out;
}

slot compiler::bind(node const& n, slot in, mode how) {
    auto const* const before = scope_;
    auto const source = generate(*n.kids[0], in, mode::value);
    if (n.bound.size() == 1) {
        bind_patterns(n, source, in);
        auto const out = generate(*n.kids[1], in, how);
        scope_ = before;
        return out;
    }
    // `?//`: an error in a pattern or in what follows it leads to the next pattern.
    auto const to = fresh(how);
    bring_in_names(n.bound);
    std::vector<std::uint32_t> ends;
    for (auto const& one : n.bound) {
        bool const is_last = &one == &n.bound.back();
        auto const state = fresh();
        auto const error = fresh();
        auto const begin = is_last ? 0 : emit(op::attempt, 0, state, error);
        destructure(n, *one, source, in);
        move(to, generate(*n.kids[1], in, how), how);
        if (!is_last) emit(op::attempt_end, 0, state);
        ends.push_back(emit(op::jump));
        if (!is_last) land(begin);
    }
    for (auto const end : ends) land(end);
    scope_ = before;
    return to;
}

void compiler::bind_patterns(node const& n, slot from, slot in) {
    if (n.bound.size() > 1) {
        mistake(n, "alternatives (?//) belong to `as` before a pipe", "write `… as [$a] ?// $a | …`");
        return;
    }
    bring_in_names(n.bound);
    destructure(n, *n.bound[0], from, in);
}

void compiler::bring_in_names(std::vector<pattern_pointer> const& patterns) {
    std::vector<pattern const*> open;
    std::vector<std::string_view> names;
    for (auto const& one : patterns) open.push_back(one.get());
    while (!open.empty()) {
        auto const* const here = open.back();
        open.pop_back();
        if (here->what == pattern::form::name) names.push_back(here->name);
        for (auto const& item : here->items) open.push_back(item.get());
        for (auto const& entry : here->entries) {
            if (!entry.variable.empty()) names.push_back(entry.variable);
            if (entry.inner) open.push_back(entry.inner.get());
        }
    }
    for (auto const name : names) {
        auto const where = variable_slot(&patterns, name);
        if (patterns.size() > 1 || names.size() > 1) emit(op::constant, where, constant({}));
        scope_ =
            bring_in({.what = scope_entry::meaning::variable, .name = name, .owner = unit_, .where = where});
    }
}

void compiler::bind_name(pattern const& /*at*/, std::string const& name, slot from) {
    auto const* const found = look_up(scope_entry::meaning::variable, name, 0);
    HEADGATE_CHECK(found != nullptr, "a pattern's name was not brought in");
    emit(op::move, found->where, from);
}

void compiler::destructure(node const& at, pattern const& into, slot from, slot in) {
    if (into.what == pattern::form::name) {
        bind_name(into, into.name, from);
        return;
    }
    for (std::size_t i = 0; i < into.items.size(); ++i) {
        auto const key = load(json::value::integer(static_cast<std::int64_t>(i)));
        auto const item = fresh();
        emit(op::index, item, from, key);
        destructure(at, *into.items[i], item, in);
    }
    for (auto const& entry : into.entries) {
        auto const item = fresh();
        if (entry.key) {
            auto const key = generate(*entry.key, in, mode::value);
            emit(op::index, item, from, key);
        } else {
            emit(op::field, item, from, constant(json::value::string(entry.variable, out_.kept)));
        }
        if (!entry.variable.empty()) bind_name(into, entry.variable, item);
        if (entry.inner) destructure(at, *entry.inner, item, in);
    }
}

slot compiler::label(node const& n, slot in, mode how) {
    auto const* const before = scope_;
    auto const where = variable_slot(&n, n.text);
    emit(op::mark, where);
    scope_ = bring_in({.what = scope_entry::meaning::label, .name = n.text, .owner = unit_, .where = where});
    auto const out = generate(*n.kids[0], in, how);
    scope_ = before;
    return out;
}

slot compiler::break_out(node const& n, slot in, mode how) {
    auto const* const found = look_up(scope_entry::meaning::label, n.text, 0);
    if (!found) {
        mistake(n, "there is no label $" + n.text, "write `label $" + n.text + " | …` around it");
        return in;
    }
    auto mark = found->where;
    if (auto const hops = scopes_out(found->owner); hops > 0) {
        mark = fresh();
        emit(op::outer, mark, hops, found->where);
    }
    emit(op::cut, mark);
    emit(op::backtrack);
    return fresh(how);
}

slot compiler::variable(node const& n, mode how) {
    auto const* const found = look_up(scope_entry::meaning::variable, n.text, 0);
    if (!found) {
        unknown_variable(n);
        return 0;
    }
    note_reading(*found);
    auto const hops = scopes_out(found->owner);
    if (hops == 0 && how == mode::value) return found->where;
    auto const to = fresh(how);
    if (hops == 0) {
        emit(op::move, to, found->where);
    } else {
        emit(op::outer, to, hops, found->where);
    }
    if (how == mode::path) emit(op::constant, to + 1, constant({}));
    return to;
}

// A run has to give only what is read.
void compiler::note_reading(scope_entry const& read) {
    auto const given = given_.find(&read);
    if (given == given_.end() || std::exchange(given->second, true)) return;
    out_.variables.emplace_back(read.name, read.where);
}

slot compiler::location(node const& n) {
    auto const before = source_.substr(0, n.offset);
    auto const line = std::count(before.begin(), before.end(), '\n') + 1;
    std::array const members{json::member{"file", json::value::string("<top-level>", out_.kept)},
                             json::member{"line", json::value::integer(line)}};
    return load(json::value::object(members, out_.kept));
}

void compiler::define(node const& n) {
    auto& known = definitions_[&n];
    // The function sees itself, so its name comes into its own scope.
    bool const is_new = !known;
    if (is_new) known = make_unit(n.kids[0].get(), unit_, nullptr, &n.parameters);
    scope_ = bring_in({.what = scope_entry::meaning::function,
                       .name = n.text,
                       .arity = n.parameters.size(),
                       .owner = unit_,
                       .where = 0,
                       .function = known});
    if (is_new) known->scope = scope_;
    if (n.parameters.size() > 16) mistake(n, "a function with more than 16 parameters");
}

}  // namespace headgate::transforms
