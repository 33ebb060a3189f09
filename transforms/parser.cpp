#include "transforms/parser.hpp"

#include "transforms/parser_parts.hpp"
#include "transforms/source_error.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace headgate::transforms {

enum class associates : std::uint8_t { left, right, not_at_all };

struct operator_rule {
    std::string_view text;
    int level;
    associates how;
    shape makes;
};

namespace {

constexpr std::size_t source_bytes_max = std::size_t{256} * 1024;

// From the loosest to the tightest, as in jq's grammar. `|` and `,` have functions of their own.
constexpr std::array<operator_rule, 22> operators{{
    {"//", 2, associates::right, shape::alternative},  {"=", 3, associates::not_at_all, shape::assign},
    {"|=", 3, associates::not_at_all, shape::assign},  {"+=", 3, associates::not_at_all, shape::assign},
    {"-=", 3, associates::not_at_all, shape::assign},  {"*=", 3, associates::not_at_all, shape::assign},
    {"/=", 3, associates::not_at_all, shape::assign},  {"%=", 3, associates::not_at_all, shape::assign},
    {"//=", 3, associates::not_at_all, shape::assign}, {"or", 4, associates::left, shape::logic_or},
    {"and", 5, associates::left, shape::logic_and},    {"==", 6, associates::not_at_all, shape::binary},
    {"!=", 6, associates::not_at_all, shape::binary},  {"<", 6, associates::not_at_all, shape::binary},
    {"<=", 6, associates::not_at_all, shape::binary},  {">", 6, associates::not_at_all, shape::binary},
    {">=", 6, associates::not_at_all, shape::binary},  {"+", 7, associates::left, shape::binary},
    {"-", 7, associates::left, shape::binary},         {"*", 8, associates::left, shape::binary},
    {"/", 8, associates::left, shape::binary},         {"%", 8, associates::left, shape::binary},
}};

}  // namespace

result<node_pointer> parser::program() {
    if (lexer_.source().size() > source_bytes_max) return wrong(0, "a program of more than 256 KiB");
    HEADGATE_TRY(auto const started, advance());
    if (current_.kind == token_kind::end) return make(shape::identity, started.offset);
    HEADGATE_TRY(auto root, pipe());
    if (current_.kind != token_kind::end) return unexpected("the end of the program");
    return root;
}

result<node_pointer> parser::definitions() {
    HEADGATE_TRY([[maybe_unused]] auto const started, advance());
    return definition(body_follows::no);
}

// Gives the token that was current, and makes the next one current.
result<token> parser::advance() {
    auto const taken = current_;
    HEADGATE_TRY(current_, lexer_.next());
    return taken;
}

result<token> parser::expect(std::string_view symbol) {
    if (!current_.is(symbol)) return unexpected(symbol);
    return advance();
}

std::unexpected<error> parser::wrong(std::size_t offset, std::string const& what, std::string remedy) {
    return std::unexpected{source_error(lexer_.source(), offset, what, std::move(remedy))};
}

std::unexpected<error> parser::unexpected(std::string_view wanted) {
    auto const found = current_.kind == token_kind::end ? std::string{"the program ends"}
                                                        : "unexpected \"" + shown(current_) + "\"";
    return wrong(current_.offset, found, "expected " + std::string{wanted});
}

std::string parser::shown(token const& t) const {
    return std::string{lexer_.source().substr(t.offset, t.end - t.offset)};
}

result<node_pointer> parser::checked(node_pointer made) {
    if (made->depth > tree_depth_max) return too_deep();
    return made;
}

std::unexpected<error> parser::too_deep() {
    return wrong(current_.offset, "a program that is nested too deep", "split it into functions");
}

// pipe: definition pipe | comma ('|' pipe)?
result<node_pointer> parser::pipe() {
    level const inside{nesting_};
    if (nesting_ > nesting_max) return too_deep();
    std::vector<node_pointer> stages;
    while (true) {
        if (current_.is("def")) {
            HEADGATE_TRY(auto defined, definition(body_follows::yes));
            stages.push_back(std::move(defined));
            break;  // Its body took the rest of the pipe.
        }
        HEADGATE_TRY(auto stage, comma());
        stages.push_back(std::move(stage));
        if (!current_.is("|")) break;
        HEADGATE_TRY([[maybe_unused]] auto const bar, advance());
    }
    auto all = std::move(stages.back());
    for (stages.pop_back(); !stages.empty(); stages.pop_back()) {
        auto const offset = stages.back()->offset;
        HEADGATE_TRY(all, checked(make(shape::pipe, offset, std::move(stages.back()), std::move(all))));
    }
    return all;
}

// What a comma separates: an operation, or one whose outputs get names for the rest of the pipe.
result<node_pointer> parser::element() {
    HEADGATE_TRY(auto one, operation(loosest_operator));
    if (current_.is("as")) return binding(std::move(one));
    return one;
}

result<node_pointer> parser::comma() {
    HEADGATE_TRY(auto all, element());
    while (current_.is(",")) {
        HEADGATE_TRY(auto const at, advance());
        HEADGATE_TRY(auto next, element());
        HEADGATE_TRY(all, checked(make(shape::comma, at.offset, std::move(all), std::move(next))));
    }
    return all;
}

operator_rule const* parser::operator_here() const {
    auto const* const found = std::find_if(operators.begin(), operators.end(),
                                           [&](operator_rule const& rule) { return current_.is(rule.text); });
    return found == operators.end() ? nullptr : found;
}

// Precedence climbing: what binds at least as tight as `level`.
result<node_pointer> parser::operation(int level) {
    HEADGATE_TRY(auto left, operand());
    int not_again = -1;
    while (auto const* const rule = operator_here()) {
        if (rule->level < level) break;
        if (rule->level == not_again) {
            return wrong(current_.offset,
                         "\"" + std::string{rule->text} + "\" after an operator of its own level",
                         "use parentheses");
        }
        HEADGATE_TRY(auto const at, advance());
        HEADGATE_TRY(auto right, operation(rule->how == associates::right ? rule->level : rule->level + 1));
        if (rule->how == associates::not_at_all) not_again = rule->level;
        auto made = make(rule->makes, at.offset, std::move(left), std::move(right));
        made->text = rule->text;
        HEADGATE_TRY(left, checked(std::move(made)));
    }
    return left;
}

result<node_pointer> parser::operand() {
    level const inside{nesting_};
    if (nesting_ > nesting_max) return too_deep();
    if (current_.is("def")) return definition(body_follows::yes);
    if (current_.is("-")) {
        HEADGATE_TRY(auto const at, advance());
        HEADGATE_TRY(auto of, operand());
        return checked(make(shape::negate, at.offset, std::move(of)));
    }
    if (current_.is("label")) return labelled();
    return term();
}

result<node_pointer> parser::labelled() {
    HEADGATE_TRY(auto const at, advance());
    HEADGATE_TRY(auto const name, variable_name());
    HEADGATE_TRY([[maybe_unused]] auto const bar, expect("|"));
    HEADGATE_TRY(auto body, pipe());
    auto made = make(shape::label, at.offset, std::move(body));
    made->text = name;
    return checked(std::move(made));
}

result<node_pointer> parser::binding(node_pointer source) {
    HEADGATE_TRY(auto bound, patterns());
    HEADGATE_TRY([[maybe_unused]] auto const bar, expect("|"));
    HEADGATE_TRY(auto body, pipe());
    auto const offset = source->offset;
    auto made = make(shape::bind, offset, std::move(source), std::move(body));
    made->bound = std::move(bound);
    return checked(std::move(made));
}

result<std::vector<pattern_pointer>> parser::patterns() {
    std::vector<pattern_pointer> all;
    do {  // The first turn takes `as`, the others `?//`.
        HEADGATE_TRY([[maybe_unused]] auto const taken, advance());
        HEADGATE_TRY(auto one, one_pattern());
        all.push_back(std::move(one));
    } while (current_.is("?//"));
    return all;
}

result<pattern_pointer> parser::one_pattern() {
    level const inside{nesting_};
    if (nesting_ > nesting_max) return too_deep();
    auto made = std::make_unique<pattern>();
    made->offset = current_.offset;
    if (current_.is("[")) return array_pattern(std::move(made));
    if (current_.is("{")) return object_pattern(std::move(made));
    HEADGATE_TRY(made->name, variable_name());
    return made;
}

result<pattern_pointer> parser::array_pattern(pattern_pointer made) {
    made->what = pattern::form::array;
    do {
        HEADGATE_TRY([[maybe_unused]] auto const taken, advance());
        HEADGATE_TRY(auto item, one_pattern());
        made->items.push_back(std::move(item));
    } while (current_.is(","));
    HEADGATE_TRY([[maybe_unused]] auto const closed, expect("]"));
    return made;
}

result<pattern_pointer> parser::object_pattern(pattern_pointer made) {
    made->what = pattern::form::object;
    do {
        HEADGATE_TRY([[maybe_unused]] auto const taken, advance());
        pattern::entry one;
        if (current_.kind == token_kind::variable) {
            HEADGATE_TRY(one.variable, variable_name());
        } else {
            HEADGATE_TRY(one.key, object_key());
        }
        if (one.key && !current_.is(":")) return unexpected(":");
        if (current_.is(":")) {
            HEADGATE_TRY([[maybe_unused]] auto const colon, advance());
            HEADGATE_TRY(one.inner, one_pattern());
        }
        made->entries.push_back(std::move(one));
    } while (current_.is(","));
    HEADGATE_TRY([[maybe_unused]] auto const closed, expect("}"));
    return made;
}

result<std::string> parser::variable_name() {
    if (current_.kind != token_kind::variable) return unexpected("$name");
    HEADGATE_TRY(auto const name, advance());
    return std::string{name.text};
}

result<node_pointer> parser::definition(body_follows follows) {
    HEADGATE_TRY(auto const at, advance());
    if (current_.kind != token_kind::word) return unexpected("a name");
    HEADGATE_TRY(auto const name, advance());
    auto made = make(shape::define, at.offset);
    made->text = name.text;
    if (current_.is("(")) {
        do {
            HEADGATE_TRY([[maybe_unused]] auto const taken, advance());
            bool const is_value = current_.kind == token_kind::variable;
            if (!is_value && current_.kind != token_kind::word) return unexpected("a parameter");
            HEADGATE_TRY(auto const given, advance());
            made->parameters.push_back({std::string{given.text}, is_value});
        } while (current_.is(";"));
        HEADGATE_TRY([[maybe_unused]] auto const closed, expect(")"));
    }
    HEADGATE_TRY([[maybe_unused]] auto const colon, expect(":"));
    HEADGATE_TRY(auto body, pipe());
    HEADGATE_TRY([[maybe_unused]] auto const ended, expect(";"));
    adopt(*made, std::move(body));
    node_pointer rest;
    if (follows == body_follows::yes) {
        HEADGATE_TRY(rest, pipe());
    }
    adopt(*made, std::move(rest));
    return checked(std::move(made));
}

result<node_pointer> parse_program(std::string_view source) {
    return parser{source}.program();
}

result<node_pointer> parse_definition(std::string_view source) {
    return parser{source}.definitions();
}

}  // namespace headgate::transforms
