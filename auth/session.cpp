#include "auth/session.hpp"

#include "auth/exam.hpp"
#include "core/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace headgate::auth {
namespace {

// Groups are joined by a bare comma: a name with a comma in it is two.
std::vector<std::string> groups_in(std::string_view joined) {
    std::vector<std::string> groups;
    while (!joined.empty()) {
        auto const comma = joined.find(',');
        if (auto const name = joined.substr(0, comma); !name.empty()) groups.emplace_back(name);
        joined = comma == std::string_view::npos ? std::string_view{} : joined.substr(comma + 1);
    }
    return groups;
}

// `name`, or `name`_7.
bool is_part_of(std::string_view cookie, std::string_view name) {
    if (!cookie.starts_with(name)) return false;
    cookie.remove_prefix(name.size());
    if (cookie.empty()) return true;
    return cookie.size() > 1 && cookie.front() == '_' &&
           std::ranges::all_of(cookie.substr(1), [](char c) { return c >= '0' && c <= '9'; });
}

value header_value_of(std::string name) {
    return {header_value{.names = {std::move(name)}, .scheme = {}, .decode = {}}};
}

}  // namespace

result<session> read_session(response const& answer) {
    if (answer.status == 401) return session{.is = session::state::none, .who = {}, .set_cookies = {}};
    if (answer.status == 403) return session{.is = session::state::forbidden, .who = {}, .set_cookies = {}};
    if (answer.status != 202) {
        return refuse(errc::unavailable,
                      fmt::format("the proxy answers {}, not 202, 401 or 403", answer.status),
                      "name its /oauth2/auth, and look at its log");
    }
    auto who = person_in(answer.fields, "x-auth-request");
    if (!who) return refuse(errc::unavailable, "the proxy's answer: " + who.error().message);
    session made{.is = session::state::good, .who = *std::move(who), .set_cookies = {}};
    for (auto const& [name, value] : answer.fields) {
        if (name == "set-cookie") made.set_cookies.push_back(value);
    }
    return made;
}

result<std::optional<std::string>> session_cookies(headers const& fields, std::string_view name) {
    if (count_headers(fields, "cookie") > 1) return fails("header cookie stands several times");
    auto rest = sole_header(fields, "cookie").value_or("");
    std::vector<std::string_view> found;
    std::string shown;
    while (!rest.empty()) {
        auto const end = rest.find(';');
        auto const pair = trimmed(rest.substr(0, end));
        rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end + 1);
        auto const equals = pair.find('=');
        auto const cookie = pair.substr(0, equals);
        if (equals == std::string_view::npos || !is_part_of(cookie, name)) continue;
        if (std::ranges::find(found, cookie) != found.end()) {
            return fails(fmt::format("cookie {} stands twice", cookie),
                         "does another path or domain set one?");
        }
        found.push_back(cookie);
        if (!shown.empty()) shown += "; ";
        shown += pair;
    }
    if (found.empty()) return std::nullopt;
    return shown;
}

result<person> person_in(headers const& fields, std::string_view family) {
    for (auto const& name : identity_header_names(family)) {
        if (count_headers(fields, name) > 1)
            return fails(fmt::format("header {} stands several times", name));
        if (sole_header(fields, name).value_or("").size() > value_bytes_max) {
            return fails(fmt::format("header {} is over {} bytes", name, value_bytes_max));
        }
    }
    auto const text = [&](char const* what) {
        return sole_header(fields, fmt::format("{}-{}", family, what)).value_or("");
    };
    return person{std::string{text("user")}, std::string{text("email")}, groups_in(text("groups"))};
}

std::array<std::string, 3> identity_header_names(std::string_view family) {
    auto const named = [&](char const* what) { return fmt::format("{}-{}", family, what); };
    return {named("user"), named("email"), named("groups")};
}

bool is_identity_header(std::string_view name) noexcept {
    constexpr std::array<std::string_view, 5> told{"user", "email", "groups", "preferred-username",
                                                   "access-token"};
    constexpr std::string_view forwarded = "x-forwarded-";
    if (name.starts_with("x-auth-request-") || name == "gap-auth") return true;
    return name.starts_with(forwarded) &&
           std::ranges::find(told, name.substr(forwarded.size())) != told.end();
}

std::string gap_label(mac_algorithm algorithm) {
    switch (algorithm) {
        case mac_algorithm::hmac_sha1: return "sha1 ";
        case mac_algorithm::hmac_sha256: return "sha256 ";
        case mac_algorithm::hmac_sha384: return "sha384 ";
        case mac_algorithm::hmac_sha512: return "sha512 ";
        case mac_algorithm::sha256_prefix: break;
    }
    return "none ";
}

// pkg/authentication/hmacauth and SignatureHeaders in pkg/upstream/http.go of its v7.15.3.
content const& gap_content() {
    static content const signs = [] {
        join_content lines{.separator = "\n", .items = {{{method_value{}}, {}}}};
        for (auto const* name : {"content-length", "content-md5", "content-type", "date", "authorization",
                                 "x-forwarded-user", "x-forwarded-email", "x-forwarded-preferred-user",
                                 "x-forwarded-access-token", "cookie", "gap-auth"}) {
            lines.items.push_back({header_value_of(name), ""});
        }
        lines.items.push_back({{url_value{.decode = {}, .has_base = false}}, {}});
        lines.items.push_back({{body_value{}}, {}});
        return content{std::move(lines)};
    }();
    return signs;
}

void relay_cookies(facts const& known, response& answer) {
    for (auto const& [from, found] : known.sessions) {
        if (!found) continue;
        for (auto const& each : found->set_cookies) answer.fields.push_back({"set-cookie", each});
    }
}

bool may_be_an_act_of_another_site(request_head const& head) {
    if (head.method == "GET") return false;
    if (count_headers(head.fields, "sec-fetch-site") > 0) {
        auto const site = sole_header(head.fields, "sec-fetch-site");
        return site != "same-origin" && site != "none";
    }
    if (count_headers(head.fields, "origin") == 0) return false;
    auto const origin = sole_header(head.fields, "origin").value_or("");
    auto const scheme = origin.find("://");
    auto const host = sole_header(head.fields, "host");
    return scheme == std::string_view::npos || !host ||
           to_lower(origin.substr(scheme + 3)) != to_lower(*host);
}

}  // namespace headgate::auth
