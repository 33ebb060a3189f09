#pragma once

#include "app/file_watch.hpp"
#include "app/plan.hpp"

#include <functional>
#include <optional>
#include <string>
#include <thread>

namespace headgate::app {

// Reads a configuration again when it may say something else now: when one of the files that it was made from
// has changed and then stayed the same for a while, or when asked. On a thread of its own, which ends with
// it.
class reloader {
public:
    // Gets what was read, mistakes and all; on the reloader's thread.
    using taker = std::function<void(planned)>;

    // `made_from` is what the configuration in force was made from.
    reloader(std::string config_path, config::ingredients made_from, config::reload_settings of, taker take,
             file_watch::tells kernel = file_watch::tells::changes);
    ~reloader();
    reloader(reloader const&) = delete;
    reloader& operator=(reloader const&) = delete;

    // Reads it at once, even when nothing changed. From any thread.
    void ask() { watch_.ask(); }

private:
    void run();
    [[nodiscard]] std::optional<planned> read_again();
    [[nodiscard]] file_watch::woken wait_while_it_settles(config::ingredients const& read_from);
    void take_up(planned read);

    std::string path_;
    taker take_;
    config::ingredients made_from_;
    config::reload_settings settings_;
    file_watch watch_;
    std::thread thread_;
};

}  // namespace headgate::app
