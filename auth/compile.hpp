#pragma once

#include "auth/inspect.hpp"
#include "auth/node.hpp"
#include "auth/reporter.hpp"
#include "auth/session_node.hpp"
#include "auth/settings.hpp"

#include <string>
#include <vector>

namespace headgate::auth {

// Turns checks into nodes, and refuses what must not be turned into one. Lives only while a source is loaded.
class compiler {
public:
    // `source` outlives the nodes. `path` is its place in the configuration.
    compiler(settings const& source, std::string path, reporter& notes)
        : source_{source}, path_{std::move(path)}, notes_{notes} {}

    // Null when something is wrong with the check. `root` is where the tree stands: "verify".
    [[nodiscard]] node_ptr compile_tree(check const& is, std::string const& root);

private:
    struct scope {
        std::string name;                 // "all[1]."; empty at the root.
        std::vector<value const*> times;  // Of the checks around this one.
        bool inside_each = false;
        bool claims_known = false;         // A `jwt` stands beside this, in the same `all`.
        bool keeps_strangers_out = false;  // What stands beside this does, in the same `all`.
        peer_beside peer = peer_beside::none;
    };
    friend struct check_compiler;

    [[nodiscard]] node_ptr compile(check const& is, scope around);
    void inspect_time(check const& is, std::string const& at, position const& where);

    settings const& source_;
    std::string path_;
    reporter& notes_;
    std::string root_;
};

}  // namespace headgate::auth
