#include "app/file_watch.hpp"

#include "core/check.hpp"
#include "core/log.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <poll.h>
#include <string>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <system_error>
#include <unistd.h>

namespace headgate::app {
namespace {

// What makes a file another one. Not IN_MODIFY: whoever writes a file closes it, and a log or a database in
// the same folder is written all the time.
constexpr std::uint32_t kinds = IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_CREATE | IN_DELETE |
                                IN_ATTRIB | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR;

std::filesystem::path folder_of(std::filesystem::path const& path) {
    std::error_code failure;
    if (std::filesystem::is_directory(path, failure)) return path;
    auto folder = path.parent_path();
    return folder.empty() ? std::filesystem::path{"."} : folder;
}

// Where a change of `path` shows: in the folder of its name, and in that of what the name leads to.
std::array<std::filesystem::path, 3> folders_of(std::filesystem::path const& path) {
    std::error_code failure;
    auto const real = std::filesystem::weakly_canonical(path, failure);
    return {folder_of(path), path.parent_path().empty() ? "." : path.parent_path(),
            failure ? folder_of(path) : folder_of(real)};
}

void empty(int descriptor) {
    std::array<char, 16 * 1024> ignored;
    while (::read(descriptor, ignored.data(), ignored.size()) > 0) {
    }
}

int milliseconds_until(std::chrono::steady_clock::time_point until) {
    auto const left = std::chrono::ceil<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
    return static_cast<int>(std::clamp<std::int64_t>(left.count(), 0, 24 * 3600 * 1000));
}

}  // namespace

file_watch::file_watch(tells kernel) : requests_{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)} {
    HEADGATE_CHECK(requests_ >= 0, "no eventfd");
    if (kernel == tells::changes) changes_ = ::inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    if (kernel == tells::changes && changes_ < 0) {
        log(log_level::warning, "the kernel does not tell of changed files; they are looked at now and then",
            {{"why", std::generic_category().message(errno)},
             {"remedy", "raise fs.inotify.max_user_instances"}});
    }
}

file_watch::~file_watch() {
    if (changes_ >= 0) ::close(changes_);
    ::close(requests_);
}

void file_watch::watch(std::vector<std::filesystem::path> const& paths) {
    if (changes_ < 0) return;
    std::set<int> now;
    for (auto const& path : paths) {
        for (auto const& folder : folders_of(path)) {
            auto const number = ::inotify_add_watch(changes_, folder.c_str(), kinds);
            if (number >= 0) now.insert(number);
        }
    }
    for (auto const number : watched_) {
        if (!now.contains(number)) ::inotify_rm_watch(changes_, number);
    }
    watched_ = std::move(now);
}

file_watch::woken file_watch::wait(std::chrono::milliseconds at_most) {
    auto const what = poll_until(std::chrono::steady_clock::now() + at_most);
    empty(requests_);  // Before the flags: whoever raises one now wakes the next wait.
    if (is_stopping_) return woken::to_stop;
    if (is_asked_.exchange(false)) return woken::on_request;
    return what == found::change ? woken::by_a_change : woken::by_time;
}

// A request stays to be found again; changes are gone once they are found.
file_watch::found file_watch::poll_until(std::chrono::steady_clock::time_point until) {
    std::array<pollfd, 2> both{
        {{requests_, POLLIN, 0}, {changes_, POLLIN, 0}}};  // A negative one is left out.
    auto ready = 0;
    do {
        ready = ::poll(both.data(), both.size(), milliseconds_until(until));
    } while (ready < 0 && errno == EINTR);
    if (ready <= 0) return found::nothing;
    if (both[0].revents != 0) return found::request;
    empty(changes_);
    return found::change;
}

void file_watch::ask() {
    is_asked_ = true;
    wake();
}

void file_watch::stop() {
    is_stopping_ = true;
    wake();
}

void file_watch::wake() {
    std::uint64_t const one = 1;
    static_cast<void>(::write(requests_, &one, sizeof one) == sizeof one);
}

}  // namespace headgate::app
