#pragma once

#include "config/setting.hpp"

#include <string>

namespace headgate::config {

// All settings, as the declarations describe them; `inside` of the one returned are the top-level keys.
[[nodiscard]] setting describe_settings();

// JSON Schema (draft 2020-12) of a whole configuration, for editors and other tools. Indented.
[[nodiscard]] std::string json_schema();

// docs/reference/configuration.md.
[[nodiscard]] std::string reference_markdown();

}  // namespace headgate::config
