#pragma once

#include "auth/settings.hpp"
#include "config/node.hpp"
#include "config/notes.hpp"
#include "config/section.hpp"

#include <map>
#include <string>

// What a source says about its sender: `verify`, `secrets`, `answers` and `handshake`.

namespace headgate::config {

// Presets by name, each as the mapping it is written as.
using preset_nodes = std::map<std::string, node, std::less<>>;

// The ones inside the binary; read once.
[[nodiscard]] preset_nodes const& embedded_preset_nodes();

// Declares those four keys. What the preset says comes first; what the source says beside it goes on top.
// Secrets are read; whether all fits together is for `auth::authenticator::make` to say.
void declare_sender(section& at, auth::settings& into, preset_nodes const& known = embedded_preset_nodes());

}  // namespace headgate::config
