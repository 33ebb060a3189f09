#pragma once

#include <string>

// What the verification model looks like to an editor: JSON Schema, as closed as the reader is.

namespace headgate::config {

// `$defs` of the whole schema, one JSON object: check, guard, value, content, signature and what they are
// made of.
[[nodiscard]] std::string verify_definitions();

// What stands under the keys of a source. They refer to the definitions.
[[nodiscard]] std::string verify_schema();
[[nodiscard]] std::string secrets_schema();
[[nodiscard]] std::string answers_schema();
[[nodiscard]] std::string handshake_schema();

// Presets of one's own, by name.
[[nodiscard]] std::string presets_schema();

}  // namespace headgate::config
