#include "transforms/parser.hpp"

#include "transforms/lexer.hpp"
#include "transforms/source_error.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

namespace headgate::transforms {
namespace {

// The parser and everything after it recurse over the program, so its nesting is bounded. A level of brackets
// counts three times: as a pipe, an operand and a term.
constexpr std::size_t nesting_max = 300;
constexpr std::uint32_t tree_depth_max = 1'000;
constexpr std::size_t source_bytes_max = 256 * 1024;

constexpr std::array<std::string_view, 20> keywords{
    "def",    "if",  "then",  "elif",    "else",  "end",    "as",      "and",     "or",    "not",
    "reduce", "try", "catch", "foreach", "label", "import", "include", "__loc__", "break", "module"};

bool is_keyword(token const& t) {
    return t.kind == token_kind::word && t.text != "not" && t.text != "break" && t.text != "module" &&
           std::find(keywords.begin(), keywords.end(), t.text) != keywords.end();
}

enum class associates : std::uint8_t { left, right, not_at_all };

struct operator_rule {
    std::string_view text;
    int level;
    associates how;
    shape makes;
};

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

constexpr int loosest_operator = 2;

class parser {
public:
    explicit parser(std::string_view source) : lexer_{source} {}

    result<node_pointer> program() {
        if (lexer_.source().size() > source_bytes_max) return wrong(0, "a program of more than 256 KiB");
        HEADGATE_TRY(auto const started, advance());
        if (current_.kind == token_kind::end) return make(shape::identity, started.offset);
        HEADGATE_TRY(auto root, pipe());
        if (current_.kind != token_kind::end) return unexpected("the end of the program");
        return root;
    }

    result<node_pointer> definitions() {
        HEADGATE_TRY([[maybe_unused]] auto const started, advance());
        return definition(body_follows::no);
    }

private:
    enum class body_follows : std::uint8_t { no, yes };

    // Gives the token that was current, and makes the next one current.
    result<token> advance() {
        auto const taken = current_;
        HEADGATE_TRY(current_, lexer_.next());
        return taken;
    }

    result<token> expect(std::string_view symbol) {
        if (!current_.is(symbol)) return unexpected(symbol);
        return advance();
    }

    [[nodiscard]] std::unexpected<error> wrong(std::size_t offset, std::string const& what,
                                               std::string remedy = {}) {
        return std::unexpected{source_error(lexer_.source(), offset, what, std::move(remedy))};
    }

    [[nodiscard]] std::unexpected<error> unexpected(std::string_view wanted) {
        auto const found = current_.kind == token_kind::end ? std::string{"the program ends"}
                                                            : "unexpected \"" + shown(current_) + "\"";
        return wrong(current_.offset, found, "expected " + std::string{wanted});
    }

    [[nodiscard]] std::string shown(token const& t) const {
        return std::string{lexer_.source().substr(t.offset, t.end - t.offset)};
    }

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

    result<node_pointer> checked(node_pointer made) {
        if (made->depth > tree_depth_max) return too_deep();
        return made;
    }

    [[nodiscard]] std::unexpected<error> too_deep() {
        return wrong(current_.offset, "a program that is nested too deep", "split it into functions");
    }

    // pipe: definition pipe | comma ('|' pipe)?
    result<node_pointer> pipe() {
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
    result<node_pointer> element() {
        HEADGATE_TRY(auto one, operation(loosest_operator));
        if (current_.is("as")) return binding(std::move(one));
        return one;
    }

    result<node_pointer> comma() {
        HEADGATE_TRY(auto all, element());
        while (current_.is(",")) {
            HEADGATE_TRY(auto const at, advance());
            HEADGATE_TRY(auto next, element());
            HEADGATE_TRY(all, checked(make(shape::comma, at.offset, std::move(all), std::move(next))));
        }
        return all;
    }

    [[nodiscard]] operator_rule const* operator_here() const {
        auto const* const found =
            std::find_if(operators.begin(), operators.end(),
                         [&](operator_rule const& rule) { return current_.is(rule.text); });
        return found == operators.end() ? nullptr : found;
    }

    // Precedence climbing: what binds at least as tight as `level`.
    result<node_pointer> operation(int level) {
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
            HEADGATE_TRY(auto right,
                         operation(rule->how == associates::right ? rule->level : rule->level + 1));
            if (rule->how == associates::not_at_all) not_again = rule->level;
            auto made = make(rule->makes, at.offset, std::move(left), std::move(right));
            made->text = rule->text;
            HEADGATE_TRY(left, checked(std::move(made)));
        }
        return left;
    }

    result<node_pointer> operand() {
        level const inside{nesting_};
        if (nesting_ > nesting_max) return too_deep();
        if (current_.is("def")) return definition(body_follows::yes);
        if (current_.is("-")) {
            HEADGATE_TRY(auto const at, advance());
            HEADGATE_TRY(auto of, operation(operators.back().level));
            return checked(make(shape::negate, at.offset, std::move(of)));
        }
        if (current_.is("label")) return labelled();
        return term();
    }

    result<node_pointer> labelled() {
        HEADGATE_TRY(auto const at, advance());
        HEADGATE_TRY(auto const name, variable_name());
        HEADGATE_TRY([[maybe_unused]] auto const bar, expect("|"));
        HEADGATE_TRY(auto body, pipe());
        auto made = make(shape::label, at.offset, std::move(body));
        made->text = name;
        return checked(std::move(made));
    }

    result<node_pointer> binding(node_pointer source) {
        HEADGATE_TRY(auto bound, patterns());
        HEADGATE_TRY([[maybe_unused]] auto const bar, expect("|"));
        HEADGATE_TRY(auto body, pipe());
        auto const offset = source->offset;
        auto made = make(shape::bind, offset, std::move(source), std::move(body));
        made->bound = std::move(bound);
        return checked(std::move(made));
    }

    result<std::vector<pattern_pointer>> patterns() {
        std::vector<pattern_pointer> all;
        do {  // The first turn takes `as`, the others `?//`.
            HEADGATE_TRY([[maybe_unused]] auto const taken, advance());
            HEADGATE_TRY(auto one, one_pattern());
            all.push_back(std::move(one));
        } while (current_.is("?//"));
        return all;
    }

    result<pattern_pointer> one_pattern() {
        level const inside{nesting_};
        if (nesting_ > nesting_max) return too_deep();
        auto made = std::make_unique<pattern>();
        made->offset = current_.offset;
        if (current_.is("[")) return array_pattern(std::move(made));
        if (current_.is("{")) return object_pattern(std::move(made));
        HEADGATE_TRY(made->name, variable_name());
        return made;
    }

    result<pattern_pointer> array_pattern(pattern_pointer made) {
        made->what = pattern::form::array;
        do {
            HEADGATE_TRY([[maybe_unused]] auto const taken, advance());
            HEADGATE_TRY(auto item, one_pattern());
            made->items.push_back(std::move(item));
        } while (current_.is(","));
        HEADGATE_TRY([[maybe_unused]] auto const closed, expect("]"));
        return made;
    }

    result<pattern_pointer> object_pattern(pattern_pointer made) {
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

    result<std::string> variable_name() {
        if (current_.kind != token_kind::variable) return unexpected("$name");
        HEADGATE_TRY(auto const name, advance());
        return std::string{name.text};
    }

    result<node_pointer> definition(body_follows follows) {
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

    // A term with everything that may stand behind it.
    result<node_pointer> term() {
        level const inside{nesting_};
        if (nesting_ > nesting_max) return too_deep();
        HEADGATE_TRY(auto left, bare_term());
        while (true) {
            auto const at = current_;
            if (at.kind == token_kind::field) {
                HEADGATE_TRY([[maybe_unused]] auto const taken, advance());
                left = field_of(std::move(left), at);
            } else if (at.kind == token_kind::dot_quote) {
                HEADGATE_TRY(auto key, string_after_quote(at.offset, ""));
                left = make(shape::index, at.offset, std::move(left), std::move(key));
            } else if (at.is("[")) {
                HEADGATE_TRY(left, bracket_suffix(std::move(left)));
            } else if (at.is("?")) {
                HEADGATE_TRY([[maybe_unused]] auto const taken, advance());
                left = make(shape::attempt, at.offset, std::move(left), node_pointer{});
            } else if (at.is(".") && lexer_.source().substr(at.end).starts_with("[")) {
                HEADGATE_TRY([[maybe_unused]] auto const taken, advance());
                HEADGATE_TRY(left, bracket_suffix(std::move(left)));
            } else {
                return left;
            }
            HEADGATE_TRY(left, checked(std::move(left)));
        }
    }

    static node_pointer field_of(node_pointer left, token const& name) {
        auto made = make(shape::field, name.offset, std::move(left));
        made->text = name.text;
        return made;
    }

    result<node_pointer> bracket_suffix(node_pointer left) {
        HEADGATE_TRY(auto const at, advance());
        if (current_.is("]")) {
            HEADGATE_TRY([[maybe_unused]] auto const closed, advance());
            return make(shape::iterate, at.offset, std::move(left));
        }
        node_pointer from;
        if (!current_.is(":")) {
            HEADGATE_TRY(from, pipe());
        }
        if (current_.is("]")) {
            HEADGATE_TRY([[maybe_unused]] auto const closed, advance());
            return make(shape::index, at.offset, std::move(left), std::move(from));
        }
        HEADGATE_TRY([[maybe_unused]] auto const colon, expect(":"));
        node_pointer to;
        if (!current_.is("]")) {
            HEADGATE_TRY(to, pipe());
        } else if (!from) {
            return unexpected("an index");
        }
        HEADGATE_TRY([[maybe_unused]] auto const closed, expect("]"));
        return make(shape::slice, at.offset, std::move(left), std::move(from), std::move(to));
    }

    result<node_pointer> bare_term() {
        auto const at = current_;
        switch (at.kind) {
            case token_kind::number: return number();
            case token_kind::quote: return string_after_quote(at.offset, "");
            case token_kind::dot_quote: {
                HEADGATE_TRY(auto key, string_after_quote(at.offset, ""));
                return make(shape::index, at.offset, make(shape::identity, at.offset), std::move(key));
            }
            case token_kind::format: return format();
            case token_kind::variable: return variable();
            case token_kind::field: {
                HEADGATE_TRY([[maybe_unused]] auto const taken, advance());
                return field_of(make(shape::identity, at.offset), at);
            }
            case token_kind::word: return word_term();
            case token_kind::symbol: return symbol_term();
            case token_kind::end: break;
        }
        return unexpected("a value, a path or a function");
    }

    result<node_pointer> number() {
        HEADGATE_TRY(auto const at, advance());
        auto made = make(shape::number, at.offset);
        made->text = at.text;
        // jq also writes `.5` and `5.`, JSON does not.
        if (made->text.starts_with('.')) made->text.insert(0, "0");
        if (auto const dot = made->text.find('.'); dot != made->text.npos) {
            bool const digit_follows =
                dot + 1 < made->text.size() && made->text[dot + 1] >= '0' && made->text[dot + 1] <= '9';
            if (!digit_follows) made->text.erase(dot, 1);
        }
        auto const significant = made->text.find_first_not_of('0');
        bool const needs_zero =
            significant == made->text.npos || made->text[significant] < '0' || made->text[significant] > '9';
        made->text.erase(0, std::min(significant, made->text.size()));
        if (needs_zero) made->text.insert(0, "0");
        return made;
    }

    result<node_pointer> variable() {
        HEADGATE_TRY(auto const at, advance());
        auto made = make(at.text == "__loc__" ? shape::location : shape::variable, at.offset);
        made->text = at.text;
        return made;
    }

    result<node_pointer> format() {
        HEADGATE_TRY(auto const at, advance());
        if (current_.kind == token_kind::quote) return string_after_quote(at.offset, at.text);
        auto made = make(shape::format, at.offset);
        made->text = at.text;
        return made;
    }

    // The current token is the opening quote: its string is read here, up to and over the closing one.
    result<node_pointer> string_after_quote(std::uint32_t offset, std::string_view format_name) {
        level const inside{nesting_};
        if (nesting_ > nesting_max) return too_deep();
        auto made = make(shape::string, offset);
        made->text = format_name;
        while (true) {
            auto piece = make(shape::string_piece, offset);
            HEADGATE_TRY(auto const ended_by, lexer_.read_string_piece(piece->text));
            if (!piece->text.empty()) adopt(*made, std::move(piece));
            HEADGATE_TRY([[maybe_unused]] auto const next, advance());
            if (ended_by == lexer::string_end::quote) return checked(std::move(made));
            HEADGATE_TRY(auto inner, pipe());
            if (!current_.is(")")) return unexpected(")");
            adopt(*made, std::move(inner));
        }
    }

    result<node_pointer> word_term() {
        if (current_.is("if")) return condition();
        if (current_.is("try")) return attempt();
        if (current_.is("reduce") || current_.is("foreach")) return fold();
        if (current_.is("break")) return break_out();
        if (current_.is("import") || current_.is("include")) {
            return wrong(current_.offset, "modules are not part of the rule language",
                         "write the functions here");
        }
        if (is_keyword(current_)) return unexpected("a value, a path or a function");
        return call();
    }

    result<node_pointer> call() {
        HEADGATE_TRY(auto const at, advance());
        auto made = make(shape::call, at.offset);
        made->text = at.text;
        if (!current_.is("(")) return made;
        do {
            HEADGATE_TRY([[maybe_unused]] auto const taken, advance());
            HEADGATE_TRY(auto argument, pipe());
            adopt(*made, std::move(argument));
        } while (current_.is(";"));
        HEADGATE_TRY([[maybe_unused]] auto const closed, expect(")"));
        return checked(std::move(made));
    }

    result<node_pointer> break_out() {
        HEADGATE_TRY(auto const at, advance());
        auto made = make(shape::break_out, at.offset);
        HEADGATE_TRY(made->text, variable_name());
        return made;
    }

    // if A then B (elif C then D)* (else E)? end
    result<node_pointer> condition() {
        std::vector<node_pointer> parts;
        node_pointer otherwise;
        auto const offset = current_.offset;
        do {
            HEADGATE_TRY([[maybe_unused]] auto const taken, advance());
            HEADGATE_TRY(auto question, pipe());
            parts.push_back(std::move(question));
            HEADGATE_TRY([[maybe_unused]] auto const then, expect("then"));
            HEADGATE_TRY(auto answer, pipe());
            parts.push_back(std::move(answer));
        } while (current_.is("elif"));
        if (current_.is("else")) {
            HEADGATE_TRY([[maybe_unused]] auto const taken, advance());
            HEADGATE_TRY(otherwise, pipe());
        }
        if (!current_.is("end")) return unexpected("elif, else or end");
        HEADGATE_TRY([[maybe_unused]] auto const end, advance());
        while (!parts.empty()) {
            auto answer = std::move(parts.back());
            parts.pop_back();
            auto question = std::move(parts.back());
            parts.pop_back();
            HEADGATE_TRY(otherwise, checked(make(shape::condition, offset, std::move(question),
                                                 std::move(answer), std::move(otherwise))));
        }
        return otherwise;
    }

    result<node_pointer> attempt() {
        HEADGATE_TRY(auto const at, advance());
        HEADGATE_TRY(auto body, tried());
        node_pointer handler;
        if (current_.is("catch")) {
            HEADGATE_TRY([[maybe_unused]] auto const taken, advance());
            HEADGATE_TRY(handler, tried());
        }
        return checked(make(shape::attempt, at.offset, std::move(body), std::move(handler)));
    }

    // What stands behind `try` and `catch`: a term, or one with a minus before it.
    result<node_pointer> tried() {
        if (!current_.is("-")) return term();
        HEADGATE_TRY(auto const at, advance());
        HEADGATE_TRY(auto of, term());
        return make(shape::negate, at.offset, std::move(of));
    }

    result<node_pointer> fold() {
        HEADGATE_TRY(auto const at, advance());
        auto made = make(at.text == "reduce" ? shape::reduce : shape::foreach, at.offset);
        HEADGATE_TRY(auto source, term());
        adopt(*made, std::move(source));
        if (!current_.is("as")) return unexpected("as");
        HEADGATE_TRY(made->bound, patterns());
        if (!current_.is("(")) return unexpected("(");
        do {
            HEADGATE_TRY([[maybe_unused]] auto const taken, advance());
            HEADGATE_TRY(auto part, pipe());
            adopt(*made, std::move(part));
        } while (current_.is(";"));
        HEADGATE_TRY([[maybe_unused]] auto const closed, expect(")"));
        auto const parts = made->kids.size() - 1;
        bool const fits = parts == 2 || (parts == 3 && made->what == shape::foreach);
        if (!fits) {
            return wrong(at.offset, std::string{at.text} + " with " + std::to_string(parts) + " parts",
                         at.text == "reduce" ? "write (start; update)"
                                             : "write (start; update) or (start; update; extract)");
        }
        if (parts == 2 && made->what == shape::foreach) adopt(*made, nullptr);
        return checked(std::move(made));
    }

    result<node_pointer> symbol_term() {
        auto const at = current_;
        if (at.is(".")) {
            HEADGATE_TRY([[maybe_unused]] auto const taken, advance());
            auto whole = make(shape::identity, at.offset);
            if (current_.is("[")) return bracket_suffix(std::move(whole));
            return whole;
        }
        if (at.is("..")) {
            HEADGATE_TRY([[maybe_unused]] auto const taken, advance());
            auto made = make(shape::call, at.offset);
            made->text = "recurse";
            return made;
        }
        if (at.is("(")) {
            HEADGATE_TRY([[maybe_unused]] auto const taken, advance());
            HEADGATE_TRY(auto inner, pipe());
            HEADGATE_TRY([[maybe_unused]] auto const closed, expect(")"));
            return inner;
        }
        if (at.is("[")) return array();
        if (at.is("{")) return object();
        return unexpected("a value, a path or a function");
    }

    result<node_pointer> array() {
        HEADGATE_TRY(auto const at, advance());
        auto made = make(shape::array, at.offset);
        if (!current_.is("]")) {
            HEADGATE_TRY(auto items, pipe());
            adopt(*made, std::move(items));
        }
        HEADGATE_TRY([[maybe_unused]] auto const closed, expect("]"));
        return checked(std::move(made));
    }

    result<node_pointer> object() {
        HEADGATE_TRY(auto const at, advance());
        auto made = make(shape::object, at.offset);
        while (!current_.is("}")) {
            HEADGATE_TRY([[maybe_unused]] auto const added, object_entry(*made));
            if (!current_.is(",")) break;
            HEADGATE_TRY([[maybe_unused]] auto const comma_taken, advance());
        }
        HEADGATE_TRY([[maybe_unused]] auto const closed, expect("}"));
        return checked(std::move(made));
    }

    // name, "string", @format "string", (program) or a number, which jq refuses.
    result<node_pointer> object_key() {
        auto const at = current_;
        if (at.kind == token_kind::word) {
            HEADGATE_TRY([[maybe_unused]] auto const taken, advance());
            return constant(at.offset, at.text);
        }
        if (at.kind == token_kind::quote) return string_after_quote(at.offset, "");
        if (at.kind == token_kind::format) return format();
        if (at.is("(")) {
            HEADGATE_TRY([[maybe_unused]] auto const taken, advance());
            HEADGATE_TRY(auto key, pipe());
            HEADGATE_TRY([[maybe_unused]] auto const closed, expect(")"));
            return key;
        }
        return unexpected("a key: a name, a string, or (a program)");
    }

    static node_pointer constant(std::uint32_t offset, std::string_view text) {
        auto piece = make(shape::string_piece, offset);
        piece->text = text;
        return make(shape::string, offset, std::move(piece));
    }

    result<bool> object_entry(node& made) {
        auto const at = current_;
        if (at.kind == token_kind::variable) {
            HEADGATE_TRY(auto value, variable());
            adopt(made, constant(at.offset, at.text));
            adopt(made, std::move(value));
            return true;
        }
        HEADGATE_TRY(auto key, object_key());
        bool const needs_value = at.is("(");
        if (!current_.is(":")) {
            if (needs_value) return unexpected(":");
            adopt(made, std::move(key));
            adopt(made, nullptr);
            return true;
        }
        HEADGATE_TRY([[maybe_unused]] auto const colon, advance());
        HEADGATE_TRY(auto value, object_value());
        adopt(made, std::move(key));
        adopt(made, std::move(value));
        return true;
    }

    // A value ends at a comma: programs with one need parentheses.
    result<node_pointer> object_value() {
        HEADGATE_TRY(auto all, operation(loosest_operator));
        while (current_.is("|")) {
            HEADGATE_TRY(auto const at, advance());
            HEADGATE_TRY(auto next, operation(loosest_operator));
            HEADGATE_TRY(all, checked(make(shape::pipe, at.offset, std::move(all), std::move(next))));
        }
        return all;
    }

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

}  // namespace

result<node_pointer> parse_program(std::string_view source) {
    return parser{source}.program();
}

result<node_pointer> parse_definition(std::string_view source) {
    return parser{source}.definitions();
}

}  // namespace headgate::transforms
