#include "auth/exam.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace headgate::auth {

namespace {

std::unexpected<error> not_json(error const& why) {
    return fails("the body is not JSON: " + why.message, "is the sender set to send JSON?");
}

std::unexpected<error> ambiguous(std::string_view pointer) {
    return fails(fmt::format("JSON member {} goes through a name that stands twice", pointer));
}

}  // namespace

std::unexpected<error> fails(std::string what, std::string remedy) {
    return refuse(errc::unauthenticated, std::move(what), std::move(remedy));
}

json::arena& exam::values() {
    if (!arena_) arena_ = std::make_unique<json::arena>();
    return *arena_;
}

result<void> exam::may_read_json() const {
    if (incoming.body.size() <= json_bytes_max) return {};
    return fails(fmt::format("the body is over {} bytes, too long for a handshake", json_bytes_max),
                 "raise limits.handshake_json_bytes_max of the source");
}

// All that the source's checks look at is found in one pass, the first time anything is asked for.
result<json::place> exam::place_of(std::string_view pointer) {
    if (auto allowed = may_read_json(); !allowed) return std::unexpected{std::move(allowed).error()};
    auto const depth_max = place.limits.json_depth_max;
    if (!places_) places_ = place.members.find_in(incoming.body, depth_max);
    if (!*places_) return not_json(places_->error());
    if (auto const foreseen = place.members.index_of(pointer)) return (**places_)[*foreseen];
    std::string const unforeseen{pointer};
    HEADGATE_TRY(auto const found, json::lookup{std::span{&unforeseen, 1}}.find_in(incoming.body, depth_max));
    return found.front();
}

result<std::optional<json::value>> exam::json_at(json_path const& path) {
    if (path.from == json_path::start::item) return item_at(item_pointer + path.pointer);
    HEADGATE_TRY(auto const found, place_of(path.pointer));
    if (found.is_ambiguous) return ambiguous(path.pointer);
    if (!found.raw) return std::nullopt;
    auto const read = json::parse(*found.raw, values(), {.depth_max = place.limits.json_depth_max});
    if (!read) return not_json(read.error());
    return read->root;
}

// Inside an `each` the whole is read once, whatever the number of items.
result<std::optional<json::value>> exam::item_at(std::string_view pointer) {
    if (auto allowed = may_read_json(); !allowed) return std::unexpected{std::move(allowed).error()};
    if (!parsed_) {
        parsed_ = json::parse(incoming.body, values(), {.depth_max = place.limits.json_depth_max});
    }
    if (!*parsed_) return not_json(parsed_->error());
    auto const there = (*parsed_)->root.at_pointer(pointer);
    // Another reader might take the first of two members with one name, this one takes the last: neither.
    if (there && (*parsed_)->has_duplicates) return ambiguous(pointer);
    return there;
}

result<std::optional<std::string_view>> exam::slice_of(slice_value const& from) {
    HEADGATE_TRY(auto const whole, place_of(""));
    bool const is_array = whole.raw && whole.raw->starts_with('[');
    HEADGATE_TRY(auto const found, place_of((is_array ? from.if_array : from.if_object).pointer));
    return found.raw;
}

parameters const* exam::query() {
    if (!query_) query_ = parse_form(incoming.head.query());
    return *query_ ? &**query_ : nullptr;
}

parameters const* exam::form() {
    if (!form_) {
        bool const encoded = media_type(incoming.head.fields) == "application/x-www-form-urlencoded";
        form_ = encoded ? parse_form(incoming.body) : std::nullopt;
    }
    return *form_ ? &**form_ : nullptr;
}

}  // namespace headgate::auth
