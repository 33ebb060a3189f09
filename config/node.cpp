#include "config/node.hpp"

#include <algorithm>

namespace headgate::config {

node const* node::find(std::string_view key) const noexcept {
    auto const found = std::ranges::find(members, key, &member::key);
    return found == members.end() ? nullptr : &found->value;
}

std::string_view name_of(node_kind kind) noexcept {
    switch (kind) {
        case node_kind::empty: return "empty";
        case node_kind::scalar: return "a text";
        case node_kind::list: return "a list";
        case node_kind::mapping: return "a mapping";
    }
    return "unknown";
}

std::string child_path(std::string_view parent, std::string_view key) {
    auto path = std::string{parent};
    if (!path.empty()) path += '.';
    return path.append(key);
}

std::string child_path(std::string_view parent, std::size_t index) {
    return std::string{parent} + '[' + std::to_string(index) + ']';
}

}  // namespace headgate::config
