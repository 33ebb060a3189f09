#pragma once

#include "config/configuration.hpp"
#include "config/locations.hpp"
#include "config/notes.hpp"

namespace headgate::config {

// What only shows when the parts are looked at together: names that must exist or be unique, paths that
// meet, a listener on another's address. Looks at nothing but the settings, and whether the store's folder
// is there. Gives each rule the tenant of its source.
void check_together(configuration& all, locations const& places, notes& into);

}  // namespace headgate::config
