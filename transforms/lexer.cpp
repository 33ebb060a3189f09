#include "transforms/lexer.hpp"

#include "core/encoding.hpp"
#include "transforms/source_error.hpp"
#include "transforms/utf8.hpp"

#include <algorithm>
#include <array>

namespace headgate::transforms {
namespace {

bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}
bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

// The longest first, because the first that fits is taken.
constexpr std::array<std::string_view, 38> symbols{
    "?//=", "?//", "//=", "|=", "+=", "-=", "*=", "/=", "%=", "==", "!=", "<=", ">=",
    "//",   "..",  "::",  "?",  "|",  ",",  ".",  "[",  "]",  "(",  ")",  "{",  "}",
    ":",    ";",   "=",   "<",  ">",  "+",  "-",  "*",  "/",  "%",  "$",  "@"};

}  // namespace

void lexer::skip_blanks() {
    while (at_ < source_.size()) {
        auto const c = source_[at_];
        if (c == ' ' || c == '\t' || c == '\n' || c == '\r') {
            ++at_;
        } else if (c == '#') {
            at_ = std::min(source_.find('\n', at_), source_.size());
        } else {
            return;
        }
    }
}

token lexer::make(token_kind kind, std::size_t from, std::size_t text_from) {
    return {kind, static_cast<std::uint32_t>(from), static_cast<std::uint32_t>(at_),
            source_.substr(text_from, at_ - text_from)};
}

token lexer::name(token_kind kind, std::size_t from, std::size_t text_from) {
    at_ = text_from;
    while (is_letter(peek()) || is_digit(peek()) || (peek() == ':' && peek(1) == ':' && is_letter(peek(2)))) {
        at_ += peek() == ':' ? 2 : 1;
    }
    return make(kind, from, text_from);
}

result<token> lexer::number(std::size_t from) {
    auto const digits = [&] {
        while (is_digit(peek())) ++at_;
    };
    digits();
    if (peek() == '.') {
        ++at_;
        digits();
    }
    if (peek() == 'e' || peek() == 'E') {
        auto const sign = peek(1) == '+' || peek(1) == '-' ? 1U : 0U;
        if (is_digit(peek(1 + sign))) {
            at_ += 1 + sign;
            digits();
        }
    }
    return make(token_kind::number, from, from);
}

result<token> lexer::next() {
    skip_blanks();
    auto const from = at_;
    auto const c = peek();
    if (from >= source_.size()) return make(token_kind::end, from, from);
    if (is_digit(c) || (c == '.' && is_digit(peek(1)))) return number(from);
    if (is_letter(c)) return name(token_kind::word, from, from);
    if (c == '$' && is_letter(peek(1))) return name(token_kind::variable, from, from + 1);
    if (c == '.' && is_letter(peek(1))) {
        at_ = from + 1;  // A field's name has no `::` in it.
        while (is_letter(peek()) || is_digit(peek())) ++at_;
        return make(token_kind::field, from, from + 1);
    }
    if (c == '@' && is_letter(peek(1))) return name(token_kind::format, from, from + 1);
    if (c == '"') {
        ++at_;
        return make(token_kind::quote, from, from);
    }
    if (c == '.' && peek(1) == '"') {
        at_ += 2;
        return make(token_kind::dot_quote, from, from);
    }
    auto const rest = source_.substr(from);
    auto const* const found = std::find_if(symbols.begin(), symbols.end(),
                                           [&](std::string_view symbol) { return rest.starts_with(symbol); });
    if (found == symbols.end()) {
        return std::unexpected{source_error(source_, from, "a character that is no part of the language")};
    }
    at_ += found->size();
    return make(token_kind::symbol, from, from);
}

result<lexer::string_end> lexer::read_string_piece(std::string& out) {
    auto const from = at_;
    while (at_ < source_.size()) {
        auto const c = source_[at_];
        if (c == '"') {
            ++at_;
            return string_end::quote;
        }
        if (c != '\\') {
            out += c;
            ++at_;
            continue;
        }
        if (peek(1) == '(') {
            at_ += 2;
            return string_end::interpolation;
        }
        if (auto read = read_escape(out); !read) return std::unexpected{std::move(read).error()};
    }
    return std::unexpected{
        source_error(source_, from, "a string that does not end", "close it with a quote")};
}

result<std::uint32_t> lexer::read_hex4() {
    std::uint32_t code = 0;
    for (int i = 0; i < 4; ++i, ++at_) {
        auto const digit = hex_digit(peek());
        if (!digit) return std::unexpected{source_error(source_, at_, "\\u without four hex digits")};
        code = code * 16 + *digit;
    }
    return code;
}

result<void> lexer::read_escape(std::string& out) {
    constexpr std::string_view names = "\"\\/bfnrt";
    constexpr std::string_view meanings = "\"\\/\b\f\n\r\t";
    auto const from = at_;
    auto const c = peek(1);
    at_ += 2;
    if (auto const which = names.find(c); c != '\0' && which != names.npos) {
        out += meanings[which];
        return {};
    }
    if (c != 'u') return std::unexpected{source_error(source_, from, "an escape that strings do not have")};
    HEADGATE_TRY(auto code, read_hex4());
    bool const is_leading = code >= 0xD800 && code < 0xDC00;
    if (is_leading && peek() == '\\' && peek(1) == 'u') {
        at_ += 2;
        HEADGATE_TRY(auto const trailing, read_hex4());
        bool const is_pair = trailing >= 0xDC00 && trailing < 0xE000;
        code = is_pair ? 0x10000 + ((code - 0xD800) << 10) + (trailing - 0xDC00) : 0xFFFD;
    }
    if (code >= 0xD800 && code < 0xE000) code = 0xFFFD;
    append_utf8(code, out);
    return {};
}

}  // namespace headgate::transforms
