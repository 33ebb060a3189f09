#pragma once

#include "core/result.hpp"
#include "transforms/ast.hpp"
#include "transforms/builtins.hpp"
#include "transforms/code.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <initializer_list>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace headgate::transforms {

// Whether what leads to a value is followed too.
enum class mode : std::uint8_t { value, path };

using slot = std::uint32_t;

// A function of the source, or an argument of a call: what gets frames of its own. Its two translations share
// the layout, so that closures in it work for both.
struct unit {
    struct scope_entry const* scope = nullptr;  // What its body sees.
    unit* outer = nullptr;
    node const* body = nullptr;
    std::vector<parameter> const* parameters = nullptr;
    std::uint32_t slots = 2;
    std::map<std::pair<void const*, std::string_view>, slot> variables;  // By where they are bound.
    std::optional<std::uint32_t> functions[2];                           // By mode.
    std::optional<std::uint32_t> called_at;  // Of our library's: its errors stand where it was called.
};

// Names that are visible, the innermost first. Never changed, so that a unit can keep its own.
struct scope_entry {
    enum class meaning : std::uint8_t { variable, function, closure, label };
    meaning what;
    std::string_view name;
    std::size_t arity = 0;
    unit* owner = nullptr;  // Whose frame has it; of a function, where it is defined.
    slot where = 0;         // Register, or the closure's number.
    unit* function = nullptr;
    scope_entry const* next = nullptr;
};

// Translates one program. The first mistake is kept; what is made after it is thrown away.
class compiler {
public:
    compiler(std::string_view source, compiled& into) : source_{source}, out_{into} {}

    [[nodiscard]] static std::vector<std::string_view> expansion_names();

    [[nodiscard]] result<void> translate(node const& root, std::vector<std::string> const& variables);

private:
    using expansion = slot (compiler::*)(node const& call, slot in, mode how);
    struct expansion_entry {
        std::string_view name;
        std::size_t arity;
        expansion make;
    };
    [[nodiscard]] static std::span<expansion_entry const> expansions();
    [[nodiscard]] static expansion find_expansion(std::string_view name, std::size_t arity);

    // Units and scopes.
    unit* make_unit(node const* body, unit* outer, scope_entry const* scope,
                    std::vector<parameter> const* parameters);
    std::uint32_t request(unit& of, mode how);
    void translate_unit(unit& of, mode how, std::uint32_t index);
    scope_entry const* bring_in(scope_entry entry);
    [[nodiscard]] scope_entry const* look_up(scope_entry::meaning what, std::string_view name,
                                             std::size_t arity) const;
    [[nodiscard]] std::uint32_t scopes_out(unit const* owner) const;
    unit* library_function(node const& call);
    void compile_pattern_of(node const& call);

    // While it lives, instructions stand at this node's place; our library's stand where it was called.
    class place_guard {
    public:
        place_guard(compiler& of, node const& n) : of_{of}, before_{of.offset_} {
            if (!of.unit_->called_at) of.offset_ = n.offset;
        }
        ~place_guard() { of_.offset_ = before_; }
        place_guard(place_guard const&) = delete;
        place_guard& operator=(place_guard const&) = delete;

    private:
        compiler& of_;
        std::uint32_t before_;
    };

    // Instructions.
    std::uint32_t emit(op what, std::uint32_t a = 0, std::uint32_t b = 0, std::uint32_t c = 0,
                       unsigned flags = 0);
    [[nodiscard]] std::uint32_t next() const;
    void land(std::uint32_t instruction_index);  // Its jump leads to what comes next.
    slot fresh(mode how = mode::value);
    slot fresh_row(std::size_t count);
    void move(slot to, slot from, mode how);
    std::uint32_t constant(json::value any);
    slot load(json::value any, mode how = mode::value);
    slot variable_slot(void const* bound_at, std::string_view name);
    slot call_native(std::string_view name, std::initializer_list<slot> arguments);
    slot without_path(slot value, mode how);
    void mistake(node const& at, std::string const& what, std::string remedy = {});

    // The tree.
    slot generate(node const& n, slot in, mode how);
    void generate_last(node const& n, slot in, mode how);
    [[nodiscard]] std::optional<json::value> constant_of(node const& n);
    slot field(node const& n, slot in, mode how);
    slot index(node const& n, slot in, mode how);
    slot slice(node const& n, slot in, mode how);
    slot iterate(node const& n, slot in, mode how);
    slot string(node const& n, slot in);
    slot format(node const& n, slot in);
    // Says so when there is none of this name.
    std::optional<text_format> format_of(node const& n);
    slot array(node const& n, slot in);
    slot object(node const& n, slot in);
    slot comma(node const& n, slot in, mode how);
    slot binary(node const& n, slot in);
    slot logic(node const& n, slot in);
    slot alternative(node const& left, node const& right, slot in, mode how);
    slot assign(node const& n, slot in);
    slot modify(node const& n, slot in);
    slot update_by(node const& n, slot in);
    slot condition(node const& n, slot in, mode how);
    slot attempt(node const& n, slot in, mode how);
    slot reduce(node const& n, slot in, mode how);
    slot foreach (node const& n, slot in, mode how);
    slot bind(node const& n, slot in, mode how);
    slot label(node const& n, slot in, mode how);
    slot break_out(node const& n, slot in, mode how);
    slot variable(node const& n, mode how);
    void note_reading(scope_entry const& read);
    slot location(node const& n);
    void define(node const& n);
    void destructure(node const& at, pattern const& into, slot from, slot in);
    void bind_name(pattern const& at, std::string const& name, slot from);
    void bring_in_names(std::vector<pattern_pointer> const& patterns);
    void bind_patterns(node const& n, slot from, slot in);

    // Calls.
    slot call(node const& n, slot in, mode how, bool is_last = false);
    slot call_unit(node const& n, slot in, mode how, unit& callee, unit* defined_in, bool is_last);
    slot call_closure(slot in, mode how, scope_entry const& called, bool is_last);
    slot call_native_node(node const& n, native_entry const& native, slot in);
    [[nodiscard]] closure_source argument(node const& n);
    std::uint32_t native_index(native_entry const& native);
    void unknown_function(node const& n);
    void unknown_variable(node const& n);

    // Expanded in place.
    slot expand_constant(node const& n, slot in, mode how);
    slot expand_in(node const& n, slot in, mode how);
    slot expand_empty(node const& n, slot in, mode how);
    slot expand_error(node const& n, slot in, mode how);
    slot expand_select(node const& n, slot in, mode how);
    slot expand_map(node const& n, slot in, mode how);
    slot expand_map_values(node const& n, slot in, mode how);
    slot expand_any(node const& n, slot in, mode how);
    slot expand_first(node const& n, slot in, mode how);
    slot expand_last(node const& n, slot in, mode how);
    slot expand_limit(node const& n, slot in, mode how);
    slot expand_isempty(node const& n, slot in, mode how);
    slot expand_range(node const& n, slot in, mode how);
    slot expand_add(node const& n, slot in, mode how);
    slot expand_path(node const& n, slot in, mode how);
    slot expand_del(node const& n, slot in, mode how);
    slot expand_getpath(node const& n, slot in, mode how);
    slot expand_with_entries(node const& n, slot in, mode how);
    slot expand_by_keys(node const& n, slot in, mode how);
    slot expand_lookup(node const& n, slot in, mode how);
    void look_for_table(node const& call);
    slot search(node const* source, node const* test, slot in, bool wanted);
    slot paths_of(node const& n, slot in);
    slot each_of(slot in);
    slot remap(node const& update, slot in);

    std::string_view source_;
    compiled& out_;
    std::deque<unit> units_;
    std::deque<scope_entry> entries_;
    // By their nodes. Two, because an argument may be a definition with something behind it.
    std::map<void const*, unit*> arguments_;
    std::map<void const*, unit*> definitions_;
    struct order {
        unit* of;
        mode how;
        std::uint32_t index;
    };
    std::vector<order> waiting_;
    std::vector<node_pointer> library_trees_;
    std::map<std::pair<std::string_view, std::size_t>, unit*> library_units_;
    std::map<native_function, std::uint32_t> native_indexes_;

    unit* unit_ = nullptr;
    unit* program_unit_ = nullptr;
    scope_entry const* scope_ = nullptr;
    std::map<scope_entry const*, bool> given_;  // What a run can give, and whether it is read.
    function_code* code_ = nullptr;
    std::uint32_t offset_ = 0;
    std::optional<error> mistake_;
};

}  // namespace headgate::transforms
