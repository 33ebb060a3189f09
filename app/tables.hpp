#pragma once

#include <string>
#include <string_view>

namespace headgate::app {

// An answer of the operator API for people: a list as aligned columns, one item as indented JSON. What acts
// on terminals or the order of text is a blank in the one and an escape in the other.
[[nodiscard]] std::string as_table(std::string_view resource, std::string_view act, std::string_view json);

}  // namespace headgate::app
