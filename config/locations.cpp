#include "config/locations.hpp"

namespace headgate::config {

locations::locations(node const& root, notes const& files) {
    remember(root, "", files);
}

locations::place locations::of(std::string_view path) const {
    for (;;) {
        if (auto const found = places_.find(path); found != places_.end()) return found->second;
        if (path.empty()) return {};
        auto const step = path.find_last_of(".[");
        path = path.substr(0, step == std::string_view::npos ? 0 : step);
    }
}

void locations::locate(problem& one) const {
    if (one.line != 0) return;
    auto const found = of(one.path);
    one.line = found.line;
    one.file = found.file;
}

void locations::remember(node const& at, std::string const& path, notes const& files) {
    places_.emplace(path, place{.file = files.file_of(at), .line = at.line});
    for (auto const& one : at.members) {
        remember(one.value, child_path(path, one.key), files);
    }
    for (std::size_t i = 0; i < at.items.size(); ++i) {
        remember(at.items[i], child_path(path, i), files);
    }
}

}  // namespace headgate::config
