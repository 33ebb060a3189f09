#pragma once

#include "config/node.hpp"
#include "config/notes.hpp"
#include "core/problem.hpp"

#include <cstddef>
#include <map>
#include <string>
#include <string_view>

// Templates: what several rules say alike, written once. A rule that uses one is read as if it had written
// all of it itself; nobody behind this file knows of templates.

namespace headgate::config {

// Which parts of which rules were said by a template.
class borrowed_parts {
public:
    void add(std::string part, std::string origin) { origins_.emplace(std::move(part), std::move(origin)); }
    void count_user(std::string const& of) { ++users_[of]; }

    // Where it stands in the template; empty where the rule says it itself.
    [[nodiscard]] std::string origin_of(std::string_view path) const;
    // How many rules use the template in which this stands.
    [[nodiscard]] std::size_t users_of(std::string_view origin) const;

private:
    std::map<std::string, std::string, std::less<>> origins_;  // By path: of what a rule took, whole.
    std::map<std::string, std::size_t, std::less<>> users_;    // By template.
};

// Puts each template that is right into the rules that use it: mappings key by key, and what the rule says
// stays. `use` is gone from a rule then; it stands on in one whose template is not there or not right, which
// has been said.
[[nodiscard]] borrowed_parts use_templates(node& root, notes& into);

// What was found in several rules that took it from one template is said once, and where it stands. What is
// only odd, and not in all of these rules, is not said.
[[nodiscard]] problems told_once(problems found, borrowed_parts const& borrowed);

}  // namespace headgate::config
