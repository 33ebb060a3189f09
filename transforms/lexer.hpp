#pragma once

#include "core/result.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace headgate::transforms {

enum class token_kind : std::uint8_t {
    end,
    word,      // name, keyword, or name::name
    variable,  // $name, text without the $
    field,     // .name, text without the dot
    number,
    format,     // @name, text without the @
    quote,      // The " that opens a string: `read_string_piece` goes on.
    dot_quote,  // ." with the quote taken
    symbol,     // operators and punctuation
};

struct token {
    token_kind kind = token_kind::end;
    std::uint32_t offset = 0;
    std::uint32_t end = 0;
    std::string_view text;

    [[nodiscard]] bool is(std::string_view symbol_or_word) const {
        return (kind == token_kind::symbol || kind == token_kind::word) && text == symbol_or_word;
    }
};

// Cuts a source into tokens, one at a time, because inside a string the parser decides what comes next.
class lexer {
public:
    explicit lexer(std::string_view source) : source_{source} {}

    [[nodiscard]] result<token> next();

    enum class string_end : std::uint8_t { quote, interpolation };
    // Reads on inside a string up to its closing quote or a `\(`, which it takes; escapes are resolved into
    // `out`.
    [[nodiscard]] result<string_end> read_string_piece(std::string& out);

    [[nodiscard]] std::string_view source() const noexcept { return source_; }

private:
    void skip_blanks();
    token make(token_kind kind, std::size_t from, std::size_t text_from);
    result<token> number(std::size_t from);
    token name(token_kind kind, std::size_t from, std::size_t text_from);
    [[nodiscard]] result<void> read_escape(std::string& out);
    [[nodiscard]] result<std::uint32_t> read_hex4();
    [[nodiscard]] char peek(std::size_t ahead = 0) const {
        return at_ + ahead < source_.size() ? source_[at_ + ahead] : '\0';
    }

    std::string_view source_;
    std::size_t at_ = 0;
};

}  // namespace headgate::transforms
