#pragma once

#include "config/node.hpp"
#include "config/notes.hpp"
#include "config/presets.hpp"
#include "core/clock.hpp"
#include "model/request.hpp"

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// Requests that stand beside a preset to show that it is right: published by the provider, or signed by a
// program that is not Headgate.

namespace headgate::config {

struct preset_vector {
    std::string says;  // Where the values come from.
    wall_time at;
    std::map<std::string, std::string> secrets;  // Values, not references: they open nothing.
    std::string public_url;
    preset_params params;
    request incoming;

    // What is answered when something is asked for, by URL; a question with a body must be `asked`.
    std::map<std::string, std::string> serves;
    std::string asked;

    // What is answered to this; null where nothing is.
    [[nodiscard]] std::string const* answer_to(auth::fetch_rule const& from, std::string const& url,
                                               std::string_view body) const;

    // What Headgate must find in it, or answer to it.
    std::string id;
    std::string event;
    struct answer {
        unsigned status = 200;
        std::string body;
    };
    std::optional<answer> reply;

    // Texts of the body that the signature covers, where it does not cover the whole.
    std::vector<std::string> proof;
};

// One of these requests, and the sender that its values make of the preset.
struct preset_trial {
    std::string path;  // "presets.our-billing.vectors[0]"
    auth::settings sender;
    preset_vector with;
};

// Those of a preset.
[[nodiscard]] std::vector<preset_trial> read_trials(std::string const& name, node const& preset,
                                                    std::string const& path, notes& into);

// Those under `vectors` of a preset; notes what is wrong with one.
[[nodiscard]] std::vector<preset_vector> read_vectors(node const& preset, std::string const& path,
                                                      notes& into);

}  // namespace headgate::config
