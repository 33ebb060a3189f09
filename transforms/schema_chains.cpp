#include "transforms/schema_chains.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace headgate::transforms {
namespace {

constexpr std::size_t chain_max = 64;

// The schemas that look at the same value as this one.
std::vector<schema_number> beside(schema_node const& one) {
    std::vector<schema_number> all;
    for (auto const* list : {&one.all_of, &one.any_of, &one.one_of})
        all.insert(all.end(), list->begin(), list->end());
    for (auto const& each : {one.refers_to, one.none_of, one.when, one.then, one.otherwise}) {
        if (each) all.push_back(*each);
    }
    for (auto const& [name, number] : one.schemas_beside) all.push_back(number);
    return all;
}

class chains {
public:
    explicit chains(std::vector<schema_node> const& nodes) : nodes_{nodes}, lengths_(nodes.size()) {}

    // Whether the chains from this one on are short enough, where it is the `depth`th of one itself.
    bool are_short_from(std::size_t number, std::size_t depth) {
        if (lengths_[number] > 0) return depth + lengths_[number] <= chain_max;
        if (depth >= chain_max) return false;
        std::size_t longest = 0;
        for (auto const next : beside(nodes_[number])) {
            if (!are_short_from(next, depth + 1)) return false;
            longest = std::max(longest, lengths_[next]);
        }
        lengths_[number] = longest + 1;
        return true;
    }

private:
    std::vector<schema_node> const& nodes_;
    std::vector<std::size_t> lengths_;  // Of the longest chain from each; 0: not known yet.
};

}  // namespace

result<void> check_chains(std::vector<schema_node> const& nodes) {
    chains all{nodes};
    for (std::size_t number = 0; number < nodes.size(); ++number) {
        if (all.are_short_from(number, 0)) continue;
        auto const& place = nodes[number].place;
        return refuse(
            errc::invalid_argument,
            fmt::format("the schema at {}: leads back to itself, or on to more than {} others, before it "
                        "looks into the body",
                        place.empty() ? "/" : place, chain_max),
            "take the circle out");
    }
    return {};
}

}  // namespace headgate::transforms
