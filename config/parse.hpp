#pragma once

#include "config/node.hpp"
#include "config/notes.hpp"

#include <cstddef>
#include <optional>
#include <string_view>

namespace headgate::config {

struct parse_limits {
    std::size_t file_bytes_max = 1024 * 1024;
    std::size_t depth_max = 32;
};

// Reads one YAML document strictly. Refused, each with its line: anchors, aliases, tags, equal keys in one
// mapping, keys that are not text, more than one document, bytes that are not UTF-8, too large, too deep.
// `file` is the number that `into` gave. Nothing comes back when there is no tree worth looking at.
[[nodiscard]] std::optional<node> parse(std::string_view text, std::uint32_t file, notes& into,
                                        parse_limits const& limits = {});

}  // namespace headgate::config
