#include "core/check.hpp"
#include "transforms/compiler_parts.hpp"
#include "transforms/operations.hpp"
#include "transforms/source_error.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace headgate::transforms {
namespace {

constexpr std::array<std::pair<std::string_view, op>, 11> binary_operators{{
    {"+", op::add},
    {"-", op::subtract},
    {"*", op::multiply},
    {"/", op::divide},
    {"%", op::modulo},
    {"==", op::equal},
    {"!=", op::unequal},
    {"<", op::less},
    {"<=", op::less_equal},
    {">", op::more},
    {">=", op::more_equal},
}};

op operator_named(std::string_view text) {
    auto const* const found =
        std::ranges::find(binary_operators, text, &std::pair<std::string_view, op>::first);
    HEADGATE_CHECK(found != binary_operators.end(), "an operator without an instruction");
    return found->second;
}

constexpr std::array<std::pair<std::string_view, text_format>, 9> formats{{
    {"text", text_format::text},
    {"json", text_format::json},
    {"html", text_format::html},
    {"uri", text_format::uri},
    {"csv", text_format::csv},
    {"tsv", text_format::tsv},
    {"sh", text_format::sh},
    {"base64", text_format::base64},
    {"base64d", text_format::base64d},
}};

}  // namespace

slot compiler::generate(node const& n, slot in, mode how) {
    if (mistake_) return in;
    place_guard const at{*this, n};
    switch (n.what) {
        case shape::identity: return in;
        case shape::field: return field(n, in, how, 0);
        case shape::index: return index(n, in, how, 0);
        case shape::slice: return slice(n, in, how, 0);
        case shape::iterate: return iterate(n, in, how, 0);
        case shape::string_piece:
        case shape::number: return load(*constant_of(n), how);
        case shape::string: return without_path(string(n, in), how);
        case shape::format: return without_path(format(n, in), how);
        case shape::array: return without_path(array(n, in), how);
        case shape::object: return without_path(object(n, in), how);
        case shape::negate: {
            if (auto const known = constant_of(n)) return load(*known, how);
            auto const of = generate(*n.kids[0], in, mode::value);
            auto const to = fresh();
            emit(op::negate, to, of);
            return without_path(to, how);
        }
        case shape::pipe: {
            auto const* here = &n;
            for (; here->what == shape::pipe; here = here->kids[1].get())
                in = generate(*here->kids[0], in, how);
            return generate(*here, in, how);
        }
        case shape::comma: return comma(n, in, how);
        case shape::binary: return without_path(binary(n, in), how);
        case shape::logic_and:
        case shape::logic_or: return without_path(logic(n, in), how);
        case shape::alternative: return alternative(*n.kids[0], *n.kids[1], in, how);
        case shape::assign: return without_path(assign(n, in), how);
        case shape::condition: return condition(n, in, how);
        case shape::attempt: return attempt(n, in, how);
        case shape::reduce: return reduce(n, in, how);
        case shape::foreach: return foreach (n, in, how);
        case shape::bind: return bind(n, in, how);
        case shape::define: {
            auto const* const before = scope_;
            define(n);
            auto const made = generate(*n.kids[1], in, how);
            scope_ = before;
            return made;
        }
        case shape::call: return call(n, in, how);
        case shape::variable: return variable(n, how);
        case shape::label: return label(n, in, how);
        case shape::break_out: return break_out(n, in, how);
        case shape::location: return without_path(location(n), how);
    }
    return in;
}

// The function's output is this one's: what ends in a call may give its frame to it.
void compiler::generate_last(node const& n, slot in, mode how) {
    if (mistake_) return;
    auto const flags = how == mode::path ? flag_path : 0U;
    auto const* const before = scope_;
    switch (n.what) {
        case shape::pipe: {
            auto const* here = &n;
            for (; here->what == shape::pipe; here = here->kids[1].get())
                in = generate(*here->kids[0], in, how);
            generate_last(*here, in, how);
            return;
        }
        case shape::condition: {
            auto const question = generate(*n.kids[0], in, mode::value);
            auto const otherwise = emit(op::jump_if_not, question);
            generate_last(*n.kids[1], in, how);
            land(otherwise);
            if (n.kids[2]) {
                generate_last(*n.kids[2], in, how);
            } else {
                emit(op::give_back, in, 0, 0, flags);
            }
            return;
        }
        case shape::comma: {
            auto const second = emit(op::fork);
            generate_last(*n.kids[0], in, how);
            land(second);
            generate_last(*n.kids[1], in, how);
            return;
        }
        case shape::define:
            define(n);
            generate_last(*n.kids[1], in, how);
            scope_ = before;
            return;
        case shape::call: {
            place_guard const at{*this, n};
            auto const out = call(n, in, how, true);
            emit(op::give_back, out, 0, 0, flags);
            return;
        }
        default: break;
    }
    auto const out = generate(n, in, how);
    emit(op::give_back, out, 0, 0, flags);
}

std::optional<json::value> compiler::constant_of(node const& n) {
    switch (n.what) {
        case shape::number: return json::value::literal(n.text, out_.kept);
        case shape::string_piece: return json::value::string(n.text, out_.kept);
        case shape::string:
            if (n.kids.empty()) return json::value::string("", out_.kept);
            if (n.kids.size() == 1 && n.kids[0]->what == shape::string_piece) return constant_of(*n.kids[0]);
            return std::nullopt;
        case shape::negate: {
            auto const of = constant_of(*n.kids[0]);
            if (!of || !of->holds_integer()) return std::nullopt;
            return json::value::integer(-*of->as_integer());
        }
        case shape::array: {
            std::vector<json::value> items;
            auto const* here = n.kids.empty() ? nullptr : n.kids[0].get();
            while (here) {
                bool const is_list = here->what == shape::comma;
                auto const last = constant_of(is_list ? *here->kids[1] : *here);
                if (!last || last->depth() >= json::nesting_max) return std::nullopt;
                items.push_back(*last);
                here = is_list ? here->kids[0].get() : nullptr;
            }
            std::ranges::reverse(items);
            return json::value::array(items, out_.kept);
        }
        case shape::object: {
            std::vector<json::member> members;
            for (std::size_t i = 0; i < n.kids.size(); i += 2) {
                auto const key = constant_of(*n.kids[i]);
                auto const item = n.kids[i + 1] ? constant_of(*n.kids[i + 1]) : std::nullopt;
                if (!key || !key->is_string() || !item || item->depth() >= json::nesting_max)
                    return std::nullopt;
                members.push_back({key->as_string(), *item});
            }
            return json::value::object(members, out_.kept);
        }
        case shape::call:
            if (!n.kids.empty() || look_up(scope_entry::meaning::function, n.text, 0)) return std::nullopt;
            if (n.text == "null") return json::value{};
            if (n.text == "true" || n.text == "false") return json::value::boolean(n.text == "true");
            return std::nullopt;
        default: return std::nullopt;
    }
}

slot compiler::field(node const& n, slot in, mode how, unsigned flags) {
    auto const base = flags ? simple_path(*n.kids[0], in, how, flags) : generate(*n.kids[0], in, how);
    auto const to = fresh(how);
    emit(op::field, to, base, constant(json::value::string(n.text, out_.kept)),
         flags | (how == mode::path ? flag_path : 0U));
    return to;
}

slot compiler::index(node const& n, slot in, mode how, unsigned flags) {
    auto const key = constant_of(*n.kids[1]);
    auto const path_flag = how == mode::path ? flag_path : 0U;
    // jq tries the key's outputs first for each output of what is indexed.
    auto const base = flags ? simple_path(*n.kids[0], in, how, flags) : generate(*n.kids[0], in, how);
    if (key && key->is_string()) {
        auto const to = fresh(how);
        emit(op::field, to, base, constant(*key), flags | path_flag);
        return to;
    }
    auto const by = generate(*n.kids[1], in, mode::value);
    auto const to = fresh(how);
    emit(op::index, to, base, by, flags | path_flag);
    return to;
}

slot compiler::slice(node const& n, slot in, mode how, unsigned flags) {
    auto const base = flags ? simple_path(*n.kids[0], in, how, flags) : generate(*n.kids[0], in, how);
    auto const row = fresh_row(2);
    auto const to_end = n.kids[2] ? generate(*n.kids[2], in, mode::value) : load({});
    emit(op::move, row + 1, to_end);
    auto const from = n.kids[1] ? generate(*n.kids[1], in, mode::value) : load({});
    emit(op::move, row, from);
    auto const to = fresh(how);
    emit(op::slice, to, base, row, flags | (how == mode::path ? flag_path : 0U));
    return to;
}

slot compiler::iterate(node const& n, slot in, mode how, unsigned flags) {
    auto const base = flags ? simple_path(*n.kids[0], in, how, flags) : generate(*n.kids[0], in, how);
    flags |= how == mode::path ? flag_path : 0U;
    auto const to = fresh(how);
    auto const count = fresh();
    emit(op::each, to, base, count, flags);
    emit(op::each_next, to, base, count, flags);
    return to;
}

// Only names, constant keys and `[]`, down from `.`: errors can come from nowhere else.
bool compiler::is_simple_path(node const& n) const {
    switch (n.what) {
        case shape::identity: return true;
        case shape::field:
        case shape::iterate: return is_simple_path(*n.kids[0]);
        case shape::index: {
            auto const& key = *n.kids[1];
            bool const is_constant =
                key.what == shape::number || (key.what == shape::string && key.kids.size() == 1 &&
                                              key.kids[0]->what == shape::string_piece);
            return is_constant && is_simple_path(*n.kids[0]);
        }
        default: return false;
    }
}

slot compiler::simple_path(node const& n, slot in, mode how, unsigned flags) {
    switch (n.what) {
        case shape::field: return field(n, in, how, flags);
        case shape::index: return index(n, in, how, flags);
        case shape::iterate: return iterate(n, in, how, flags);
        default: return in;
    }
}

slot compiler::string(node const& n, slot in) {
    if (auto const known = constant_of(n)) return load(*known);
    auto const* const found = std::ranges::find(formats, n.text.empty() ? "text" : n.text,
                                                &std::pair<std::string_view, text_format>::first);
    if (found == formats.end()) {
        mistake(n, "there is no format @" + n.text, "one of: text json html uri csv tsv sh base64 base64d");
        return in;
    }
    // As in jq the last piece is evaluated first: its outputs change the slowest.
    text_template made{.format = found->second, .pieces = std::vector<text_template::piece>(n.kids.size())};
    for (auto i = n.kids.size(); i > 0; --i) {
        auto const& kid = *n.kids[i - 1];
        auto& piece = made.pieces[i - 1];
        if (kid.what == shape::string_piece) {
            piece = {false, constant(*constant_of(kid))};
            continue;
        }
        auto const from = generate(kid, in, mode::value);
        piece = {true, fresh()};
        emit(op::move, piece.index, from);
    }
    out_.templates.push_back(std::move(made));
    auto const to = fresh();
    emit(op::interpolate, to, static_cast<std::uint32_t>(out_.templates.size() - 1));
    return to;
}

slot compiler::format(node const& n, slot in) {
    auto const* const found =
        std::ranges::find(formats, n.text, &std::pair<std::string_view, text_format>::first);
    if (found == formats.end()) {
        mistake(n, "there is no format @" + n.text, "one of: text json html uri csv tsv sh base64 base64d");
        return in;
    }
    auto const from = fresh();
    emit(op::move, from, in);
    out_.templates.push_back({.format = found->second, .pieces = {{true, from}}});
    auto const to = fresh();
    emit(op::interpolate, to, static_cast<std::uint32_t>(out_.templates.size() - 1));
    return to;
}

slot compiler::array(node const& n, slot in) {
    if (auto const known = constant_of(n)) return load(*known);
    auto const start = fresh();
    auto const begin = emit(op::collect, start);
    auto const item = generate(*n.kids[0], in, mode::value);
    emit(op::keep, item);
    land(begin);
    auto const to = fresh();
    emit(op::collected, to, start);
    return to;
}

slot compiler::object(node const& n, slot in) {
    if (auto const known = constant_of(n)) return load(*known);
    auto const row = fresh_row(n.kids.size());
    for (std::size_t i = 0; i < n.kids.size(); i += 2) {
        auto const at = row + static_cast<slot>(i);
        auto const key = generate(*n.kids[i], in, mode::value);
        emit(op::move, at, key);
        auto const* const written = n.kids[i + 1].get();
        auto item = fresh();
        if (written) {
            item = generate(*written, in, mode::value);
        } else if (auto const known = constant_of(*n.kids[i])) {
            emit(op::field, item, in, constant(*known));
        } else {
            emit(op::index, item, in, at);
        }
        emit(op::move, at + 1, item);
    }
    auto const to = fresh();
    emit(op::make_object, to, row, static_cast<std::uint32_t>(n.kids.size() / 2));
    return to;
}

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

slot compiler::binary(node const& n, slot in) {
    auto const right = generate(*n.kids[1], in, mode::value);
    auto const left = generate(*n.kids[0], in, mode::value);
    auto const to = fresh();
    emit(operator_named(n.text), to, left, right);
    return to;
}

slot compiler::logic(node const& n, slot in) {
    bool const is_and = n.what == shape::logic_and;
    auto const to = fresh();
    auto const left = generate(*n.kids[0], in, mode::value);
    auto const skip = emit(is_and ? op::jump_if_not : op::jump_if, left);
    auto const right = generate(*n.kids[1], in, mode::value);
    auto const skip_too = emit(is_and ? op::jump_if_not : op::jump_if, right);
    emit(op::constant, to, constant(json::value::boolean(is_and)));
    auto const end = emit(op::jump);
    land(skip);
    land(skip_too);
    emit(op::constant, to, constant(json::value::boolean(!is_and)));
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
    if (!n.kids[1] && n.kids[0]->what != shape::identity && is_simple_path(*n.kids[0])) {
        return simple_path(*n.kids[0], in, how, flag_quiet);
    }
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

slot compiler::location(node const& n) {
    auto const before = source_.substr(0, n.offset);
    auto const line = std::count(before.begin(), before.end(), '\n') + 1;
    std::array const members{json::member{"file", json::value::string("<top-level>", out_.kept)},
                             json::member{"line", json::value::integer(line)}};
    return load(json::value::object(members, out_.kept));
}

void compiler::define(node const& n) {
    auto& known = by_node_[&n];
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
