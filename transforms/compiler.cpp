#include "transforms/compiler.hpp"

#include "transforms/compiler_parts.hpp"
#include "transforms/parser.hpp"
#include "transforms/source_error.hpp"

#include <algorithm>
#include <utility>

namespace headgate::transforms {

result<std::shared_ptr<compiled>> compile_program(std::string_view source,
                                                  std::vector<std::string> const& variables,
                                                  std::shared_ptr<lookup_tables const> tables) {
    auto made = std::make_shared<compiled>();
    made->source = source;
    made->tables = std::move(tables);
    HEADGATE_TRY(auto const root, parse_program(made->source));
    compiler work{made->source, *made};
    if (auto done = work.translate(*root, variables); !done) return std::unexpected{std::move(done).error()};
    return made;
}

result<void> compiler::translate(node const& root, std::vector<std::string> const& variables) {
    program_unit_ = make_unit(&root, nullptr, nullptr, nullptr);
    unit_ = program_unit_;
    for (auto const& name : variables) {
        auto const where = variable_slot(&variables, name);
        scope_ =
            bring_in({.what = scope_entry::meaning::variable, .name = name, .owner = unit_, .where = where});
        given_.emplace(scope_, false);
    }
    program_unit_->scope = scope_;
    (void)request(*program_unit_, mode::value);
    while (!waiting_.empty() && !mistake_) {
        auto const next_order = waiting_.back();
        waiting_.pop_back();
        translate_unit(*next_order.of, next_order.how, next_order.index);
    }
    if (mistake_) return std::unexpected{*mistake_};
    // A unit's two translations share its layout, which is complete only now.
    for (auto& one : units_) {
        for (auto const& index : one.functions) {
            if (index) out_.functions[*index].slots = one.slots;
        }
    }
    return {};
}

unit* compiler::make_unit(node const* body, unit* outer, scope_entry const* scope,
                          std::vector<parameter> const* parameters) {
    units_.push_back({.scope = scope,
                      .outer = outer,
                      .body = body,
                      .parameters = parameters,
                      .slots = 2,
                      .variables = {},
                      .functions = {},
                      .called_at = outer ? outer->called_at : std::nullopt});
    return &units_.back();
}

std::uint32_t compiler::request(unit& of, mode how) {
    auto& index = of.functions[static_cast<std::size_t>(how)];
    if (!index) {
        index = static_cast<std::uint32_t>(out_.functions.size());
        auto& made = out_.functions.emplace_back();
        made.closures = static_cast<std::uint32_t>(of.parameters ? of.parameters->size() : 0);
        waiting_.push_back({&of, how, *index});
    }
    return *index;
}

void compiler::translate_unit(unit& of, mode how, std::uint32_t index) {
    unit_ = &of;
    scope_ = of.scope;
    code_ = &out_.functions[index];
    offset_ = of.called_at.value_or(0);
    auto const parameters = of.parameters ? std::span{*of.parameters} : std::span<parameter const>{};
    for (std::size_t i = 0; i < parameters.size(); ++i) {
        scope_ = bring_in({.what = scope_entry::meaning::closure,
                           .name = parameters[i].name,
                           .owner = unit_,
                           .where = static_cast<slot>(i)});
    }
    for (std::size_t i = 0; i < parameters.size(); ++i) {
        if (!parameters[i].is_value) continue;
        scope_entry const called{
            .what = scope_entry::meaning::closure, .name = {}, .owner = unit_, .where = static_cast<slot>(i)};
        auto const given = call_closure(0, mode::value, called, false);
        auto const where = variable_slot(&parameters[i], parameters[i].name);
        move(where, given, mode::value);
        scope_ = bring_in({.what = scope_entry::meaning::variable,
                           .name = parameters[i].name,
                           .owner = unit_,
                           .where = where});
    }
    generate_last(*of.body, 0, how);
}

scope_entry const* compiler::bring_in(scope_entry entry) {
    entry.next = scope_;
    entries_.push_back(entry);
    return &entries_.back();
}

scope_entry const* compiler::look_up(scope_entry::meaning what, std::string_view name,
                                     std::size_t arity) const {
    for (auto const* entry = scope_; entry; entry = entry->next) {
        bool const is_call = what == scope_entry::meaning::function;
        bool const fits = entry->what == what || (is_call && entry->what == scope_entry::meaning::closure);
        if (fits && entry->name == name && entry->arity == arity) return entry;
    }
    return nullptr;
}

std::uint32_t compiler::scopes_out(unit const* owner) const {
    std::uint32_t hops = 0;
    for (auto const* here = unit_; here != owner; here = here->outer) ++hops;
    return hops;
}

std::uint32_t compiler::emit(op what, std::uint32_t a, std::uint32_t b, std::uint32_t c, unsigned flags) {
    code_->code.push_back({what, static_cast<std::uint8_t>(flags), a, b, c});
    code_->offsets.push_back(offset_);
    return next() - 1;
}

std::uint32_t compiler::next() const {
    return static_cast<std::uint32_t>(code_->code.size());
}

void compiler::land(std::uint32_t instruction_index) {
    auto& jump = code_->code[instruction_index];
    bool const leads_by_b =
        jump.what == op::jump_if || jump.what == op::jump_if_not || jump.what == op::collect;
    (leads_by_b ? jump.b : jump.a) = next();
}

slot compiler::fresh(mode how) {
    auto const made = unit_->slots;
    unit_->slots += how == mode::path ? 2 : 1;
    return made;
}

slot compiler::fresh_row(std::size_t count) {
    auto const made = unit_->slots;
    unit_->slots += static_cast<std::uint32_t>(count);
    return made;
}

void compiler::move(slot to, slot from, mode how) {
    if (to == from) return;
    emit(how == mode::path ? op::move_pair : op::move, to, from);
}

std::uint32_t compiler::constant(json::value any) {
    out_.constants.push_back(any);
    return static_cast<std::uint32_t>(out_.constants.size() - 1);
}

slot compiler::load(json::value any, mode how) {
    auto const to = fresh(how);
    emit(op::constant, to, constant(any));
    if (how == mode::path) emit(op::constant, to + 1, constant({}));
    return to;
}

slot compiler::without_path(slot value, mode how) {
    if (how == mode::value) return value;
    auto const pair = fresh(mode::path);
    emit(op::move, pair, value);
    emit(op::constant, pair + 1, constant({}));
    return pair;
}

slot compiler::variable_slot(void const* bound_at, std::string_view name) {
    auto const [found, is_new] = unit_->variables.try_emplace({bound_at, name}, 0);
    if (is_new) found->second = fresh();
    return found->second;
}

std::uint32_t compiler::native_index(native_entry const& native) {
    auto const [found, is_new] =
        native_indexes_.try_emplace(native.function, static_cast<std::uint32_t>(out_.natives.size()));
    if (is_new)
        out_.natives.push_back({native.function, static_cast<std::uint32_t>(native.arity + 1), native.how});
    return found->second;
}

slot compiler::call_native(std::string_view name, std::initializer_list<slot> arguments) {
    auto const row = fresh_row(arguments.size());
    auto to = row;
    for (auto const from : arguments) emit(op::move, to++, from);
    auto const* const native = find_native(name, arguments.size() - 1);
    HEADGATE_CHECK(native != nullptr, "an expansion calls a native that is not there");
    auto const made = fresh();
    emit(op::native, made, row, native_index(*native));
    return made;
}

void compiler::mistake(node const& at, std::string const& what, std::string remedy) {
    if (mistake_) return;
    mistake_ = source_error(source_, at.offset, what, std::move(remedy));
}

}  // namespace headgate::transforms
