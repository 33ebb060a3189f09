#pragma once

#include "config/node.hpp"
#include "config/notes.hpp"
#include "core/problem.hpp"

#include <functional>
#include <map>
#include <string>
#include <string_view>

namespace headgate::config {

// Where every setting of a configuration stands, by its path: for problems that other rooms find, which know
// paths and no lines.
class locations {
public:
    locations() = default;
    locations(node const& root, notes const& files);

    struct place {
        std::string file;  // Empty when the configuration is one file.
        int line = 0;      // 0: not known.
    };

    // Of the setting itself, or of the nearest one around it that is written down.
    [[nodiscard]] place of(std::string_view path) const;

    // Fills in file and line, where they are not known yet.
    void locate(problem& one) const;

private:
    void remember(node const& at, std::string const& path, notes const& files);

    std::map<std::string, place, std::less<>> places_;
};

}  // namespace headgate::config
