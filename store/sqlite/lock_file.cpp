#include "store/sqlite/lock_file.hpp"

#include <cerrno>
#include <fcntl.h>
#include <sys/file.h>
#include <system_error>
#include <unistd.h>

namespace headgate::store::sqlite {

namespace {

// Whether the lock was free.
bool lock(int descriptor, int how) {
    while (::flock(descriptor, how | LOCK_NB) != 0) {
        if (errno != EINTR) return false;
    }
    return true;
}

}  // namespace

result<lock_file> lock_file::take(std::string const& database_path) {
    auto const path = database_path + ".lock";
    int const descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0640);
    if (descriptor < 0)
        return refuse(errc::failed_precondition,
                      "cannot open " + path + ": " + std::generic_category().message(errno),
                      "make the folder of store.sqlite.path exist and belong to the user that runs headgate");
    lock_file taken{descriptor};
    if (lock(descriptor, LOCK_EX)) return taken;
    return refuse(errc::failed_precondition, "another headgate holds " + path,
                  "end the other `headgate serve`, or give this one a store.sqlite.path of its own");
}

result<lock_file> lock_file::take_to_read(std::string const& database_path) {
    auto const path = database_path + ".lock";
    lock_file taken{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
    if (taken.descriptor_ < 0 && errno == ENOENT) return taken;
    if (taken.descriptor_ < 0)
        return refuse(errc::failed_precondition,
                      "cannot open " + path + ": " + std::generic_category().message(errno),
                      "run as the user that runs headgate");
    if (lock(taken.descriptor_, LOCK_SH)) return taken;
    return refuse(errc::failed_precondition, database_path + " is held by a running serve",
                  "ask that one: use --api URL --token-file F");
}

lock_file::~lock_file() {
    if (descriptor_ >= 0) ::close(descriptor_);
}

}  // namespace headgate::store::sqlite
