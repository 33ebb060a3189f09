#include "json/skimmer.hpp"

#include "core/encoding.hpp"
#include "core/text.hpp"
#include "json/value.hpp"

#include <bit>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

namespace headgate::json {
namespace {

char const* end_of_plain_bytewise(char const* at, char const* end) noexcept {
    while (at < end && *at >= ' ' && *at < '\x7f' && *at != '"' && *at != '\\') ++at;
    return at;
}

// Where the first byte is that does not simply stand in a string: a quote, a backslash, a control character
// or what is not ASCII. Not beyond `end`.
#ifdef __SSE2__
char const* end_of_plain(char const* at, char const* end) noexcept {
    auto const quote = _mm_set1_epi8('"');
    auto const backslash = _mm_set1_epi8('\\');
    auto const blank = _mm_set1_epi8(' ');
    for (; end - at >= 16; at += 16) {
        auto const bytes = _mm_loadu_si128(reinterpret_cast<__m128i const*>(at));
        auto const ends = _mm_or_si128(_mm_cmpeq_epi8(bytes, quote), _mm_cmpeq_epi8(bytes, backslash));
        // As signed bytes, what is not ASCII is below the blank too.
        auto const found = _mm_movemask_epi8(_mm_or_si128(ends, _mm_cmplt_epi8(bytes, blank)));
        if (found != 0) return at + std::countr_zero(static_cast<unsigned>(found));
    }
    return end_of_plain_bytewise(at, end);
}
#else
char const* end_of_plain(char const* at, char const* end) noexcept {
    return end_of_plain_bytewise(at, end);
}
#endif

bool is_digit(char c) noexcept {
    return c >= '0' && c <= '9';
}

}  // namespace

void skimmer::skip_blanks() noexcept {
    if (at_ < end_ && *at_ > ' ') return;
    while (at_ < end_ && (*at_ == ' ' || *at_ == '\n' || *at_ == '\r' || *at_ == '\t')) ++at_;
}

bool skimmer::is_at_end() noexcept {
    skip_blanks();
    return at_ == end_;
}

bool skimmer::take(char wanted) noexcept {
    skip_blanks();
    if (peek() != wanted || at_ == end_) return false;
    ++at_;
    return true;
}

bool skimmer::take_name(std::string_view& written) noexcept {
    skip_blanks();
    if (peek() != '"') return false;
    auto const* const begin = at_ + 1;
    if (!skip_string()) return false;
    written = {begin, at_ - 1};
    return take(':');
}

bool skimmer::skip_value() noexcept {
    skip_blanks();
    return peek() == '{' || peek() == '[' ? skip_nested() : skip_scalar();
}

// A loop with one bit a level, not a recursion: this is where most of a text goes by.
bool skimmer::skip_nested() noexcept {
    auto const outside = depth_;
    std::string_view name;
    do {
        skip_blanks();
        auto const first = peek();
        if (first != '{' && first != '[') {
            if (!skip_scalar()) return false;
        } else {
            ++at_;
            if (!enter()) return false;
            note_object(first == '{');
            if (!take(first == '{' ? '}' : ']')) {
                if (first == '{' && !take_name(name)) return false;
                continue;
            }
            --depth_;
        }
        if (!close_all(outside)) return false;
        if (depth_ > outside && is_in_object() && !take_name(name)) return false;
    } while (depth_ > outside);
    return true;
}

// Behind a value: past the brackets that close here, and past the comma before the next value.
bool skimmer::close_all(std::size_t outside) noexcept {
    while (depth_ > outside) {
        if (take(',')) return true;
        if (!take(is_in_object() ? '}' : ']')) return false;
        --depth_;
    }
    return true;
}

bool skimmer::skip_scalar() noexcept {
    switch (peek()) {
        case '"': return skip_string();
        case 't': return skip_word("true");
        case 'f': return skip_word("false");
        case 'n': return skip_word("null");
        default: return skip_number();
    }
}

bool skimmer::skip_word(std::string_view word) noexcept {
    if (!std::string_view{at_, end_}.starts_with(word)) return false;
    at_ += word.size();
    return true;
}

bool skimmer::skip_string() noexcept {
    at_ = end_of_plain(at_ + 1, end_);
    if (peek() != '"') [[unlikely]]
        return skip_unplain();
    ++at_;
    return true;
}

bool skimmer::skip_unplain() noexcept {
    while (true) {
        auto const c = static_cast<unsigned char>(peek());
        if (c == '"') return ++at_, true;
        if (c < 0x20) return false;  // The end of the text, too.
        if (c == '\\') {
            if (!skip_escape()) return false;
        } else {
            auto const bytes = character_bytes({at_, end_});
            if (bytes == 0) return false;
            at_ += bytes;
        }
        at_ = end_of_plain(at_, end_);
    }
}

bool skimmer::skip_escape() noexcept {
    ++at_;
    auto const c = peek();
    if (c != 'u') {
        ++at_;
        return std::string_view{"\"\\/bfnrt"}.contains(c) && c != '\0';
    }
    std::uint32_t unit = 0;
    if (!skip_unit(unit)) return false;
    if (unit < 0xD800 || unit > 0xDFFF) return true;
    std::uint32_t second = 0;
    bool const is_pair = unit < 0xDC00 && skip_word("\\") && peek() == 'u' && skip_unit(second);
    return is_pair && second >= 0xDC00 && second <= 0xDFFF;
}

// `u` and four hex digits.
bool skimmer::skip_unit(std::uint32_t& unit) noexcept {
    if (end_ - at_ < 5) return false;
    for (int i = 1; i <= 4; ++i) {
        auto const digit = hex_digit(at_[i]);
        if (!digit) return false;
        unit = unit << 4 | *digit;
    }
    at_ += 5;
    return true;
}

bool skimmer::skip_number() noexcept {
    if (peek() == '-') ++at_;
    if (peek() == '0') {
        ++at_;
    } else if (!skip_digits()) {
        return false;
    }
    if (peek() == '.') {
        ++at_;
        if (!skip_digits()) return false;
    }
    return (peek() != 'e' && peek() != 'E') || skip_exponent();
}

bool skimmer::skip_digits() noexcept {
    auto const* const begin = at_;
    while (is_digit(peek())) ++at_;
    return at_ != begin;
}

bool skimmer::skip_exponent() noexcept {
    ++at_;
    if (peek() == '+' || peek() == '-') ++at_;
    auto const* const begin = at_;
    constexpr std::int64_t exponent_max = 2'147'483'647;
    std::int64_t exponent = 0;
    for (; is_digit(peek()); ++at_) {
        exponent = exponent * 10 + (*at_ - '0');
        if (exponent > exponent_max) return false;
    }
    return at_ != begin;
}

}  // namespace headgate::json
