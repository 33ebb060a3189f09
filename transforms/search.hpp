#pragma once

#include <cstddef>
#include <string_view>

namespace headgate::transforms {

// Where `part` first stands in `text` from `from` on, else npos. In time linear in both, which
// std::string_view::find does not promise: a sender could choose texts for which it takes their product.
[[nodiscard]] std::size_t find_text(std::string_view text, std::string_view part, std::size_t from = 0);

}  // namespace headgate::transforms
