#include "core/check.hpp"
#include "transforms/compiler_parts.hpp"
#include "transforms/nearest.hpp"
#include "transforms/parser.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace headgate::transforms {
namespace {

constexpr std::size_t parameters_max = 16;  // Also the machine's.

}  // namespace

slot compiler::call(node const& n, slot in, mode how, bool is_last) {
    auto const arity = n.kids.size();
    if (arity > parameters_max) {
        mistake(n, "a call with more than 16 arguments");
        return in;
    }
    if (auto const* const found = look_up(scope_entry::meaning::function, n.text, arity)) {
        if (found->what == scope_entry::meaning::closure) return call_closure(in, how, *found, is_last);
        return call_unit(n, in, how, *found->function, found->owner, is_last);
    }
    if (auto const expand = find_expansion(n.text, arity)) return (this->*expand)(n, in, how);
    if (auto const* const native = find_native(n.text, arity)) {
        return without_path(call_native_node(n, *native, in), how);
    }
    if (auto* const defined = library_function(n)) {
        compile_pattern_of(n);
        return call_unit(n, in, how, *defined, program_unit_, is_last);
    }
    unknown_function(n);
    return in;
}

slot compiler::call_unit(node const& n, slot in, mode how, unit& callee, unit* defined_in, bool is_last) {
    call_site site{.function = request(callee, how),
                   .scopes_out = scopes_out(defined_in),
                   .parameter = 0,
                   .closures = {}};
    for (auto const& kid : n.kids) site.closures.push_back(argument(*kid));
    out_.sites.push_back(std::move(site));
    auto const to = fresh(how);
    emit(op::call, to, in, static_cast<std::uint32_t>(out_.sites.size() - 1),
         (how == mode::path ? flag_path : 0U) | (is_last ? flag_last : 0U));
    return to;
}

slot compiler::call_closure(slot in, mode how, scope_entry const& called, bool is_last) {
    out_.sites.push_back(
        {.function = 0, .scopes_out = scopes_out(called.owner), .parameter = called.where, .closures = {}});
    auto const to = fresh(how);
    emit(op::call_closure, to, in, static_cast<std::uint32_t>(out_.sites.size() - 1),
         (how == mode::path ? flag_path : 0U) | (is_last ? flag_last : 0U));
    return to;
}

closure_source compiler::argument(node const& n) {
    if (n.what == shape::call && n.kids.empty()) {
        auto const* const found = look_up(scope_entry::meaning::function, n.text, 0);
        if (found && found->what == scope_entry::meaning::closure) {
            return {.function = 0,
                    .path_function = 0,
                    .is_parameter = true,
                    .scopes_out = scopes_out(found->owner),
                    .parameter = found->where};
        }
    }
    auto& known = arguments_[&n];
    if (!known) known = make_unit(&n, unit_, scope_, nullptr);
    return {.function = request(*known, mode::value), .path_function = request(*known, mode::path)};
}

// Arguments of natives are values: every combination is tried, the last argument's outputs the slowest.
slot compiler::call_native_node(node const& n, native_entry const& native, slot in) {
    auto const row = fresh_row(n.kids.size() + 1);
    for (auto i = n.kids.size(); i > 0; --i) {
        auto const given = generate(*n.kids[i - 1], in, mode::value);
        emit(op::move, row + static_cast<slot>(i), given);
    }
    emit(op::move, row, in);
    auto const to = fresh();
    emit(op::native, to, row, native_index(native));
    return to;
}

unit* compiler::library_function(node const& call) {
    auto const* const found = find_library(call.text, call.kids.size());
    if (!found) return nullptr;
    auto& known = library_units_[{found->name, found->arity}];
    if (!known) {
        auto tree = parse_definition(found->source);
        HEADGATE_CHECK(tree.has_value(), "a definition of the library does not parse");
        known = make_unit((*tree)->kids[0].get(), program_unit_, nullptr, &(*tree)->parameters);
        known->called_at = unit_->called_at.value_or(call.offset);
        library_trees_.push_back(std::move(*tree));
    }
    return known;
}

// A pattern that stands in the program is compiled with it, and found wrong with it.
void compiler::compile_pattern_of(node const& call) {
    static constexpr std::array takes_a_pattern{"test", "match", "capture", "scan", "splits"};
    bool const replaces = call.text == "sub" || call.text == "gsub";
    bool const takes = replaces || call.text == "split" ||
                       std::ranges::find(takes_a_pattern, call.text) != takes_a_pattern.end();
    auto const pattern = takes ? constant_of(*call.kids[0]) : std::nullopt;
    if (!pattern || !pattern->is_string()) return;
    std::size_t const flags_at = replaces ? 2 : 1;
    auto const given = call.kids.size() > flags_at ? constant_of(*call.kids[flags_at])
                                                   : std::optional{json::value::string_view_of("")};
    if (!given || !given->is_string()) return;
    auto const how = read_pattern_flags(given->as_string());
    if (!how) {
        mistake(*call.kids[flags_at], "these flags are none of regular expressions",
                "some of: g i l n p s x");
        return;
    }
    if (auto const made = out_.patterns.add(pattern->as_string(), *how); !made)
        mistake(*call.kids[0], made.error().message, "as RE2 has them: no back references, no look-around");
}

void compiler::unknown_function(node const& n) {
    if (auto const why = why_refused(n.text); !why.empty()) {
        mistake(n, fmt::format("{} is not part of the rule language", n.text), std::string{why});
        return;
    }
    auto names = builtin_names();
    for (auto const name : expansion_names()) names.push_back(name);
    for (auto const* entry = scope_; entry; entry = entry->next) {
        if (entry->what == scope_entry::meaning::function || entry->what == scope_entry::meaning::closure) {
            names.push_back(entry->name);
        }
    }
    auto const what = fmt::format("there is no function {}/{}", n.text, n.kids.size());
    if (std::find(names.begin(), names.end(), n.text) != names.end()) {
        mistake(n, what, fmt::format("{} takes another number of arguments", n.text));
        return;
    }
    auto const suggestion = nearest(n.text, names);
    mistake(n, what,
            suggestion.empty() ? "docs/reference/rule-language.md lists those there are"
                               : fmt::format("did you mean {}?", suggestion));
}

void compiler::unknown_variable(node const& n) {
    if (n.text == "ENV") {
        mistake(n, "$ENV is not part of the rule language",
                "rules do not see the environment of the process");
        return;
    }
    std::vector<std::string_view> names;
    for (auto const* entry = scope_; entry; entry = entry->next) {
        if (entry->what == scope_entry::meaning::variable) names.push_back(entry->name);
    }
    auto const suggestion = nearest(n.text, names);
    mistake(n, fmt::format("${} is not defined", n.text),
            suggestion.empty() ? "" : fmt::format("did you mean ${}?", suggestion));
}

}  // namespace headgate::transforms
