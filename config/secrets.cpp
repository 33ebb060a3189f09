#include "config/secrets.hpp"

#include "config/reader.hpp"

#include <fmt/format.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <fcntl.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace headgate::config {
namespace {

constexpr std::size_t values_max = 8;

class descriptor {
public:
    explicit descriptor(int number) : number_{number} {}
    ~descriptor() {
        if (number_ >= 0) ::close(number_);
    }
    descriptor(descriptor const&) = delete;
    descriptor& operator=(descriptor const&) = delete;

    [[nodiscard]] int number() const noexcept { return number_; }

private:
    int number_;
};

std::string reason_of(int code) {
    return std::generic_category().message(code);
}

// Says what is wrong with how the file is kept; false when it must not be used.
bool is_kept_well(struct stat const& status, reader& at, std::string const& name) {
    if (!S_ISREG(status.st_mode)) {
        at.mistake("file", fmt::format("{} is not a file", name), "name a regular file");
        return false;
    }
    if ((status.st_mode & S_IWOTH) != 0) {
        at.mistake("file", fmt::format("{} can be written by everybody", name),
                   fmt::format("chmod 0400 {}", name));
        return false;
    }
    if ((status.st_mode & (S_IRGRP | S_IROTH)) != 0) {
        at.warning("file", fmt::format("{} can be read by others than its owner", name),
                   fmt::format("chmod 0400 {}", name));
    }
    return true;
}

// The bytes of an open file, or the reason in errno's terms. One byte more than allowed is read, to notice.
std::optional<std::string> read_whole(descriptor const& file, int& failure) {
    std::string bytes;
    std::array<char, 4096> part{};
    while (bytes.size() <= secret_bytes_max) {
        auto const got = ::read(file.number(), part.data(), part.size());
        if (got == 0) break;
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) {
            failure = errno;
            return std::nullopt;
        }
        bytes.append(part.data(), static_cast<std::size_t>(got));
    }
    return bytes;
}

void drop_one_line_end(std::string& bytes) {
    if (!bytes.ends_with('\n')) return;
    bytes.pop_back();
    if (bytes.ends_with('\r')) bytes.pop_back();
}

// O_NONBLOCK: a named pipe would keep the whole start waiting.
std::optional<secret> from_file(reader& at, std::string const& written) {
    auto const name = at.into().resolve(at.here(), written).string();
    at.into().depends_on(name);
    descriptor const file{::open(name.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
    auto failure = errno;
    struct stat status{};
    if (file.number() < 0 || ::fstat(file.number(), &status) != 0) {
        at.mistake("file", fmt::format("{} cannot be read: {}", name, reason_of(failure)),
                   "create it, readable by the user that runs headgate");
        return std::nullopt;
    }
    if (!is_kept_well(status, at, name)) return std::nullopt;
    auto bytes = read_whole(file, failure);
    if (!bytes) {
        at.mistake("file", fmt::format("{} cannot be read: {}", name, reason_of(failure)),
                   "check the file and its disk");
        return std::nullopt;
    }
    if (bytes->size() > secret_bytes_max) {
        at.mistake("file", fmt::format("{} has more than {} bytes", name, secret_bytes_max),
                   "name a file that holds the secret and nothing else");
        return std::nullopt;
    }
    drop_one_line_end(*bytes);
    if (!bytes->empty()) return secret{std::move(*bytes)};
    at.mistake("file", fmt::format("{} is empty", name), "write the secret into it");
    return std::nullopt;
}

std::optional<secret> from_environment(reader& at, std::string const& name) {
    auto const* const value = std::getenv(name.c_str());
    if (value != nullptr && *value != '\0') return secret{value};
    at.mistake("env", fmt::format("the environment has no {}, or an empty one", name),
               "set it where headgate is started");
    return std::nullopt;
}

}  // namespace

std::optional<loaded_secret> read_secret(node const& at, std::string const& path, notes& into,
                                         may_expire expires) {
    if (!at.is_mapping()) {
        into.mistake(at, path, "is not a reference; secrets are references, never values",
                     "write {file: NAME} or {env: NAME}");
        return std::nullopt;
    }
    reader here{at, path, into};
    auto const file = here.text("file");
    auto const variable = here.text("env");
    std::optional<wall_time> until;
    if (expires == may_expire::yes) until = here.time("until");
    here.finish();
    if (here.has("file") == here.has("env")) {
        into.mistake(at, path, "needs exactly one of `file` and `env`", "write {file: NAME} or {env: NAME}");
        return std::nullopt;
    }
    std::optional<secret> value;
    if (file) value = from_file(here, *file);
    if (variable) value = from_environment(here, *variable);
    if (!value) return std::nullopt;
    return loaded_secret{std::move(*value), until};
}

std::vector<loaded_secret> read_secret_list(node const& at, std::string const& path, notes& into) {
    std::vector<loaded_secret> all;
    if (!at.is_list()) {
        into.mistake(at, path, "is not a list of references", "write [{file: NAME}]");
        return all;
    }
    if (at.items.empty() || at.items.size() > values_max) {
        into.mistake(at, path, fmt::format("has {} entries, not 1 to {}", at.items.size(), values_max),
                     "list the secrets that are in use now");
        return all;
    }
    for (std::size_t i = 0; i < at.items.size(); ++i) {
        auto one = read_secret(at.items[i], child_path(path, i), into, may_expire::yes);
        if (one) all.push_back(std::move(*one));
    }
    return all;
}

}  // namespace headgate::config
