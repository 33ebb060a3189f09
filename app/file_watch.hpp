#pragma once

#include <atomic>
#include <chrono>
#include <filesystem>
#include <set>
#include <vector>

namespace headgate::app {

// Waits until files may have changed. The kernel tells of changes in the folders that the files stand in, not
// in the files themselves: so a file may be replaced, appear, or be a link that is turned to another place
// (Kubernetes does so with `..data`). On a file system that tells nothing, or without inotify, only time
// passes: who waits looks for itself then.
//
// One thread waits; `ask` and `stop` come from others.
class file_watch {
public:
    enum class tells { changes, nothing };
    explicit file_watch(tells kernel = tells::changes);
    ~file_watch();
    file_watch(file_watch const&) = delete;
    file_watch& operator=(file_watch const&) = delete;

    // These from now on. Call it again before each wait: a folder may have been replaced by another one.
    void watch(std::vector<std::filesystem::path> const& paths);

    enum class woken { by_a_change, by_time, on_request, to_stop };
    [[nodiscard]] woken wait(std::chrono::milliseconds at_most);

    void ask();
    void stop();

private:
    enum class found { change, request, nothing };
    [[nodiscard]] found poll_until(std::chrono::steady_clock::time_point until);
    void wake();

    int changes_ = -1;   // inotify
    int requests_ = -1;  // eventfd
    std::set<int> watched_;
    std::atomic<bool> is_asked_{false};
    std::atomic<bool> is_stopping_{false};
};

}  // namespace headgate::app
