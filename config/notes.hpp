#pragma once

#include "config/ingredients.hpp"
#include "config/node.hpp"
#include "core/problem.hpp"

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace headgate::config {

// Collects what is wrong while a configuration is read; nothing stops at the first mistake. Also knows the
// files, because a node only has a number for its own.
class notes {
public:
    // Problems past this number are counted, not kept: a file that is no configuration at all has thousands.
    static constexpr std::size_t kept_max = 200;

    // The number by which nodes of this file refer to it.
    [[nodiscard]] std::uint32_t add_file(std::filesystem::path file);
    [[nodiscard]] std::vector<std::filesystem::path> const& files() const noexcept { return files_; }

    // Says that what is being read depends on this file or folder. Before it is read: what changes meanwhile
    // is then seen as a change.
    void depends_on(std::filesystem::path const& path);
    [[nodiscard]] ingredients const& made_from() const noexcept { return made_from_; }

    // A file of data was read: whatever else it says would be another configuration.
    void has_data(std::filesystem::path const& file, std::string_view bytes);
    [[nodiscard]] std::vector<std::string> const& data() const noexcept {
        return data_;
    }  // Names and digests.

    // While it lives, what is found wrong stands at `here`: where a preset is used, whose own text stands
    // elsewhere.
    class place_guard {
    public:
        place_guard(notes& of, node const& here) : of_{of}, before_{of.used_at_} { of_.used_at_ = &here; }
        ~place_guard() { of_.used_at_ = before_; }
        place_guard(place_guard const&) = delete;
        place_guard& operator=(place_guard const&) = delete;

    private:
        notes& of_;
        node const* before_;
    };

    void mistake(node const& at, std::string path, std::string what, std::string remedy);
    void warning(node const& at, std::string path, std::string what, std::string remedy);
    void add(problem one);

    [[nodiscard]] problems const& found() const noexcept { return found_; }
    [[nodiscard]] std::size_t mistakes() const noexcept { return mistakes_; }
    [[nodiscard]] problems take() &&;

    // The name of the file where `at` stands, as problems show it: empty when there is only one file.
    [[nodiscard]] std::string file_of(node const& at) const;

    // Relative file names mean: from the folder of the file that names them.
    [[nodiscard]] std::filesystem::path resolve(node const& at, std::string_view name) const;

private:
    void note(problem::weight weighs, node const& at, std::string path, std::string what, std::string remedy);

    problems found_;
    std::size_t mistakes_ = 0;
    std::size_t left_out_ = 0;
    std::vector<std::filesystem::path> files_;
    ingredients made_from_;
    node const* used_at_ = nullptr;
    std::vector<std::string> data_;
};

// listen.webhooks.address (line 2): "0.0.0.0" has no port — write for example 0.0.0.0:8080
[[nodiscard]] std::string to_text(problem const& one);

}  // namespace headgate::config
