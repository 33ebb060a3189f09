#include "config/data_file.hpp"

#include "config/folder.hpp"
#include "config/parse.hpp"
#include "json/parse.hpp"

#include <fmt/format.h>

#include <utility>
#include <vector>

namespace headgate::config {
namespace {

// As deep as bodies may be.
constexpr std::size_t levels_max = 64;

json::value plain_to_json(std::string_view text, json::arena& where) {
    if (text == "null" || text == "~") return {};
    if (text == "true" || text == "false") return json::value::boolean(text == "true");
    bool const may_be_number = text.front() == '-' || (text.front() >= '0' && text.front() <= '9');
    if (may_be_number && json::parse(text, where)) return json::value::literal(text, where);
    return json::value::string(text, where);
}

}  // namespace

json::value to_json(node const& from, json::arena& where) {
    switch (from.kind) {
        case node_kind::empty: return {};
        case node_kind::scalar:
            if (from.quoted || from.text.empty()) return json::value::string(from.text, where);
            return plain_to_json(from.text, where);
        case node_kind::list: {
            std::vector<json::value> items;
            for (auto const& item : from.items) items.push_back(to_json(item, where));
            return json::value::array(items, where);
        }
        case node_kind::mapping: {
            std::vector<json::member> members;
            for (auto const& one : from.members) {
                members.push_back(
                    {json::value::string(one.key, where).as_string(), to_json(one.value, where)});
            }
            return json::value::object(members, where);
        }
    }
    return {};
}

std::optional<data_file> data_file::read(reader& at, std::string_view key, std::string const& named,
                                         std::size_t bytes_max) {
    data_file made{at, key};
    made.path_ = at.into().resolve(at.here(), named);
    at.into().depends_on(made.path_);
    auto bytes = bytes_of(made.path_, bytes_max);
    if (!bytes) {
        at.mistake(key, fmt::format("{} cannot be read", made.path_.string()),
                   "name a file that exists and that the user who runs headgate may read");
        return std::nullopt;
    }
    if (bytes->size() > bytes_max) {
        at.mistake(key, fmt::format("{} has more than {} bytes", made.path_.string(), bytes_max),
                   "make it smaller, or raise its limit where it has one");
        return std::nullopt;
    }
    made.bytes_ = *std::move(bytes);
    at.into().has_data(made.path_, made.bytes_);
    return made;
}

void data_file::mistake(int line, std::string what, std::string remedy) const {
    into_->add({.path = setting_,
                .what = std::move(what),
                .remedy = std::move(remedy),
                .weighs = problem::weight::mistake,
                .line = line,
                .file = path_.filename().string()});
}

std::optional<json::value> data_file::document(json::arena& where) const {
    if (is_named(".yaml") || is_named(".yml")) return yaml(where);
    return json_text(where);
}

std::optional<json::value> data_file::yaml(json::arena& where) const {
    notes own;
    auto const number = own.add_file(path_);
    auto const root = parse(bytes_, number, own, {.file_bytes_max = bytes_.size(), .depth_max = levels_max});
    bool const is_right = own.mistakes() == 0 && root;
    for (auto& each : std::move(own).take()) {
        auto const place = each.path.empty() ? std::string{} : each.path + " ";
        mistake(each.line, place + each.what, std::move(each.remedy));
    }
    if (!is_right) return std::nullopt;
    return to_json(*root, where);
}

std::optional<json::value> data_file::json_text(json::arena& where) const {
    auto const kept = json::value::string(bytes_, where).as_string();
    auto const read = json::parse(kept, where, {.depth_max = levels_max, .values_max = bytes_.size()});
    if (!read) {
        mistake(0, read.error().message, "correct it: it has to be JSON");
        return std::nullopt;
    }
    if (read->has_duplicates) {
        mistake(0, "has an object with the same key twice", "keep one of the two");
        return std::nullopt;
    }
    return read->root;
}

}  // namespace headgate::config
