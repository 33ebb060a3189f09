#include "auth/fetch.hpp"

#include "auth/certificates.hpp"
#include "auth/token.hpp"
#include "auth/token_keys.hpp"
#include "core/text.hpp"
#include "json/lookup.hpp"
#include "json/parse.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <string_view>
#include <utility>

namespace headgate::auth {
namespace {

constexpr std::int64_t lifetime_seconds_max = 10LL * 366 * 24 * 3600;

fact of_keys(std::vector<token_key> keys) {
    return {.keys = std::make_shared<key_set const>(std::move(keys))};
}

// When the key's maker says that it ends; nothing without that.
result<std::optional<wall_time>> end_of_key(std::optional<std::string_view> raw) {
    if (!raw || *raw == "null") return std::nullopt;
    json::arena where;
    auto const read = json::parse(*raw, where);
    auto const date = read ? numeric_date(read->root) : std::nullopt;
    if (!date) return refuse(errc::invalid_argument, "has an end that is no time", "see `until_at`");
    return wall_time{std::chrono::seconds{*date}};
}

result<fact> read_key(fetch_rule const& by, std::string_view body) {
    std::array const pointers{by.key_at, by.until_at};
    HEADGATE_TRY(auto const found, json::lookup{pointers}.find_in(body));
    if (!found[0].raw) {
        return refuse(errc::invalid_argument, fmt::format("has no key at {}", by.key_at), "see `key_at`");
    }
    HEADGATE_TRY(auto keys, read_jwks(*found[0].raw));
    if (by.until_at.empty()) return of_keys(std::move(keys));
    HEADGATE_TRY(auto const until, end_of_key(found[1].raw));
    for (auto& each : keys) each.until = until;
    return of_keys(std::move(keys));
}

result<fact> read_certificate(std::string_view body) {
    auto chain = certificate_chain::read(body);
    if (!chain || chain->size() > certificates_max) {
        return refuse(errc::invalid_argument,
                      fmt::format("is not 1 to {} certificates in PEM", certificates_max),
                      "look at what is there with a browser");
    }
    return fact{.certificate = std::make_shared<certificate_chain const>(*std::move(chain))};
}

// RFC 6749, 5.1.
result<fact> read_access_token(std::string_view body) {
    json::arena where;
    auto const read = json::parse(body, where);
    if (!read || read->has_duplicates || !read->root.is_object())
        return refuse(errc::invalid_argument, "answers no JSON object", "is it the URL where tokens are?");
    auto const token = read->root.find("access_token");
    auto const kind = read->root.find("token_type");
    bool const is_bearer = kind && kind->is_string() && to_lower(kind->as_string()) == "bearer";
    bool const is_token =
        token && token->is_string() && !token->as_string().empty() && !has_controls(token->as_string());
    if (!is_bearer || !is_token)
        return refuse(errc::invalid_argument, "answers no access token of the type Bearer",
                      "is it the URL where tokens are?");
    fact made{.token = std::make_shared<secret const>(std::string{token->as_string()})};
    if (auto const ends = read->root.find("expires_in")) {
        auto const seconds = numeric_date(*ends);
        if (!seconds || *seconds <= 0 || *seconds > lifetime_seconds_max)
            return refuse(errc::invalid_argument, "answers an expires_in that is no time",
                          "is it the URL where tokens are?");
        made.lifetime = std::chrono::seconds{*seconds};
    }
    return made;
}

bool says_that_nobody_has_it(fetch_rule const& by, std::string_view body) {
    json::arena where;
    auto const read = json::parse(body, where);
    return read && !read->has_duplicates && std::ranges::all_of(by.unknown, [&](auto const& member) {
               return says(read->root, member.first, member.second);
           });
}

// A certificate is at its URL for everybody, and so is a key set; what else there is, is for whom we say we
// are.
errc meaning_of(fetch_rule const& by, response const& answer) {
    using kind = fetch_rule::kind;
    if (answer.status / 100 != 4 || answer.status == 429) return errc::unavailable;
    if (by.what == kind::certificate || by.what == kind::key_set) return errc::not_found;
    if (answer.status == 401) return errc::unauthenticated;
    if (by.what != kind::key || answer.status == 403) return errc::permission_denied;
    bool const is_unknown = by.unknown.empty() || says_that_nobody_has_it(by, answer.body);
    return is_unknown ? errc::not_found : errc::permission_denied;
}

error no_success(fetch_rule const& by, response const& answer, std::string_view place) {
    auto const code = meaning_of(by, answer);
    if (refuses_us(code)) {
        return {code, fmt::format("{} answers {}: it refuses what we ask", place, answer.status),
                "are our credentials right, of this environment, and may they ask this?"};
    }
    return {code, fmt::format("{} answers {}", place, answer.status),
            "is the URL right? a redirect is not followed"};
}

result<fact> read_body(fetch_rule const& by, response const& answer) {
    switch (by.what) {
        case fetch_rule::kind::key: return read_key(by, answer.body);
        case fetch_rule::kind::certificate: return read_certificate(answer.body);
        case fetch_rule::kind::token: return read_access_token(answer.body);
        case fetch_rule::kind::answer: return fact{.answer = std::make_shared<response const>(answer)};
        case fetch_rule::kind::key_set: break;
    }
    HEADGATE_TRY(auto keys, read_jwks(answer.body));
    return of_keys(std::move(keys));
}

}  // namespace

bool says(json::value const& answer, std::string_view pointer, std::string_view text) {
    auto const there = answer.at_pointer(pointer);
    if (!there) return false;
    switch (there->type()) {
        case json::kind::string: return there->as_string() == text;
        case json::kind::number: return there->number_text() == text;
        case json::kind::boolean: return text == (there->as_boolean() ? "true" : "false");
        case json::kind::null:
        case json::kind::array:
        case json::kind::object: break;
    }
    return false;
}

outgoing question_for(fetch_rule const& key_set) {
    return {.method = "GET", .url = key_set.url, .fields = {{"accept", "application/json"}}, .body = {}};
}

result<fact> read_fact(fetch_rule const& by, outgoing const& asked, response const& answer) {
    bool const may_be_any = by.what == fetch_rule::kind::answer;
    bool const is_success = may_be_any ? answer.status / 100 == 2 : answer.status == 200;
    auto const place = asked.url.substr(0, asked.url.find('?'));  // What follows may be somebody's token.
    if (!is_success) return std::unexpected{no_success(by, answer, place)};
    auto read = read_body(by, answer);
    if (!read) return while_doing(place, std::move(read).error());
    return read;
}

}  // namespace headgate::auth
