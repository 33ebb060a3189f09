#include "config/folder.hpp"

#include "config/parse.hpp"
#include "core/digest.hpp"
#include "core/encoding.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <fstream>
#include <iterator>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace headgate::config {
namespace {

// What several files may say something about.
constexpr std::array<std::string_view, 7> joined_keys{"sources", "rules",   "targets",  "operators",
                                                      "tables",  "presets", "templates"};

node at_file(std::uint32_t file) {
    node here;
    here.file = file;
    return here;
}

bool is_configuration_file(std::filesystem::directory_entry const& entry) {
    auto const name = entry.path().filename().string();
    auto const extension = entry.path().extension();
    std::error_code failure;
    return !name.starts_with('.') && (extension == ".yaml" || extension == ".yml") &&
           !entry.is_directory(failure);
}

// "platform.yaml, line 3"
std::string place_of(notes const& files, std::uint32_t file, int line) {
    return fmt::format("{}, line {}", files.files()[file].filename().string(), line);
}

// Puts the names of `more` beside those of `into`; a name in both is a mistake that names both places.
void unite(std::string const& key, node& into, node more, notes& problems) {
    for (auto& one : more.members) {
        auto const twin = std::ranges::find(into.members, one.key, &member::key);
        if (twin == into.members.end()) {
            into.members.push_back(std::move(one));
            continue;
        }
        node at = at_file(one.value.file);
        at.line = one.line;
        problems.mistake(at, child_path(key, one.key),
                         fmt::format("is also in {}", place_of(problems, twin->value.file, twin->line)),
                         "keep one of the two, or rename one");
    }
}

// Adds one top-level key of a further file.
void join(node& root, member one, notes& problems) {
    auto const twin = std::ranges::find(root.members, one.key, &member::key);
    if (twin == root.members.end()) {
        root.members.push_back(std::move(one));
        return;
    }
    bool const may_join = std::ranges::find(joined_keys, one.key) != joined_keys.end();
    if (may_join && one.value.is_mapping() && twin->value.is_mapping()) {
        unite(one.key, twin->value, std::move(one.value), problems);
    } else if (may_join && one.value.is_list() && twin->value.is_list()) {
        std::ranges::move(one.value.items, std::back_inserter(twin->value.items));
    } else {
        node at = at_file(one.value.file);
        at.line = one.line;
        problems.mistake(at, one.key,
                         fmt::format("is also in {}", place_of(problems, twin->value.file, twin->line)),
                         "write it in one file only");
    }
}

// Adds one file's settings to `all`; false when it cannot be read at all.
bool add_file(std::uint32_t file, std::string const& bytes, node& root, notes& into) {
    auto parsed = parse(bytes, file, into);
    if (!parsed) return false;
    if (parsed->is_empty()) return true;
    if (!parsed->is_mapping()) {
        into.mistake(*parsed, "", fmt::format("the file is {}, not a mapping", name_of(parsed->kind)),
                     "begin with a key, for example `sources:`");
        return false;
    }
    for (auto& one : parsed->members) join(root, std::move(one), into);
    return true;
}

}  // namespace

std::vector<std::filesystem::path> files_of(std::filesystem::path const& path) {
    std::error_code failure;
    if (!std::filesystem::is_directory(path, failure)) return {path};
    std::vector<std::filesystem::path> files;
    for (auto entry = std::filesystem::directory_iterator{path, failure};
         !failure && entry != std::filesystem::directory_iterator{}; entry.increment(failure)) {
        if (is_configuration_file(*entry)) files.push_back(entry->path());
    }
    std::ranges::sort(files);
    return files;
}

std::optional<std::string> bytes_of(std::filesystem::path const& file, std::size_t bytes_max) {
    std::error_code failure;
    if (!std::filesystem::is_regular_file(file, failure)) return std::nullopt;
    std::ifstream stream{file, std::ios::binary};
    auto const size = std::filesystem::file_size(file, failure);
    if (!stream || failure) return std::nullopt;
    std::string bytes(std::min<std::uintmax_t>(size, bytes_max) + 1, '\0');
    stream.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    bytes.resize(static_cast<std::size_t>(stream.gcount()));
    if (stream.bad()) return std::nullopt;
    return bytes;
}

merged read_files(std::filesystem::path const& path, notes& into) {
    merged all;
    all.root.kind = node_kind::mapping;
    all.root.line = 1;
    into.depends_on(path);
    auto const files = files_of(path);
    std::vector<std::uint32_t> numbers;
    for (auto const& file : files) numbers.push_back(into.add_file(file));
    if (files.size() != 1) all.root.line = 0;  // What is missing is missing in all of them.
    if (files.empty() || files.size() > files_max) {
        into.mistake(
            node{}, "",
            fmt::format("{} has {} configuration files, not 1 to {}", path.string(), files.size(), files_max),
            "name a file, or a folder with *.yaml files");
        return all;
    }
    all.readable = true;
    for (std::size_t i = 0; i < files.size(); ++i) {
        into.depends_on(files[i]);
        auto bytes = bytes_of(files[i], parse_limits{}.file_bytes_max);
        if (!bytes) {
            into.mistake(at_file(numbers[i]), "", fmt::format("{} cannot be read", files[i].string()),
                         "name a file that exists and that the user who runs headgate may read");
            all.readable = false;
            continue;
        }
        all.readable = add_file(numbers[i], *bytes, all.root, into) && all.readable;
        all.texts.push_back(files[i].filename().string());
        all.texts.push_back(std::move(*bytes));
    }
    return all;
}

}  // namespace headgate::config
