#pragma once

#include "core/result.hpp"
#include "transforms/ast.hpp"
#include "transforms/lexer.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace headgate::transforms {

struct operator_rule;

// Recursive descent over jq's grammar, one function a rule: pipes, operators and definitions in parser.cpp,
// terms in parser_terms.cpp.
class parser {
public:
    explicit parser(std::string_view source) : lexer_{source} {}

    result<node_pointer> program();
    result<node_pointer> definitions();

private:
    enum class body_follows : std::uint8_t { no, yes };
    result<token> advance();
    result<token> expect(std::string_view symbol);
    [[nodiscard]] std::unexpected<error> wrong(std::size_t offset, std::string const& what,
                                               std::string remedy = {});
    [[nodiscard]] std::unexpected<error> unexpected(std::string_view wanted);
    [[nodiscard]] std::string shown(token const& t) const;

    template <class... Kids>
    [[nodiscard]] static node_pointer make(shape what, std::uint32_t offset, Kids... kids) {
        auto made = std::make_unique<node>();
        made->what = what;
        made->offset = offset;
        (adopt(*made, std::move(kids)), ...);
        return made;
    }

    static void adopt(node& parent, node_pointer kid) {
        if (kid) parent.depth = std::max(parent.depth, kid->depth + 1);
        parent.kids.push_back(std::move(kid));
    }

    result<node_pointer> checked(node_pointer made);
    [[nodiscard]] std::unexpected<error> too_deep();
    result<node_pointer> pipe();
    result<node_pointer> element();
    result<node_pointer> comma();
    [[nodiscard]] operator_rule const* operator_here() const;
    result<node_pointer> operation(int level);
    result<node_pointer> operand();
    result<node_pointer> labelled();
    result<node_pointer> binding(node_pointer source);
    result<std::vector<pattern_pointer>> patterns();
    result<pattern_pointer> one_pattern();
    result<pattern_pointer> array_pattern(pattern_pointer made);
    result<pattern_pointer> object_pattern(pattern_pointer made);
    result<std::string> variable_name();
    result<node_pointer> definition(body_follows follows);
    result<node_pointer> term();
    result<bool> suffix(node_pointer& left);
    static node_pointer field_of(node_pointer left, token const& name);
    result<node_pointer> bracket_suffix(node_pointer left);
    result<node_pointer> bare_term();
    result<node_pointer> number();
    result<node_pointer> variable();
    result<node_pointer> format();
    result<node_pointer> string_after_quote(std::uint32_t offset, std::string_view format_name);
    result<node_pointer> word_term();
    result<node_pointer> call();
    result<node_pointer> break_out();
    result<node_pointer> condition();
    result<node_pointer> attempt();
    result<node_pointer> tried();
    result<node_pointer> fold();
    result<node_pointer> symbol_term();
    result<node_pointer> array();
    result<node_pointer> object();
    result<node_pointer> object_key();
    static node_pointer constant(std::uint32_t offset, std::string_view text);
    result<bool> object_entry(node& made);
    result<node_pointer> object_value();

    // The parser and everything after it recurse over the program, so its nesting is bounded. A level of
    // brackets counts three times: as a pipe, an operand and a term.
    static constexpr std::size_t nesting_max = 300;
    static constexpr std::uint32_t tree_depth_max = 1'000;
    static constexpr int loosest_operator = 2;

    struct level {
        explicit level(std::size_t& count) : count_{count} { ++count_; }
        ~level() { --count_; }
        level(level const&) = delete;
        level& operator=(level const&) = delete;

    private:
        std::size_t& count_;
    };

    lexer lexer_;
    token current_;
    std::size_t nesting_ = 0;
};

}  // namespace headgate::transforms
