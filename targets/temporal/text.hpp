#pragma once

#include <string>
#include <string_view>

namespace headgate::targets {

// Text of a server as it may be shown and logged: control characters become blanks, and what is longer than
// 512 bytes is cut, never inside a UTF-8 sequence.
[[nodiscard]] std::string presentable(std::string_view text);

}  // namespace headgate::targets
