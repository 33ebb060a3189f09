#include "app/reloader.hpp"

#include "core/log.hpp"

#include <chrono>
#include <exception>
#include <optional>
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

reloader::reloader(std::string config_path, config::ingredients made_from, config::reload_settings of,
                   taker take, file_watch::tells kernel)
    : path_{std::move(config_path)},
      take_{std::move(take)},
      made_from_{std::move(made_from)},
      settings_{of},
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
        std::optional<planned> read;
        if (is_asked || config::have_changed(made_from_)) read = read_again();
        if (read && std::exchange(is_asked, false)) {
            take_up(*std::move(read));
            continue;
        }
        auto const why = read ? wait_while_it_settles(read->made_from) : watch_.wait(settings_.poll_every);
        if (why == file_watch::woken::to_stop) return;
        is_asked = why == file_watch::woken::on_request;
        bool const is_settled = why == file_watch::woken::by_time;
        if (read && is_settled && !config::have_changed(read->made_from)) take_up(*std::move(read));
    }
}

// Nothing when it did not come to an end: then it is tried again, but not at once.
std::optional<planned> reloader::read_again() {
    try {
        return make_tried_plan(path_);
    } catch (std::exception const& e) {
        log(log_level::error, "could not read the configuration again", {{"what", e.what()}});
        return std::nullopt;
    }
}

// Who writes a file in parts, or one file after another, leaves what may well be valid in between.
file_watch::woken reloader::wait_while_it_settles(config::ingredients const& read_from) {
    using std::chrono::milliseconds;
    using std::chrono::steady_clock;
    auto const until = steady_clock::now() + settings_.settle;
    while (steady_clock::now() < until) {
        auto const why = watch_.wait(std::chrono::ceil<milliseconds>(until - steady_clock::now()));
        if (why != file_watch::woken::by_a_change || config::have_changed(read_from)) return why;
    }
    return file_watch::woken::by_time;
}

void reloader::take_up(planned read) {
    made_from_ = read.made_from;
    if (read.made) settings_ = read.made->settings.reload;
    take_(std::move(read));
}

}  // namespace headgate::app
