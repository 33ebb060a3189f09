#include "config/ingredients.hpp"

#include "config/folder.hpp"

#include <algorithm>
#include <cstddef>
#include <fstream>
#include <ios>
#include <string>
#include <string_view>
#include <sys/stat.h>
#include <vector>

namespace headgate::config {
namespace {

// Of a file that is larger, the time of its last change stands for the rest.
constexpr std::size_t bytes_looked_at_max = 4 * 1024 * 1024;

std::string first_bytes_of(std::filesystem::path const& file, off_t size) {
    std::ifstream stream{file, std::ios::binary};
    if (!stream) return "cannot be read";
    std::string bytes(std::min(static_cast<std::size_t>(size), bytes_looked_at_max), '\0');
    stream.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    bytes.resize(static_cast<std::size_t>(stream.gcount()));
    return bytes;
}

void describe_file(std::filesystem::path const& path, struct stat const& status,
                   std::vector<std::string>& into) {
    into.push_back(std::to_string(status.st_mode));
    into.push_back(std::to_string(status.st_uid));
    into.push_back(std::to_string(status.st_gid));
    if (!S_ISREG(status.st_mode)) return;  // Opening a named pipe would wait for a writer.
    into.push_back(std::to_string(status.st_size));
    if (status.st_size > static_cast<off_t>(bytes_looked_at_max)) {
        into.push_back(std::to_string(status.st_mtim.tv_sec));
        into.push_back(std::to_string(status.st_mtim.tv_nsec));
    }
    into.push_back(first_bytes_of(path, status.st_size));
}

}  // namespace

sha256_digest state_of(std::filesystem::path const& path) {
    std::vector<std::string> fields;
    struct stat status{};
    if (::stat(path.c_str(), &status) != 0) {
        fields.emplace_back("not there");
    } else if (S_ISDIR(status.st_mode)) {
        for (auto const& file : files_of(path)) fields.push_back(file.filename().string());
    } else {
        describe_file(path, status, fields);
    }
    std::vector<std::string_view> const views{fields.begin(), fields.end()};
    return sha256_of_fields(views);
}

bool have_changed(ingredients const& since) {
    return std::ranges::any_of(since, [](auto const& each) { return state_of(each.first) != each.second; });
}

}  // namespace headgate::config
