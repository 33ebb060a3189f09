#pragma once

#include "core/digest.hpp"

#include <filesystem>
#include <map>

namespace headgate::config {

// What a configuration was made from, and how each part was just before it was read: its files and their
// folder, the secrets, the certificates. Who compares this with what is there now knows whether reading it
// again would give something else; times say nothing, because a file can be replaced by an older one.
using ingredients = std::map<std::filesystem::path, sha256_digest>;

// A digest over everything about a path that a configuration depends on: of a file its bytes, owner and mode;
// of a folder the names of the configuration files in it; or that it is not there. Follows links.
[[nodiscard]] sha256_digest state_of(std::filesystem::path const& path);

[[nodiscard]] bool have_changed(ingredients const& since);

}  // namespace headgate::config
