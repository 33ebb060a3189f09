#include "app/changes.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

namespace headgate::app {
namespace {

problem restart_needed(std::string path, std::string what) {
    return {.path = std::move(path),
            .what = std::move(what),
            .remedy = "restart needed; until then nothing else of the change is in force"};
}

targets::temporal_settings const* target_named(plan const& of, std::string const& name) {
    auto const& all = of.settings.dispatch.targets;
    auto const found = std::ranges::find(all, name, &dispatch::target_settings::name);
    return found == all.end() ? nullptr : &found->temporal;
}

bool is_same_file(plan const& now, plan const& next, std::string const& path) {
    auto const before = now.made_from.find(path);
    auto const after = next.made_from.find(path);
    return before != now.made_from.end() && after != next.made_from.end() && before->second == after->second;
}

}  // namespace

problems what_needs_a_restart(config::configuration const& now, config::configuration const& next) {
    problems found;
    auto const compare_address = [&found](std::string path, auto const& old, auto const& fresh) {
        if (old.address == fresh.address) return;
        found.push_back(
            restart_needed(std::move(path), "changed from " + old.address + " to " + fresh.address));
    };
    compare_address("listen.webhooks.address", now.webhooks, next.webhooks);
    compare_address("listen.operator.address", now.operator_, next.operator_);
    auto store = next.store;
    store.retention = now.store.retention;
    if (store != now.store) found.push_back(restart_needed("store", "changed"));
    if (next.log.lines_waiting_max != now.log.lines_waiting_max)
        found.push_back(restart_needed("log.lines_waiting_max", "changed"));
    return found;
}

bool needs_new_target(plan const& now, plan const& next, std::string const& name) {
    auto const* const before = target_named(now, name);
    auto const* const after = target_named(next, name);
    if (before == nullptr || *before != *after) return true;
    if (!after->tls) return false;
    auto const files = std::array{after->tls->server_ca, after->tls->certificate, after->tls->key};
    return std::ranges::any_of(
        files, [&](std::string const& each) { return !each.empty() && !is_same_file(now, next, each); });
}

}  // namespace headgate::app
