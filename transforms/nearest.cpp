#include "transforms/nearest.hpp"

#include <algorithm>
#include <cstddef>
#include <numeric>
#include <vector>

namespace headgate::transforms {
namespace {

// Levenshtein's distance, row by row.
std::size_t edits(std::string_view from, std::string_view to) {
    std::vector<std::size_t> row(to.size() + 1);
    std::iota(row.begin(), row.end(), 0U);
    for (std::size_t i = 1; i <= from.size(); ++i) {
        auto diagonal = row[0];
        row[0] = i;
        for (std::size_t j = 1; j <= to.size(); ++j) {
            auto const replaced = diagonal + (from[i - 1] == to[j - 1] ? 0 : 1);
            diagonal = row[j];
            row[j] = std::min({row[j] + 1, row[j - 1] + 1, replaced});
        }
    }
    return row.back();
}

}  // namespace

std::string_view nearest(std::string_view name, std::span<std::string_view const> names) {
    constexpr std::size_t name_max = 64;
    if (name.size() > name_max) return {};
    std::string_view best;
    auto fewest = std::max<std::size_t>(name.size() / 3, 1) + 1;
    for (auto const one : names) {
        auto const distance = edits(name, one);
        if (distance >= fewest) continue;
        fewest = distance;
        best = one;
    }
    return best;
}

}  // namespace headgate::transforms
