#pragma once

#include "config/preset_vectors.hpp"
#include "config/rule_trials.hpp"
#include "console/settings.hpp"
#include "core/log.hpp"
#include "dispatch/settings.hpp"
#include "gateway/settings.hpp"
#include "http/settings.hpp"
#include "store/settings.hpp"

#include <chrono>
#include <string>
#include <vector>

namespace headgate::config {

// When a running gateway reads its configuration again.
struct reload_settings {
    std::chrono::milliseconds poll_every{30'000};  // Where the kernel does not tell of changes.
    std::chrono::milliseconds settle{2'000};       // For as long the files must have stayed the same.
};

// Everything a configuration says, room by room. A fresh one holds the defaults.
struct configuration {
    http::listener_settings webhooks{.name = "webhooks", .address = "127.0.0.1:8080"};
    http::listener_settings operator_{.name = "operator",
                                      .address = "127.0.0.1:8081",
                                      .bounds = {.connections_max = 256, .connections_per_address_max = 128}};
    std::chrono::milliseconds drain_within{25'000};  // For answers under way when it is told to end.
    console::settings console;
    store::settings store;
    gateway::settings gateway;
    dispatch::settings dispatch;
    log_settings log;
    reload_settings reload;
    std::vector<preset_trial> trials;     // Of presets of one's own: `check` runs them.
    std::vector<rule_trial> rule_trials;  // Run before the configuration is put in force.
    std::string revision;  // First 16 hex digits of the SHA-256 over the names and bytes of its files and of
                           // those with data.
};

}  // namespace headgate::config
