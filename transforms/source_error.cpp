#include "transforms/source_error.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace headgate::transforms {
namespace {

struct place {
    std::size_t line;
    std::size_t column;
    std::string_view text;  // The whole line.
};

place find_place(std::string_view source, std::size_t offset) {
    offset = std::min(offset, source.size());
    auto const before = source.substr(0, offset);
    auto const newline = before.rfind('\n');
    auto const start = newline == before.npos ? 0 : newline + 1;
    auto const line = static_cast<std::size_t>(std::count(before.begin(), before.end(), '\n')) + 1;
    auto const text = source.substr(start);
    return {line, offset - start + 1, text.substr(0, std::min(text.find('\n'), text.size()))};
}

// A window of a long line around the place, so that a message stays short.
constexpr std::size_t window = 60;

}  // namespace

std::string place_in(std::string_view source, std::size_t offset) {
    auto const at = find_place(source, offset);
    return fmt::format("line {}, column {}", at.line, at.column);
}

error source_error(std::string_view source, std::size_t offset, std::string const& what, std::string remedy) {
    auto const at = find_place(source, offset);
    auto const from = at.column > window ? at.column - window : 0;
    auto shown = std::string{at.text.substr(from, window * 2)};
    std::replace_if(
        shown.begin(), shown.end(), [](char c) { return static_cast<unsigned char>(c) < ' '; }, ' ');
    return {errc::invalid_argument,
            fmt::format("{} at line {}, column {}\n{}\n{:>{}}", what, at.line, at.column, shown, '^',
                        at.column - from),
            std::move(remedy)};
}

}  // namespace headgate::transforms
