#pragma once

#include "config/node.hpp"
#include "config/notes.hpp"

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

namespace headgate::config {

inline constexpr std::size_t files_max = 256;

// What the files of a configuration say together.
struct merged {
    node root;
    std::string revision;   // First 16 hex digits of the SHA-256 over names and bytes of the files.
    bool readable = false;  // Every file was read and is YAML; else `root` holds what could be read.
};

// `path` itself; of a folder every *.yaml and *.yml in it (not of folders in it, nor hidden ones), in the
// order of their names.
[[nodiscard]] std::vector<std::filesystem::path> files_of(std::filesystem::path const& path);

// Reads `files_of(path)`. Files of a folder are joined by top-level key: lists are appended, names are
// united; any other key may stand in one file only.
[[nodiscard]] merged read_files(std::filesystem::path const& path, notes& into);

}  // namespace headgate::config
