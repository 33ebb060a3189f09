#pragma once

#include "core/result.hpp"
#include "json/value.hpp"

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace headgate::json {

// What stands at one pointer.
struct place {
    std::optional<std::string_view> raw;  // The value's bytes, without blanks around them.
    bool is_ambiguous = false;            // The way leads through a member name that stands twice: no `raw`.
};

// Finds the values at some pointers in one pass over a text, without building anything: several times as fast
// as `parse`, and as strict. What the one refuses the other refuses, but for the number of values, and for
// exponents that come within a few digits of 2^31.
//
// Immutable once made, for many threads.
class lookup {
public:
    // One that is malformed (RFC 6901) leads nowhere.
    explicit lookup(std::span<std::string const> pointers);

    // Where `pointer` is among the places; nothing when it was not asked for.
    [[nodiscard]] std::optional<std::size_t> index_of(std::string_view pointer) const;

    // One place for each pointer, in their order. The bytes are those of `text`. Fails as `parse` does.
    [[nodiscard]] result<std::vector<place>> find_in(std::string_view text, std::size_t depth_max = 64) const;

private:
    friend class lookup_scan;
    static constexpr std::size_t nowhere = std::string::npos;

    // One token further down; the first is the whole text.
    struct node {
        std::string token;
        std::optional<std::size_t> index;   // The token as one of an array.
        std::vector<std::size_t> children;  // Of `nodes_`.
    };

    std::vector<std::string> pointers_;
    std::vector<std::size_t> ends_;  // The node that each pointer leads to, or `nowhere`.
    std::vector<node> nodes_;
};

}  // namespace headgate::json
