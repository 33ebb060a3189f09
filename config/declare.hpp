#pragma once

#include "config/configuration.hpp"
#include "config/presets.hpp"
#include "config/section.hpp"

#include <cstdint>
#include <string>
#include <vector>

// Every setting there is, by the room it belongs to. These functions are the only place that knows the names,
// limits and descriptions of settings: see `section`.

namespace headgate::config {

inline constexpr std::int64_t kibibyte = 1024;
inline constexpr std::int64_t mebibyte = 1024 * kibibyte;
inline constexpr std::int64_t gibibyte = 1024 * mebibyte;
inline constexpr std::int64_t tebibyte = 1024 * gibibyte;

void declare_configuration(section& root, configuration& into);

void declare_listen(section& root, configuration& into);
void declare_operators(section& root, console::settings& into);
void declare_log(section& root, log_settings& into);
void declare_reload(section& root, reload_settings& into);
void declare_store(section& root, store::settings& into);
void declare_targets(section& root, dispatch::settings& into);
// Those of one's own, beside ours.
[[nodiscard]] preset_nodes declare_presets(section& root, std::vector<preset_trial>& trials);
void declare_sources(section& root, preset_nodes const& presets, gateway::settings& into);
void declare_tables(section& root, dispatch::settings& into);
// How bodies of one source are read.
void declare_body(section& at, gateway::source_settings& into);
// What these have to look like.
void declare_schema(section& at, transforms::body_settings& into);
// What several rules say alike, each part by itself. It is in the rules that use it by then: see
// `use_templates`.
void declare_templates(section& root);
// What a rule does, and when. Of a part not everything has to be there.
enum class completeness : std::uint8_t { whole, part };
void declare_matter(section& at, dispatch::rule_settings& into, completeness of);
void declare_rules(section& root, dispatch::settings& into, std::vector<rule_trial>& trials);
void declare_rule_tests(section& at, std::string const& rule, std::vector<rule_trial>& into);
void declare_dispatch(section& root, dispatch::settings& into);

}  // namespace headgate::config
