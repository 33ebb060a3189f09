#pragma once

#include "config/node.hpp"
#include "config/notes.hpp"

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace headgate::config {

inline constexpr std::size_t files_max = 256;

// What the files of a configuration say together.
struct merged {
    node root;
    std::vector<std::string> texts;  // Names and bytes of the files.
    bool readable = false;           // Every file was read and is YAML; else `root` holds what could be read.
};

// `path` itself; of a folder every *.yaml and *.yml in it (not of folders in it, nor hidden ones), in the
// order of their names.
[[nodiscard]] std::vector<std::filesystem::path> files_of(std::filesystem::path const& path);

// What is in a file; nothing where it cannot be read. One byte more than allowed is read, so that whoever
// reads on notices.
[[nodiscard]] std::optional<std::string> bytes_of(std::filesystem::path const& file, std::size_t bytes_max);

// Reads `files_of(path)`. Files of a folder are joined by top-level key: lists are appended, names are
// united; any other key may stand in one file only.
[[nodiscard]] merged read_files(std::filesystem::path const& path, notes& into);

}  // namespace headgate::config
