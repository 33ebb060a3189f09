#pragma once

#include "auth/exam.hpp"
#include "auth/settings.hpp"
#include "core/result.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace headgate::auth {

// How many bytes a signature may have.
struct signature_length {
    std::size_t least;
    std::size_t most;
};

// What a signature header says.
struct signature_items {
    std::vector<std::string> candidates;  // Decoded, of the right length; at least one.
    std::vector<captured_part> parts;     // Point into the text that was read.
};

// Reads `whole` by the grammar. Items that do not decode to bytes of this length are skipped; fails when none
// is left, when a captured label is not there exactly once, or when there are more than `items_max`.
[[nodiscard]] result<signature_items> read_signature(signature_grammar const& grammar, std::string_view whole,
                                                     signature_length length,
                                                     std::size_t items_max = reading_limits{}.signatures_max);

}  // namespace headgate::auth
