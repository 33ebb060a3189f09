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

unsigned flags_of(node const& n, mode how) {
    return (n.is_optional ? flag_quiet : 0U) | (how == mode::path ? flag_path : 0U);
}

}  // namespace

slot compiler::generate(node const& n, slot in, mode how) {
    if (mistake_) return in;
    place_guard const at{*this, n};
    switch (n.what) {
        case shape::identity: return in;
        case shape::field: return field(n, in, how);
        case shape::index: return index(n, in, how);
        case shape::slice: return slice(n, in, how);
        case shape::iterate: return iterate(n, in, how);
        case shape::string_piece:
        case shape::number: return load(constant_of(n).value_or(json::value{}), how);
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
            return json::value::integer(-of->held_integer());
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

slot compiler::field(node const& n, slot in, mode how) {
    auto const base = generate(*n.kids[0], in, how);
    auto const to = fresh(how);
    emit(op::field, to, base, constant(json::value::string(n.text, out_.kept)), flags_of(n, how));
    return to;
}

slot compiler::index(node const& n, slot in, mode how) {
    auto const key = constant_of(*n.kids[1]);
    // jq tries the key's outputs first for each output of what is indexed.
    auto const base = generate(*n.kids[0], in, how);
    if (key && key->is_string()) {
        auto const to = fresh(how);
        emit(op::field, to, base, constant(*key), flags_of(n, how));
        return to;
    }
    auto const by = generate(*n.kids[1], in, mode::value);
    auto const to = fresh(how);
    emit(op::index, to, base, by, flags_of(n, how));
    return to;
}

slot compiler::slice(node const& n, slot in, mode how) {
    auto const base = generate(*n.kids[0], in, how);
    auto const row = fresh_row(2);
    auto const to_end = n.kids[2] ? generate(*n.kids[2], in, mode::value) : load({});
    emit(op::move, row + 1, to_end);
    auto const from = n.kids[1] ? generate(*n.kids[1], in, mode::value) : load({});
    emit(op::move, row, from);
    auto const to = fresh(how);
    emit(op::slice, to, base, row, flags_of(n, how));
    return to;
}

slot compiler::iterate(node const& n, slot in, mode how) {
    auto const base = generate(*n.kids[0], in, how);
    auto const flags = flags_of(n, how);
    auto const to = fresh(how);
    auto const count = fresh();
    emit(op::each, to, base, count, flags);
    emit(op::each_next, to, base, count, flags);
    return to;
}

std::optional<text_format> compiler::format_of(node const& n) {
    auto const format = text_format_named(n.text);
    if (!format)
        mistake(n, "there is no format @" + n.text,
                "one of: text json html uri urid csv tsv sh base64 base64d");
    return format;
}

slot compiler::string(node const& n, slot in) {
    if (auto const known = constant_of(n)) return load(*known);
    auto const format = n.text.empty() ? std::optional{text_format::text} : format_of(n);
    if (!format) return in;
    // As in jq the last piece is evaluated first: its outputs change the slowest.
    text_template made{.format = *format, .pieces = std::vector<text_template::piece>(n.kids.size())};
    for (auto i = n.kids.size(); i > 0; --i) {
        auto const& kid = *n.kids[i - 1];
        auto& piece = made.pieces[i - 1];
        if (kid.what == shape::string_piece) {
            piece = {false, constant(constant_of(kid).value_or(json::value{}))};
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
    auto const format = format_of(n);
    if (!format) return in;
    auto const from = fresh();
    emit(op::move, from, in);
    out_.templates.push_back({.format = *format, .pieces = {{true, from}}});
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

}  // namespace headgate::transforms
