#pragma once

#include "config/configuration.hpp"
#include "config/ingredients.hpp"
#include "config/locations.hpp"
#include "config/templates.hpp"
#include "core/problem.hpp"

#include <filesystem>
#include <optional>

namespace headgate::config {

// What came of reading a configuration.
struct loaded {
    std::optional<configuration> made;  // Absent when there is a mistake: it is refused whole.
    configuration readable;   // Else what could be read in spite of them, so that others find theirs.
    problems found;           // All mistakes and warnings, each with its place.
    locations places;         // For problems that other rooms find later,
    borrowed_parts borrowed;  // and what of them is to be told once.
    ingredients made_from;    // Also when it is refused: a change of one of them may mend it.
};

// Reads one file, or all *.yaml and *.yml of a folder. Never stops at the first problem. Opens nothing but
// these files and the secrets they name; connects to nothing. Relative file names mean: from the folder of
// the file that names them.
[[nodiscard]] loaded load(std::filesystem::path const& path);

}  // namespace headgate::config
