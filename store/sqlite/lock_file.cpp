#include "store/sqlite/lock_file.hpp"

#include <cerrno>
#include <fcntl.h>
#include <sys/file.h>
#include <system_error>
#include <unistd.h>

namespace headgate::store::sqlite {

result<lock_file> lock_file::take(std::string const& database_path) {
    auto const path = database_path + ".lock";
    int const descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0640);
    if (descriptor < 0)
        return refuse(errc::failed_precondition,
                      "cannot open " + path + ": " + std::generic_category().message(errno),
                      "make the folder of store.sqlite.path exist and belong to the user that runs headgate");
    lock_file taken{descriptor};
    while (::flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
        if (errno == EINTR) continue;
        return refuse(errc::failed_precondition, "another headgate holds " + path,
                      "end the other `headgate serve`, or give this one a store.sqlite.path of its own");
    }
    return taken;
}

lock_file::~lock_file() {
    if (descriptor_ >= 0) ::close(descriptor_);
}

}  // namespace headgate::store::sqlite
