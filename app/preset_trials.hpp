#pragma once

#include "config/preset_vectors.hpp"
#include "core/problem.hpp"

#include <vector>

namespace headgate::app {

// The requests that stand beside presets of one's own, each as the gateway would judge it. Nothing is
// fetched: what is asked for is what the request says is served.
[[nodiscard]] problems try_presets(std::vector<config::preset_trial> const& trials);

}  // namespace headgate::app
