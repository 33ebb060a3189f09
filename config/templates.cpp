#include "config/templates.hpp"

#include "config/declare.hpp"
#include "config/reader.hpp"
#include "config/section.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>
#include <utility>
#include <vector>

namespace headgate::config {
namespace {

constexpr std::string_view templates_key = "templates";

// The templates that are right, by name.
using right_templates = std::map<std::string, node const*, std::less<>>;

// What is wrong with the others is said where they are declared.
right_templates read_templates(node const& root) {
    right_templates right;
    auto const* const all = root.find(templates_key);
    if (all == nullptr) return right;
    for (auto const& [name, line, value] : all->members) {
        notes unsaid;
        reader from{value, name, unsaid};
        section at{from};
        dispatch::rule_settings nobodys;
        declare_matter(at, nobodys, completeness::part);
        from.finish();
        bool const is_right = unsaid.mistakes() == 0 && is_name(name);
        right.emplace(name, is_right ? &value : nullptr);
    }
    return right;
}

node* find(node& in, std::string_view key) {
    auto const found = std::ranges::find(in.members, key, &member::key);
    return found == in.members.end() ? nullptr : &found->value;
}

// Where keys have to be: what is missing there is missing in the rule, whoever began to write it.
bool has_required_keys(std::string_view path) {
    constexpr std::array<std::string_view, 3> shells{".start", ".signal", ".start.signal"};
    auto const in_rule = path.substr(std::min(path.find(']') + 1, path.size()));
    return std::ranges::find(shells, in_rule) != shells.end();
}

// Puts one template into one rule.
class borrowing {
public:
    borrowing(node const& used_at, borrowed_parts& noted) : used_at_{used_at}, noted_{noted} {}

    void take(node& into, node const& from, std::string const& path, std::string const& origin) {
        for (auto const& one : from.members) {
            auto const part = child_path(path, one.key);
            auto const stands = child_path(origin, one.key);
            auto* own = find(into, one.key);
            if (own == nullptr && !(one.value.is_mapping() && has_required_keys(part))) {
                noted_.add(part, stands);
                into.members.push_back(one);
                continue;
            }
            if (own == nullptr) own = &add_shell(into, one.key);
            if (own->is_mapping() && one.value.is_mapping()) take(*own, one.value, part, stands);
        }
    }

private:
    node& add_shell(node& into, std::string const& key) {
        node shell{.kind = node_kind::mapping, .line = used_at_.line, .file = used_at_.file};
        return into.members.emplace_back(member{key, used_at_.line, std::move(shell)}).value;
    }

    node const& used_at_;
    borrowed_parts& noted_;
};

// The names of the templates that rules use, right or not.
std::set<std::string, std::less<>> fill_rules(node& rules, right_templates const& all, borrowed_parts& noted,
                                              notes& into) {
    std::set<std::string, std::less<>> used;
    std::vector<std::string> names;
    for (auto const& [name, one] : all) names.push_back(name);
    for (std::size_t i = 0; i < rules.items.size(); ++i) {
        auto& rule = rules.items[i];
        auto const path = child_path("rules", i);
        auto const* const use = rule.find("use");
        if (use == nullptr || !use->is_scalar() || use->text.empty()) continue;
        auto const found = all.find(use->text);
        if (found == all.end()) {
            into.mistake(*use, child_path(path, "use"), fmt::format("\"{}\" is not a template", use->text),
                         names.empty() ? "add it to `templates`" : one_of(use->text, names));
            continue;
        }
        used.insert(found->first);
        if (found->second == nullptr) continue;
        auto const used_at = *use;
        std::erase_if(rule.members, [](member const& each) { return each.key == "use"; });
        auto const origin = child_path(templates_key, found->first);
        noted.count_user(origin);
        borrowing{used_at, noted}.take(rule, *found->second, path, origin);
    }
    return used;
}

using remark = std::pair<std::string, std::string>;  // Where it stands, and what is said of it.

struct told {
    std::size_t place = 0;  // Among all problems.
    std::set<std::string, std::less<>> rules;
};

// "rules[3]" of a path in it.
std::string_view rule_of(std::string_view path) {
    return path.substr(0, std::min(path.find(']') + 1, path.size()));
}

}  // namespace

std::string borrowed_parts::origin_of(std::string_view path) const {
    for (auto part = path; !part.empty();) {
        auto const found = origins_.find(part);
        if (found != origins_.end()) return found->second + std::string{path.substr(part.size())};
        auto const step = part.find_last_of(".[");
        part = part.substr(0, step == std::string_view::npos ? 0 : step);
    }
    return {};
}

std::size_t borrowed_parts::users_of(std::string_view origin) const {
    auto const name_begins = origin.find('.') + 1;
    auto const found = users_.find(origin.substr(0, origin.find('.', name_begins)));
    return found == users_.end() ? 0 : found->second;
}

borrowed_parts use_templates(node& root, notes& into) {
    borrowed_parts noted;
    auto const all = read_templates(root);
    auto* const rules = find(root, "rules");
    std::set<std::string, std::less<>> used;
    if (rules != nullptr) used = fill_rules(*rules, all, noted, into);
    for (auto const& [name, one] : all) {
        if (used.contains(name) || one == nullptr) continue;
        into.warning(*one, child_path(templates_key, name), "is not used",
                     fmt::format("write `use: {}` in a rule, or remove it", name));
    }
    return noted;
}

problems told_once(problems found, borrowed_parts const& borrowed) {
    std::map<remark, told> known;
    problems all;
    for (auto& one : found) {
        auto origin = borrowed.origin_of(one.path);
        if (!origin.empty()) {
            std::string rule{rule_of(one.path)};
            auto const [place, is_new] = known.try_emplace({origin, one.what}, told{all.size(), {}});
            place->second.rules.insert(std::move(rule));
            if (!is_new) continue;
            one.path = std::move(origin);
        }
        all.push_back(std::move(one));
    }
    std::set<std::size_t> of_no_matter;
    for (auto const& [said, by] : known) {
        if (by.rules.size() == borrowed.users_of(said.first)) continue;
        auto& one = all[by.place];
        if (one.weighs == problem::weight::warning) of_no_matter.insert(by.place);
        auto const more = by.rules.size() - 1;
        auto const others = more == 0 ? std::string{} : fmt::format(" and {} more", more);
        one.what = fmt::format("in {}{}: {}", *by.rules.begin(), others, one.what);
    }
    problems rest;
    for (std::size_t i = 0; i < all.size(); ++i) {
        if (!of_no_matter.contains(i)) rest.push_back(std::move(all[i]));
    }
    return rest;
}

}  // namespace headgate::config
