#include "transforms/machine.hpp"
#include "transforms/operations.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <new>
#include <span>
#include <string>
#include <vector>

// The instructions that make values, and calls.

namespace headgate::transforms {

bool machine::do_collected(instruction const& now) {
    auto const from = static_cast<std::size_t>(registers_[now.b].held_integer());
    registers_[now.a] = run_.list(std::span{kept_}.subspan(from));
    kept_.resize(from);
    return run_.ok();
}

// What was kept are pairs: the counter behind the item's own, and what stands there now.
bool machine::do_remapped(instruction const& now) {
    auto const container = registers_[now.b];
    auto const from = static_cast<std::size_t>(registers_[now.c].held_integer());
    auto const kept = std::span{kept_}.subspan(from);
    if (container.is_array()) {
        std::vector<json::value> items;
        items.reserve(kept.size() / 2);
        for (std::size_t i = 1; i < kept.size(); i += 2) items.push_back(kept[i]);
        registers_[now.a] = run_.list(items);
    } else {
        std::vector<json::member> members;
        members.reserve(kept.size() / 2);
        for (std::size_t i = 0; i < kept.size(); i += 2) {
            auto const index = static_cast<std::size_t>(kept[i].held_integer()) - 1;
            members.push_back({container.members()[index].key, kept[i + 1]});
        }
        registers_[now.a] = run_.object(members);
    }
    kept_.resize(from);
    return run_.ok();
}

bool machine::do_object(instruction const& now) {
    std::array<json::member, 16> few;
    std::vector<json::member> many;
    std::span<json::member> members{few};
    if (now.c > few.size()) {
        many.resize(now.c);
        members = many;
    }
    auto const* const pairs = registers_ + now.b;
    for (std::size_t i = 0; i < now.c; ++i) {
        auto const& key = pairs[i * 2];
        if (!key.is_string())
            return run_.fail(fmt::format("Object keys must be strings, not {}", name_of(key.type())));
        members[i] = {key.as_string(), pairs[i * 2 + 1]};
    }
    registers_[now.a] = run_.object(members.first(now.c));
    return run_.ok();
}

bool machine::do_interpolate(instruction const& now) {
    auto const& shape = program_.templates[now.b];
    std::string text;
    for (auto const& piece : shape.pieces) {
        if (!piece.is_register) {
            text += program_.constants[piece.index].as_string();
            continue;
        }
        if (!run_.may_walk(registers_[piece.index])) return false;
        if (!append_formatted(run_, shape.format, registers_[piece.index], text)) return false;
    }
    registers_[now.a] = run_.text(text);
    return run_.ok();
}

bool machine::do_binary(instruction const& now) {
    auto* const r = registers_;
    auto const& a = r[now.b];
    auto const& b = r[now.c];
    if (a.holds_unreadable()) return run_.unreadable(a);
    if (b.holds_unreadable()) return run_.unreadable(b);
    bool const reads_literals = a.holds_literal() || b.holds_literal();
    bool const walks_deep = reads_literals || (now.what == op::multiply && a.is_object() && b.is_object());
    if (walks_deep && (!run_.may_walk(a) || !run_.may_walk(b))) return false;
    json::value out;
    bool fine = true;
    switch (now.what) {
        case op::add: fine = add(run_, a, b, out); break;
        case op::subtract: fine = subtract(run_, a, b, out); break;
        case op::multiply: fine = multiply(run_, a, b, out); break;
        case op::divide: fine = divide(run_, a, b, out); break;
        case op::modulo: fine = modulo(run_, a, b, out); break;
        case op::equal: out = json::value::boolean(is_equal(run_, a, b)); break;
        case op::unequal: out = json::value::boolean(!is_equal(run_, a, b)); break;
        case op::less: out = json::value::boolean(compare(run_, a, b) < 0 || (is_nan(a) && is_nan(b))); break;
        case op::less_equal: out = json::value::boolean(compare(run_, a, b) <= 0); break;
        case op::more: out = json::value::boolean(compare(run_, a, b) > 0); break;
        default: out = json::value::boolean(compare(run_, a, b) >= 0 && !is_nan(a)); break;
    }
    r[now.a] = out;
    return fine && run_.ok();
}

closure machine::resolve(closure_source const& from) const {
    auto* const surroundings = scope(from.scopes_out);
    if (from.is_parameter) return surroundings->closures()[from.parameter];
    return {&program_.functions[from.function], &program_.functions[from.path_function], surroundings};
}

bool machine::do_call(instruction const& now) {
    auto const& site = program_.sites[now.c];
    return enter(now, program_.functions[site.function], scope(site.scopes_out), site);
}

bool machine::do_call_closure(instruction const& now) {
    auto const& site = program_.sites[now.c];
    auto const called = scope(site.scopes_out)->closures()[site.parameter];
    return enter(now, (now.flags & flag_path) ? *called.path_function : *called.function, called.surroundings,
                 site);
}

bool machine::enter(instruction const& now, function_code const& callee, frame* surroundings,
                    call_site const& site) {
    constexpr std::size_t closures_max = 16;  // The compiler refuses more.
    std::array<closure, closures_max> given;
    bool refers_to_here = surroundings == here_;
    for (std::size_t i = 0; i < site.closures.size(); ++i) {
        given[i] = resolve(site.closures[i]);
        refers_to_here = refers_to_here || given[i].surroundings == here_;
    }
    if (!run_.may_step(1)) return false;
    auto const input = registers_[now.b];
    auto const path = (now.flags & flag_path) ? registers_[now.b + 1] : json::value{};

    // A last call takes the place of the frame it ends, where nothing can come back to that.
    bool const replaces =
        (now.flags & flag_last) && here_->caller && forks_.size() == here_->forks && !refers_to_here;
    frame next{here_, surroundings, &callee, at_, now.a, here_->depth + 1, forks_.size(), frames_.top()};
    if (replaces) {
        next.caller = here_->caller;
        next.return_to = here_->return_to;
        next.return_register = here_->return_register;
        next.depth = here_->depth;
        next.before = here_->before;
        frames_.drop_to(here_->before);
    }
    if (next.depth > run_.limits().depth_max) return run_.refuse(limit::depth);
    if (frames_.held_bytes() > run_.limits().memory_bytes_max) return run_.refuse(limit::memory);
    auto const bytes = sizeof(frame) + callee.closures * sizeof(closure) + callee.slots * sizeof(json::value);
    here_ = new (frames_.allocate(bytes)) frame{next};
    std::copy_n(given.begin(), site.closures.size(), here_->closures());
    registers_ = here_->registers();
    registers_[0] = input;
    registers_[1] = path;
    at_ = callee.code.data();
    return true;
}

}  // namespace headgate::transforms
