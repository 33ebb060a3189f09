#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace headgate::config {

struct member;

enum class node_kind : std::uint8_t { empty, scalar, list, mapping };

// One value of a configuration file, and where it stands. Our own tree, because the YAML library keeps the
// last of two equal keys, follows aliases into themselves, and forgets which file a node came from.
struct node {
    node_kind kind = node_kind::empty;
    std::string text;             // Of a scalar, as written.
    bool quoted = false;          // Of a scalar: quoted or a block, so it is text and no number.
    std::vector<node> items;      // Of a list.
    std::vector<member> members;  // Of a mapping, in the order of the file; no key twice.
    int line = 0;                 // 1-based.
    std::uint32_t file = 0;       // Index into the files of the document.

    [[nodiscard]] bool is_scalar() const noexcept { return kind == node_kind::scalar; }
    [[nodiscard]] bool is_list() const noexcept { return kind == node_kind::list; }
    [[nodiscard]] bool is_mapping() const noexcept { return kind == node_kind::mapping; }
    [[nodiscard]] bool is_empty() const noexcept { return kind == node_kind::empty; }

    // The value of a mapping's key; null when this is no mapping or has no such key.
    [[nodiscard]] node const* find(std::string_view key) const noexcept;
};

struct member {
    std::string key;
    int line = 0;  // Of the key.
    node value;
};

// "a text", "a list", "a mapping", "empty": as problems say it.
[[nodiscard]] std::string_view name_of(node_kind kind) noexcept;

// "sources" + "github" is "sources.github"; "rules" + 2 is "rules[2]".
[[nodiscard]] std::string child_path(std::string_view parent, std::string_view key);
[[nodiscard]] std::string child_path(std::string_view parent, std::size_t index);

}  // namespace headgate::config
