#pragma once

#include "model/request.hpp"

#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// Which source a path belongs to.

namespace headgate::gateway {

// The names in a pattern of a path, in its order.
[[nodiscard]] std::vector<std::string> parameters_in(std::string_view pattern);

// A tree of path segments. A literal segment goes before a parameter. Costs what the path's own length costs,
// however many sources there are.
class route_table {
public:
    // `pattern` is valid: it begins with '/', parameters are whole segments `{name}`. False when it is taken.
    bool add(std::string_view pattern, std::size_t source);

    struct found {
        std::size_t source;
        parameters values;  // In the order of the path.
    };

    // `path` as received, without query. Segments are percent-decoded once, each on its own. One that is then
    // empty, `.`, `..`, or holds a slash, a backslash or a control character matches nothing.
    [[nodiscard]] std::optional<found> find(std::string_view path) const;

private:
    struct node {
        std::map<std::string, std::unique_ptr<node>, std::less<>> literal;
        std::unique_ptr<node> parameter;
        std::optional<std::size_t> source;
        std::vector<std::string> names;  // Of the parameters on the way here.
    };

    static bool descend(node const& at, std::vector<std::string> const& segments, std::size_t index,
                        std::vector<std::string>& values, node const*& end);

    node root_;
};

}  // namespace headgate::gateway
