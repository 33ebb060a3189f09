#include "transforms/parser_parts.hpp"
#include "transforms/source_error.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace headgate::transforms {
namespace {

constexpr std::array<std::string_view, 20> keywords{
    "def",    "if",  "then",  "elif",    "else",  "end",    "as",      "and",     "or",    "not",
    "reduce", "try", "catch", "foreach", "label", "import", "include", "__loc__", "break", "module"};

bool is_keyword(token const& t) {
    return t.kind == token_kind::word && t.text != "not" && t.text != "break" && t.text != "module" &&
           std::find(keywords.begin(), keywords.end(), t.text) != keywords.end();
}

}  // namespace

// A term with everything that may stand behind it.
result<node_pointer> parser::term() {
    level const inside{nesting_};
    if (nesting_ > nesting_max) return too_deep();
    // `?` belongs to the one suffix before it; behind anything else it is a `try`.
    bool ends_in_suffix =
        current_.kind == token_kind::field || current_.kind == token_kind::dot_quote || current_.is(".");
    HEADGATE_TRY(auto left, bare_term());
    ends_in_suffix = ends_in_suffix && left->what != shape::identity;
    while (true) {
        auto const at = current_;
        if (at.is("?")) {
            HEADGATE_TRY([[maybe_unused]] auto const taken, advance());
            if (ends_in_suffix) {
                left->is_optional = true;
            } else {
                left = make(shape::attempt, at.offset, std::move(left), node_pointer{});
            }
            ends_in_suffix = false;
        } else {
            HEADGATE_TRY(auto const is_suffix, suffix(left));
            if (!is_suffix) return left;
            ends_in_suffix = true;
        }
        HEADGATE_TRY(left, checked(std::move(left)));
    }
}

// Takes one more of `.name`, `."name"`, `[…]` and `.[…]`, if there is one, and puts `left` into it.
result<bool> parser::suffix(node_pointer& left) {
    auto const at = current_;
    if (at.kind == token_kind::field) {
        HEADGATE_TRY([[maybe_unused]] auto const taken, advance());
        left = field_of(std::move(left), at);
        return true;
    }
    bool const has_dot = at.is(".");
    if (has_dot) {
        HEADGATE_TRY([[maybe_unused]] auto const taken, advance());
    }
    if (at.kind == token_kind::dot_quote || (has_dot && current_.kind == token_kind::quote)) {
        HEADGATE_TRY(auto key, string_after_quote(at.offset, ""));
        left = make(shape::index, at.offset, std::move(left), std::move(key));
        return true;
    }
    if (current_.is("[")) {
        HEADGATE_TRY(left, bracket_suffix(std::move(left)));
        return true;
    }
    if (has_dot) return unexpected("a name, a string or [");
    return false;
}

node_pointer parser::field_of(node_pointer left, token const& name) {
    auto made = make(shape::field, name.offset, std::move(left));
    made->text = name.text;
    return made;
}

result<node_pointer> parser::bracket_suffix(node_pointer left) {
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

result<node_pointer> parser::bare_term() {
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

result<node_pointer> parser::number() {
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

result<node_pointer> parser::variable() {
    HEADGATE_TRY(auto const at, advance());
    auto made = make(at.text == "__loc__" ? shape::location : shape::variable, at.offset);
    made->text = at.text;
    return made;
}

result<node_pointer> parser::format() {
    HEADGATE_TRY(auto const at, advance());
    if (current_.kind == token_kind::quote) return string_after_quote(at.offset, at.text);
    auto made = make(shape::format, at.offset);
    made->text = at.text;
    return made;
}

// The current token is the opening quote: its string is read here, up to and over the closing one.
result<node_pointer> parser::string_after_quote(std::uint32_t offset, std::string_view format_name) {
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

result<node_pointer> parser::word_term() {
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

result<node_pointer> parser::call() {
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

result<node_pointer> parser::break_out() {
    HEADGATE_TRY(auto const at, advance());
    auto made = make(shape::break_out, at.offset);
    HEADGATE_TRY(made->text, variable_name());
    return made;
}

// if A then B (elif C then D)* (else E)? end
result<node_pointer> parser::condition() {
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
        HEADGATE_TRY(otherwise, checked(make(shape::condition, offset, std::move(question), std::move(answer),
                                             std::move(otherwise))));
    }
    return otherwise;
}

result<node_pointer> parser::attempt() {
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
result<node_pointer> parser::tried() {
    if (!current_.is("-")) return term();
    HEADGATE_TRY(auto const at, advance());
    HEADGATE_TRY(auto of, term());
    return make(shape::negate, at.offset, std::move(of));
}

result<node_pointer> parser::fold() {
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

result<node_pointer> parser::symbol_term() {
    auto const at = current_;
    if (at.is(".")) {
        HEADGATE_TRY([[maybe_unused]] auto const taken, advance());
        auto whole = make(shape::identity, at.offset);
        if (current_.is("[")) return bracket_suffix(std::move(whole));
        if (current_.kind == token_kind::quote) {
            HEADGATE_TRY(auto key, string_after_quote(at.offset, ""));
            return make(shape::index, at.offset, std::move(whole), std::move(key));
        }
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

result<node_pointer> parser::array() {
    HEADGATE_TRY(auto const at, advance());
    auto made = make(shape::array, at.offset);
    if (!current_.is("]")) {
        HEADGATE_TRY(auto items, pipe());
        adopt(*made, std::move(items));
    }
    HEADGATE_TRY([[maybe_unused]] auto const closed, expect("]"));
    return checked(std::move(made));
}

result<node_pointer> parser::object() {
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
result<node_pointer> parser::object_key() {
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

node_pointer parser::constant(std::uint32_t offset, std::string_view text) {
    auto piece = make(shape::string_piece, offset);
    piece->text = text;
    return make(shape::string, offset, std::move(piece));
}

result<bool> parser::object_entry(node& made) {
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
result<node_pointer> parser::object_value() {
    HEADGATE_TRY(auto all, operation(loosest_operator));
    while (current_.is("|")) {
        HEADGATE_TRY(auto const at, advance());
        HEADGATE_TRY(auto next, operation(loosest_operator));
        HEADGATE_TRY(all, checked(make(shape::pipe, at.offset, std::move(all), std::move(next))));
    }
    return all;
}

}  // namespace headgate::transforms
