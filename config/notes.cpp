#include "config/notes.hpp"

#include "core/digest.hpp"
#include "core/encoding.hpp"

#include <utility>

namespace headgate::config {

std::uint32_t notes::add_file(std::filesystem::path file) {
    files_.push_back(std::move(file));
    return static_cast<std::uint32_t>(files_.size() - 1);
}

void notes::depends_on(std::filesystem::path const& path) {
    made_from_.try_emplace(path, state_of(path));
}

void notes::has_data(std::filesystem::path const& file, std::string_view bytes) {
    data_.push_back(file.filename().string());
    data_.push_back(to_hex(sha256(bytes)));
}

void notes::mistake(node const& at, std::string path, std::string what, std::string remedy) {
    note(problem::weight::mistake, at, std::move(path), std::move(what), std::move(remedy));
}

void notes::warning(node const& at, std::string path, std::string what, std::string remedy) {
    note(problem::weight::warning, at, std::move(path), std::move(what), std::move(remedy));
}

void notes::note(problem::weight weighs, node const& at, std::string path, std::string what,
                 std::string remedy) {
    auto const& stands = used_at_ ? *used_at_ : at;
    add({.path = std::move(path),
         .what = std::move(what),
         .remedy = std::move(remedy),
         .weighs = weighs,
         .line = stands.line,
         .file = file_of(stands)});
}

void notes::add(problem one) {
    if (one.weighs == problem::weight::mistake) ++mistakes_;
    if (found_.size() < kept_max) {
        found_.push_back(std::move(one));
    } else {
        ++left_out_;
    }
}

problems notes::take() && {
    if (left_out_ > 0) {
        found_.push_back({.path = {},
                          .what = std::to_string(left_out_) + " more problems are not listed",
                          .remedy = "mend these first",
                          .weighs = mistakes_ > 0 ? problem::weight::mistake : problem::weight::warning,
                          .line = 0,
                          .file = {}});
    }
    return std::move(found_);
}

std::string notes::file_of(node const& at) const {
    if (files_.size() < 2 || at.file >= files_.size() || at.line == 0) return {};
    return files_[at.file].filename().string();
}

std::filesystem::path notes::resolve(node const& at, std::string_view name) const {
    auto const named = std::filesystem::path{name};
    if (named.is_absolute() || at.file >= files_.size()) return named;
    return (files_[at.file].parent_path() / named).lexically_normal();
}

std::string to_text(problem const& one) {
    auto place = one.file;
    if (one.line > 0) {
        if (!place.empty()) place += ", ";
        place += "line " + std::to_string(one.line);
    }
    auto text = one.path;
    if (!place.empty()) text += text.empty() ? place : " (" + place + ")";
    if (!text.empty()) text += ": ";
    text += one.what;
    if (!one.remedy.empty()) text += " — " + one.remedy;
    return text;
}

}  // namespace headgate::config
