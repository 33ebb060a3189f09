#pragma once

#include "auth/settings.hpp"
#include "config/node.hpp"
#include "config/notes.hpp"

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

// The senders known by name. Each is one YAML file, `auth/presets/NAME.yaml`, that the build puts into the
// binary; nothing about a sender is code.

namespace headgate::config {

struct preset_trial;

struct preset {
    std::string name;
    std::string title;   // "GitHub"
    std::string what;    // What to know before using it.
    std::string link;    // The provider's page.
    std::string status;  // How sure we are that it is right.
    std::string text;    // The file, from which a preset of one's own can be started.
    node tree;
};

// In the order of their names; read once, at first use.
[[nodiscard]] std::vector<preset> const& known_presets();

// Presets by name, each as the mapping it is written as.
using preset_nodes = std::map<std::string, node, std::less<>>;
[[nodiscard]] preset_nodes const& embedded_preset_nodes();

// What a source gives its sender beside secrets: values by name.
using preset_params = std::map<std::string, std::vector<std::string>>;

// Puts the param's values where {header: {param: NAME}} is written: what each installation of a sender names
// for itself. What asks for a param that is not given and is one of `optional` is left out.
void place_params(node& at, preset_params const& given, std::vector<std::string> const& optional,
                  std::string const& path, notes& into);

// What a preset says about its sender, with the params that a source gives it. `path` is where it stands, for
// the problems found; so are `given_at` and `given_path` of the params.
[[nodiscard]] auth::settings read_preset(std::string const& name, node const& at, std::string const& path,
                                         preset_params given, node const& given_at,
                                         std::string const& given_path, notes& into);

// The presets of one's own, `presets: {NAME: …}`, beside ours. One with a mistake is an empty node: what is
// wrong is said once, where it stands, and not at every source that uses it.
// Appends to `trials` the requests that stand beside them.
[[nodiscard]] preset_nodes read_own_presets(node const& at, notes& into, std::vector<preset_trial>& trials);

struct embedded_text {
    std::string_view name;
    std::string_view text;
};

// The files as they are; made by the build.
[[nodiscard]] std::span<embedded_text const> embedded_presets();

}  // namespace headgate::config
