#include "json/slices.hpp"

#include "json/parse.hpp"
#include "json/pointer.hpp"

#include <algorithm>
#include <utility>

namespace headgate::json {
namespace {

// Walks a JSON text value by value. On an invalid one it ends early, never beyond the text.
class cursor {
public:
    explicit cursor(std::string_view text) : rest_{text} {}

    [[nodiscard]] char peek() {
        auto const blanks = rest_.find_first_not_of(" \t\r\n");
        rest_.remove_prefix(blanks == rest_.npos ? rest_.size() : blanks);
        return rest_.empty() ? '\0' : rest_.front();
    }

    bool skip(char wanted) {
        if (peek() != wanted) return false;
        rest_.remove_prefix(1);
        return true;
    }

    // The value's bytes, with the cursor behind them.
    std::string_view take_value() {
        (void)peek();
        auto const start = rest_;
        std::size_t open = 0;
        do {
            auto const first = peek();
            if (first == '{' || first == '[') {
                ++open;
                rest_.remove_prefix(1);
            } else if (first == '}' || first == ']') {
                if (open > 0) --open;
                rest_.remove_prefix(1);
            } else if (first == '"') {
                skip_string();
            } else if (first == ',' || first == ':') {
                rest_.remove_prefix(1);
            } else {
                skip_word();
            }
        } while (open > 0 && !rest_.empty());
        return start.substr(0, start.size() - rest_.size());
    }

private:
    void skip_string() {
        std::size_t end = 1;
        while (end < rest_.size() && rest_[end] != '"') end += rest_[end] == '\\' ? 2 : 1;
        rest_.remove_prefix(std::min(end + 1, rest_.size()));
    }

    void skip_word() {
        auto const end = rest_.find_first_of(",:]} \t\r\n\"[{");
        rest_.remove_prefix(end == rest_.npos ? rest_.size() : end);
    }

    std::string_view rest_;
};

// Whether the member name as written, quotes included, says `name`.
bool is_name(std::string_view written, std::string_view name) {
    if (written.size() < 2) return false;
    auto const inner = written.substr(1, written.size() - 2);
    if (inner.find('\\') == inner.npos) return inner == name;
    arena own;
    auto const decoded = parse(written, own);
    return decoded && decoded->root.is_string() && decoded->root.as_string() == name;
}

using slices = std::vector<std::string_view>;

// The values of the members called `name`.
void add_members(std::string_view object, std::string_view name, slices& to) {
    cursor at{object};
    at.skip('{');
    while (at.peek() == '"') {
        auto const written = at.take_value();
        at.skip(':');
        auto const slice = at.take_value();
        at.skip(',');
        if (is_name(written, name)) to.push_back(slice);
    }
}

void add_items(std::string_view array, slices& to) {
    if (!array.starts_with('[')) return;
    cursor at{array};
    at.skip('[');
    while (at.peek() != ']' && at.peek() != '\0') {
        to.push_back(at.take_value());
        at.skip(',');
    }
}

std::optional<std::string_view> item(std::string_view array, std::string_view token) {
    auto const index = array_index(token);
    if (!index) return std::nullopt;
    cursor at{array};
    at.skip('[');
    for (std::size_t i = 0; at.peek() != ']' && at.peek() != '\0'; ++i) {
        auto const slice = at.take_value();
        if (i == *index) return slice;
        at.skip(',');
    }
    return std::nullopt;
}

// Everything one token further.
slices one_step(slices const& from, std::string_view token) {
    slices reached;
    for (auto const here : from) {
        if (here.starts_with('{')) add_members(here, token, reached);
        if (!here.starts_with('[')) continue;
        if (auto const found = item(here, token)) reached.push_back(*found);
    }
    return reached;
}

}  // namespace

std::vector<std::string_view> raw_slices(std::string_view text, std::vector<std::string> const& pointers) {
    slices here;
    for (auto const& pointer : pointers) {
        slices start;
        if (&pointer == &pointers.front()) start.push_back(cursor{text}.take_value());
        for (auto const array : here) add_items(array, start);
        here = std::move(start);
        for (std::string_view rest = pointer; !rest.empty();) {
            auto const token = take_token(rest);
            if (!token) return {};
            here = one_step(here, *token);
        }
    }
    return here;
}

}  // namespace headgate::json
