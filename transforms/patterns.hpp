#pragma once

#include "core/result.hpp"

#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

// Regular expressions by RE2: time linear in the text, so no pattern can hang a rule. What needs backtracking
// (back references, look-around) is an error.

namespace re2 {
class RE2;
}

namespace headgate::transforms {

// What the flags of `test`, `match` and their like ask for.
struct pattern_flags {
    bool global = false;          // g
    bool skip_empty = false;      // n
    bool longest = false;         // l
    bool extended = false;        // x: blanks and comments in the pattern mean nothing.
    bool ignores_case = false;    // i
    bool dot_is_newline = false;  // p
};

// Nothing when one of them is not known.
[[nodiscard]] std::optional<pattern_flags> read_pattern_flags(std::string_view given);

// Compiled patterns by their text and flags. Once it is only read, by many threads.
class pattern_table {
public:
    // Compiles what is not there yet. Fails with invalid_argument: not valid, or longer than 4096 bytes.
    [[nodiscard]] result<re2::RE2 const*> add(std::string_view pattern, pattern_flags const& how);

    // Null when it is not there.
    [[nodiscard]] re2::RE2 const* find(std::string_view pattern, pattern_flags const& how) const;

    [[nodiscard]] std::size_t size() const noexcept { return known_.size(); }
    void clear() noexcept { known_.clear(); }

private:
    std::map<std::string, std::map<unsigned, std::shared_ptr<re2::RE2 const>>, std::less<>> known_;
};

}  // namespace headgate::transforms
