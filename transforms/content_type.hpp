#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace headgate::transforms {

// A parameter behind a header's value, as in `text/plain; charset="utf-8"` (RFC 9110, 5.6.6), unquoted.
// `name` in lower case. Nothing where it is not there, stands there twice, or where what is before it has
// another form.
[[nodiscard]] std::optional<std::string> parameter_of(std::string_view header, std::string_view name);

// What stands before the parameters, without blanks around it, in lower case.
[[nodiscard]] std::string without_parameters(std::string_view header);

}  // namespace headgate::transforms
