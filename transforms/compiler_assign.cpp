#include "transforms/compiler_parts.hpp"

#include <array>

namespace headgate::transforms {

// Assignments are folds over paths: for each path of the left side, one more change to a copy of the input.
slot compiler::assign(node const& n, slot in) {
    if (n.text != "=" && n.text != "|=") return update_by(n, in);
    if (n.text == "|=") return modify(n, in);
    auto const right = generate(*n.kids[1], in, mode::value);
    auto const sum = fresh();
    emit(op::move, sum, in);
    auto const done = emit(op::fork);
    auto const path = paths_of(*n.kids[0], in);
    emit(op::move, sum, call_native("setpath", {sum, path, right}));
    emit(op::backtrack);
    land(done);
    return sum;
}

// paths |= update: the first output of the update takes the place; without one the place goes.
slot compiler::modify(node const& n, slot in) {
    auto const& paths = *n.kids[0];
    auto const& update = *n.kids[1];
    if (paths.what == shape::iterate && paths.kids[0]->what == shape::identity) return remap(update, in);
    auto const sum = fresh();
    auto const gone = fresh();
    auto const start = fresh();
    emit(op::move, sum, in);
    emit(op::constant, gone, constant(json::value::array({}, out_.kept)));
    auto const done = emit(op::fork);
    auto const path = paths_of(paths, in);
    auto const old = call_native("getpath", {sum, path});
    emit(op::mark, start);
    auto const empty = emit(op::fork);
    auto const changed = generate(update, old, mode::value);
    emit(op::cut, start);
    emit(op::move, sum, call_native("setpath", {sum, path, changed}));
    emit(op::backtrack);
    land(empty);
    emit(op::move, gone, call_native("_append", {gone, path}));
    emit(op::backtrack);
    land(done);
    return call_native("delpaths", {sum, gone});
}

// paths += value and the like: the value is taken from the whole input, once for each of its outputs.
slot compiler::update_by(node const& n, slot in) {
    auto const right = generate(*n.kids[1], in, mode::value);
    auto const sum = fresh();
    emit(op::move, sum, in);
    auto const done = emit(op::fork);
    auto const path = paths_of(*n.kids[0], in);
    auto const old = call_native("getpath", {sum, path});
    auto const changed = fresh();
    if (n.text == "//=") {
        emit(op::move, changed, old);
        auto const keeps = emit(op::jump_if, old);
        emit(op::move, changed, right);
        land(keeps);
    } else {
        constexpr std::array<std::pair<char, op>, 5> by{
            {{'+', op::add}, {'-', op::subtract}, {'*', op::multiply}, {'/', op::divide}, {'%', op::modulo}}};
        for (auto const& [sign, what] : by) {
            if (n.text[0] == sign) emit(what, changed, old, right);
        }
    }
    emit(op::move, sum, call_native("setpath", {sum, path, changed}));
    emit(op::backtrack);
    land(done);
    return sum;
}

// One output, a path, for each that `n` leads to from `in`.
slot compiler::paths_of(node const& n, slot in) {
    auto const start = fresh(mode::path);
    emit(op::move, start, in);
    emit(op::constant, start + 1, constant(json::value::array({}, out_.kept)));
    auto const reached = generate(n, start, mode::path);
    auto const path = fresh();
    emit(op::check_path, path, reached);
    return path;
}

// `in` with each item's place taken by the first output of `update` on it.
slot compiler::remap(node const& update, slot in) {
    auto const kept = fresh();
    auto const item = fresh();
    auto const count = fresh();
    auto const start = fresh();
    auto const begin = emit(op::collect, kept);
    emit(op::each, item, in, count);
    emit(op::each_next, item, in, count);
    emit(op::mark, start);
    auto const changed = generate(update, item, mode::value);
    emit(op::cut, start);
    emit(op::keep_entry, changed, count);
    land(begin);
    auto const to = fresh();
    emit(op::remapped, to, in, kept);
    return to;
}

}  // namespace headgate::transforms
