#pragma once

#include "auth/authenticator.hpp"
#include "auth/settings.hpp"
#include "core/clock.hpp"
#include "core/problem.hpp"
#include "model/request.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// Senders and requests in a few words, for tests.

namespace headgate::testing_support {

[[nodiscard]] inline wall_time second(std::int64_t since_1970) {
    return wall_time{std::chrono::seconds{since_1970}};
}

[[nodiscard]] inline auth::secret_entry secret_of(std::string bytes, std::optional<wall_time> until = {}) {
    return {secret{std::move(bytes)}, until, {}};
}

[[nodiscard]] inline auth::value header_named(std::string name) {
    auth::header_value from;
    from.names.push_back(std::move(name));
    return {std::move(from)};
}

[[nodiscard]] inline auth::value constant(std::string bytes) {
    return {auth::const_value{std::move(bytes)}};
}

[[nodiscard]] inline auth::value body() {
    return {auth::body_value{}};
}

[[nodiscard]] inline auth::value query_named(std::string name) {
    return {auth::query_value{std::move(name)}};
}

[[nodiscard]] inline auth::value json_at(std::string pointer) {
    auth::json_value from;
    from.path.pointer = std::move(pointer);
    return {std::move(from)};
}

[[nodiscard]] inline auth::value json_of_item(std::string pointer) {
    auth::json_value from;
    from.path.pointer = std::move(pointer);
    from.path.from = auth::json_path::start::item;
    return {std::move(from)};
}

[[nodiscard]] inline auth::value secret_named(std::string name) {
    auth::secret_value from;
    from.shape.name = std::move(name);
    return {std::move(from)};
}

// HMAC-SHA256 of the body in one header, as most senders do.
[[nodiscard]] inline auth::mac_check body_mac(
    std::string header, std::string prefix, auth::signature_encoding decode = auth::signature_encoding::hex) {
    auth::mac_check mac;
    mac.signs = auth::values{body()};
    mac.signature.from = header_named(std::move(header));
    mac.signature.prefix = std::move(prefix);
    mac.signature.decode = decode;
    return mac;
}

[[nodiscard]] inline auth::check check_of(auth::mac_check mac) {
    return {std::move(mac), {}, {}, {}};
}

[[nodiscard]] inline auth::check equal(auth::value a, auth::value b) {
    return {auth::equal_check{std::move(a), std::move(b)}, {}, {}, {}};
}

[[nodiscard]] inline auth::check peer_in(std::vector<std::string> cidrs) {
    return {auth::peer_check{std::move(cidrs), {}}, {}, {}, {}};
}

[[nodiscard]] inline auth::check all(std::vector<auth::check> members) {
    return {auth::all_check{std::move(members)}, {}, {}, {}};
}

[[nodiscard]] inline auth::check any(std::vector<auth::check> members) {
    return {auth::any_check{std::move(members)}, {}, {}, {}};
}

[[nodiscard]] inline auth::time_rule time_in(auth::value from,
                                             auth::time_unit unit = auth::time_unit::seconds) {
    return {std::move(from), unit, std::chrono::seconds{300}, std::chrono::seconds{300}};
}

[[nodiscard]] inline auth::settings source_with(auth::check verify,
                                                std::vector<auth::secret_entry> signing = {}) {
    auth::settings source;
    source.verify = std::move(verify);
    if (!signing.empty()) source.secrets["signing"] = std::move(signing);
    return source;
}

// A POST that looks like a real one.
[[nodiscard]] inline request post(std::string body, headers fields = {}) {
    request made;
    made.head.method = "POST";
    made.head.target = "/webhooks/sender";
    made.head.fields = std::move(fields);
    made.head.peer = "192.0.2.7";
    made.body = std::move(body);
    return made;
}

// The authenticator of a source that must be right; its problems fail the test otherwise.
[[nodiscard]] inline auth::authenticator authenticator_of(auth::settings const& source) {
    problems found;
    auto made = auth::authenticator::make(source, "sources.test", found);
    for (auto const& one : found) {
        if (one.weighs == problem::weight::mistake) ADD_FAILURE() << one.path << ": " << one.what;
    }
    return std::move(made).value();
}

// What the loader says against a source: "path: what", mistakes only; empty when it loads.
[[nodiscard]] inline std::vector<std::string> mistakes_of(auth::settings const& source) {
    problems found;
    auto const made = auth::authenticator::make(source, "sources.test", found);
    std::vector<std::string> said;
    for (auto const& one : found) {
        if (one.weighs == problem::weight::mistake) said.push_back(one.path + ": " + one.what);
        EXPECT_FALSE(one.remedy.empty()) << one.what;
    }
    EXPECT_EQ(made.has_value(), said.empty());
    return said;
}

[[nodiscard]] inline std::vector<std::string> warnings_of(auth::settings const& source) {
    problems found;
    static_cast<void>(auth::authenticator::make(source, "sources.test", found));
    std::vector<std::string> said;
    for (auto const& one : found) {
        if (one.weighs == problem::weight::warning) said.push_back(one.path + ": " + one.what);
    }
    return said;
}

[[nodiscard]] inline result<auth::verdict> verify(auth::authenticator const& source, request const& incoming,
                                                  wall_time now = second(1'700'000'000)) {
    return source.checks().verify(incoming, {}, now);
}

// The message of a refusal; "accepted" when there is none.
[[nodiscard]] inline std::string refusal(auth::authenticator const& source, request const& incoming,
                                         wall_time now = second(1'700'000'000)) {
    auto const judged = verify(source, incoming, now);
    if (judged) return "accepted";
    EXPECT_EQ(judged.error().code, errc::unauthenticated);
    return judged.error().message;
}

}  // namespace headgate::testing_support
