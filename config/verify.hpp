#pragma once

#include "auth/settings.hpp"
#include "config/presets.hpp"
#include "config/section.hpp"

// What a source says about its sender: `verify`, `secrets`, `answers` and `handshake`.

namespace headgate::config {

// Declares those four keys. What the preset says comes first; what the source says beside it goes on top.
// Secrets are read; whether all fits together is for `auth::authenticator::make` to say.
void declare_sender(section& at, auth::settings& into, preset_nodes const& known);

}  // namespace headgate::config
