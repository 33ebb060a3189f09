#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace headgate::json {

// The raw bytes of everything at a path, in order: every member where a name stands twice, and each pointer
// after the first goes on from every item of the arrays that the one before it leads to. For hiding, where
// one too many is better than one too few: `lookup` finds what may be believed. Nothing in a text that is no
// JSON is taken for granted: what is found may be meaningless, but lies within it.
[[nodiscard]] std::vector<std::string_view> raw_slices(std::string_view text,
                                                       std::vector<std::string> const& pointers);

}  // namespace headgate::json
