#pragma once

#include "app/file_watch.hpp"
#include "app/plan.hpp"

#include <chrono>
#include <functional>
#include <string>
#include <thread>

namespace headgate::app {

// Reads a configuration again when it may say something else now: when one of the files that it was made from
// has changed, or when asked. On a thread of its own, which ends with it.
class reloader {
public:
    // Gets what was read, mistakes and all; on the reloader's thread.
    using taker = std::function<void(planned)>;

    // `made_from` is what the configuration in force was made from.
    reloader(std::string config_path, config::ingredients made_from, std::chrono::milliseconds poll_every,
             taker take, file_watch::tells kernel = file_watch::tells::changes);
    ~reloader();
    reloader(reloader const&) = delete;
    reloader& operator=(reloader const&) = delete;

    // Reads it even when nothing changed. From any thread.
    void ask() { watch_.ask(); }

private:
    void run();
    [[nodiscard]] bool read_again();

    std::string path_;
    taker take_;
    config::ingredients made_from_;
    std::chrono::milliseconds poll_every_;
    file_watch watch_;
    std::thread thread_;
};

}  // namespace headgate::app
