#pragma once

#include "auth/settings.hpp"
#include "config/presets.hpp"
#include "config/section.hpp"

#include <optional>

// What a source says about its sender: `verify`, `secrets`, `answers` and `handshake`.

namespace headgate::config {

// Declares those four keys. What the preset says comes first; what the source says beside it goes on top.
// Secrets are read; whether all fits together is for `auth::authenticator::make` to say.
void declare_sender(section& at, auth::settings& into, preset_nodes const& known);

// `verify` and `secrets` of an operator: checks that are written out. Nothing in `into` without `verify`;
// false when something of them is wrong.
[[nodiscard]] bool declare_checks(section& at, std::optional<auth::settings>& into);

}  // namespace headgate::config
