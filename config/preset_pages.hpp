#pragma once

#include "config/presets.hpp"

#include <string>

// What people read about presets; all of it is made from their data.

namespace headgate::config {

// One reference page, Markdown: docs/reference/presets/NAME.md.
[[nodiscard]] std::string preset_page(preset const& one);

// The page that lists them.
[[nodiscard]] std::string presets_index();

// YAML that can stand in a configuration: the preset under a name of one's own, without its vectors.
[[nodiscard]] std::string as_own_preset(preset const& one);

}  // namespace headgate::config
