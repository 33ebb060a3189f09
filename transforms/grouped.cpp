#include "transforms/grouped.hpp"

#include "core/text.hpp"

#include <map>

namespace headgate::transforms {

using json::member;
using json::value;

value text_of(std::string_view kept, json::arena& where) {
    if (is_utf8(kept)) return value::string_view_of(kept);
    return value::string(to_utf8(kept), where);
}

std::vector<grouped> group(parameters const& all, json::arena& where) {
    std::vector<grouped> groups;
    std::map<std::string_view, std::size_t> places;
    for (auto const& [name, text] : all) {
        auto const [place, is_new] = places.try_emplace(name, groups.size());
        if (is_new) groups.push_back({value::string(to_utf8(name), where).as_string(), {}});
        groups[place->second].values.push_back(value::string(to_utf8(text), where));
    }
    return groups;
}
std::vector<grouped> group(std::span<member const> all) {
    std::vector<grouped> groups;
    std::map<std::string_view, std::size_t> places;
    for (auto const& [name, one] : all) {
        auto const [place, is_new] = places.try_emplace(name, groups.size());
        if (is_new) groups.push_back({name, {}});
        groups[place->second].values.push_back(one);
    }
    return groups;
}

value object_of(std::vector<grouped> const& groups, repeated how, json::arena& where) {
    std::vector<member> members;
    members.reserve(groups.size());
    for (auto const& one : groups) {
        bool const is_sole = one.values.size() == 1;
        value here;
        if (how == repeated::is_always_array || (how == repeated::becomes_array && !is_sole)) {
            here = value::array(one.values, where);
        } else if (is_sole) {
            here = one.values.front();
        }
        members.push_back({one.name, here});
    }
    return value::object(members, where);
}

}  // namespace headgate::transforms
