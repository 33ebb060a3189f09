#pragma once

#include "config/node.hpp"
#include "config/notes.hpp"
#include "core/clock.hpp"
#include "core/secret.hpp"

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace headgate::config {

// Secrets are references, never values: {file: NAME} or {env: NAME}, with `until` where the place allows it.

struct loaded_secret {
    secret value;
    std::optional<wall_time> until;
};

enum class may_expire { no, yes };

inline constexpr std::size_t secret_bytes_max = 64 * 1024;

// Reads one reference and what it points to. Refused: a value written inline, both or none of `file` and
// `env`, what cannot be read or is empty, a file that everybody may write. Of a file exactly one trailing LF
// or CRLF is removed; of a variable nothing.
[[nodiscard]] std::optional<loaded_secret> read_secret(node const& at, std::string const& path, notes& into,
                                                       may_expire expires = may_expire::no);

// A list of references: the active values of one name. Refused: an empty list, more than eight.
[[nodiscard]] std::vector<loaded_secret> read_secret_list(node const& at, std::string const& path,
                                                          notes& into);

}  // namespace headgate::config
