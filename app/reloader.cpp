#include "app/reloader.hpp"

#include "core/log.hpp"

#include <exception>
#include <pthread.h>
#include <utility>
#include <vector>

namespace headgate::app {
namespace {

std::vector<std::filesystem::path> paths_of(config::ingredients const& all) {
    std::vector<std::filesystem::path> paths;
    for (auto const& [path, state] : all) paths.push_back(path);
    return paths;
}

}  // namespace

reloader::reloader(std::string config_path, config::ingredients made_from,
                   std::chrono::milliseconds poll_every, taker take, file_watch::tells kernel)
    : path_{std::move(config_path)},
      take_{std::move(take)},
      made_from_{std::move(made_from)},
      poll_every_{poll_every},
      watch_{kernel},
      thread_{[this] { run(); }} {}

reloader::~reloader() {
    watch_.stop();
    thread_.join();
}

// Folders are watched before their files are compared, so that no change falls in between.
void reloader::run() {
    pthread_setname_np(pthread_self(), "reload");
    bool is_asked = false;
    for (;;) {
        watch_.watch(paths_of(made_from_));
        if (is_asked || config::have_changed(made_from_)) {
            watch_.wait_for_quiet();
            is_asked = false;
            if (read_again()) continue;
        }
        auto const why = watch_.wait(poll_every_);
        if (why == file_watch::woken::to_stop) return;
        is_asked = why == file_watch::woken::on_request;
        if (why == file_watch::woken::by_a_change) watch_.wait_for_quiet();
    }
}

// False when it did not come to an end: then it is tried again, but not at once.
bool reloader::read_again() {
    try {
        auto read = make_plan(path_);
        made_from_ = read.made_from;
        if (read.made) poll_every_ = read.made->settings.reload.poll_every;
        take_(std::move(read));
        return true;
    } catch (std::exception const& e) {
        log(log_level::error, "could not read the configuration again", {{"what", e.what()}});
        return false;
    }
}

}  // namespace headgate::app
