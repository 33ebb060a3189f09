#include "auth/exam.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace headgate::auth {

std::unexpected<error> fails(std::string what, std::string remedy) {
    return refuse(errc::unauthenticated, std::move(what), std::move(remedy));
}

result<json::value> exam::document() {
    if (!parsed_) {
        arena_ = std::make_unique<json::arena>();
        parsed_ = json::parse(incoming.body, *arena_);
    }
    if (!*parsed_) {
        return fails("the body is not JSON: " + parsed_->error().message, "is the sender set to send JSON?");
    }
    return (*parsed_)->root;
}

std::string exam::pointer_of(json_path const& path) const {
    return path.from == json_path::start::item ? item_pointer + path.pointer : path.pointer;
}

result<std::optional<json::value>> exam::json_at(json_path const& path) {
    HEADGATE_TRY(auto const root, document());
    auto const pointer = pointer_of(path);
    auto const there = root.at_pointer(pointer);
    // Another reader might take the first of two members with one name, this one takes the last: neither.
    // Inside an `each` no second look is taken: its cost would be the sender's to choose.
    bool const ambiguous = there && (*parsed_)->has_duplicates &&
                           (path.from == json_path::start::item || !json::raw_slice(incoming.body, pointer));
    if (ambiguous) return fails(fmt::format("JSON member {} goes through a name that stands twice", pointer));
    return there;
}

result<std::optional<std::string_view>> exam::slice_at(json_path const& path) {
    HEADGATE_TRY(auto const root, document());
    static_cast<void>(root);
    return json::raw_slice(incoming.body, pointer_of(path));
}

parameters const* exam::query() {
    if (!query_) query_ = parse_form(incoming.head.query());
    return *query_ ? &**query_ : nullptr;
}

parameters const* exam::form() {
    if (!form_) {
        bool const encoded = media_type() == "application/x-www-form-urlencoded";
        form_ = encoded ? parse_form(incoming.body) : std::nullopt;
    }
    return *form_ ? &**form_ : nullptr;
}

std::string exam::media_type() const {
    auto const type = sole_header(incoming.head.fields, "content-type");
    if (!type) return {};
    auto const named = type->substr(0, type->find(';'));
    auto const last = named.find_last_not_of(" \t");
    return to_lower(named.substr(0, last == std::string_view::npos ? 0 : last + 1));
}

}  // namespace headgate::auth
