#include "auth/inspect.hpp"

#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <string_view>

// The loader's rules about sessions.

namespace headgate::auth {
namespace {

namespace urls = boost::urls;

constexpr std::chrono::seconds keep_max{30};

bool is_token(std::string_view name) {
    return !name.empty() && std::ranges::all_of(name, [](char c) {
        return c > ' ' && c < '\x7f' && !std::string_view{"()<>@,;:\\\"/[]?={}"}.contains(c);
    });
}

bool is_this_machine(urls::url_view const& url) {
    switch (url.host_type()) {
        case urls::host_type::ipv4: return url.host_ipv4_address().is_loopback();
        case urls::host_type::ipv6: return url.host_ipv6_address().is_loopback();
        default: return url.host() == "localhost";
    }
}

// /oauth2/auth passes over what it does not know, and over an empty list: everybody comes in then.
bool is_restriction(urls::param_view const& of) {
    constexpr std::array<std::string_view, 3> known{"allowed_groups", "allowed_emails",
                                                    "allowed_email_domains"};
    return std::ranges::find(known, std::string_view{of.key}) != known.end() && !of.value.empty();
}

void inspect_url(session_proxy const& is, std::string const& at, reporter& notes) {
    auto const url = urls::parse_uri(is.url);
    bool const is_https = url && url->scheme_id() == urls::scheme::https;
    bool const has_scheme = is_https || (url && url->scheme_id() == urls::scheme::http);
    bool const has_place = has_scheme && !url->encoded_host().empty() && !url->encoded_path().empty() &&
                           (!url->has_port() || url->port_number() != 0);
    if (!has_place || url->has_userinfo() || url->has_fragment()) {
        notes.mistake(at, fmt::format("\"{}\" is not the URL of a question", is.url),
                      "write for example http://127.0.0.1:4180/oauth2/auth");
        return;
    }
    if (!is_https && !is_this_machine(*url))
        notes.warning(at, "sessions can be read on their way there", "use https, or a proxy on this machine");
    for (auto const& each : url->params()) {
        if (is_restriction(each)) continue;
        notes.mistake(at,
                      fmt::format("OAuth2-proxy passes over {}= here: it would let everybody in",
                                  std::string_view{each.key}),
                      "write ?allowed_groups=…, allowed_emails=… or allowed_email_domains=…");
    }
}

void inspect_proxy(session_proxy const& is, std::string const& at, reporter& notes) {
    inspect_url(is, at + ".url", notes);
    if (!is_token(is.cookie)) {
        notes.mistake(at + ".cookie", "is not the name of a cookie", "write the proxy's cookie_name");
    }
    if (is.keep > keep_max || is.keep.count() < 0) {
        notes.mistake(at + ".keep", fmt::format("is not from 0 to {} s", keep_max.count()),
                      "who logs out must not stay in for longer");
    }
}

// A list that names nobody is no list that lets nobody in.
void inspect_names(std::vector<std::string> const& names, std::string const& at, char const* kind,
                   std::string_view forbidden, reporter& notes) {
    auto const is_good = [&](std::string const& name) {
        return !name.empty() && name.find_first_of(forbidden) == std::string::npos;
    };
    if (std::ranges::all_of(names, is_good)) return;
    notes.mistake(fmt::format("{}.{}", at, kind), "has a name that nobody can have",
                  "write it whole, as the proxy says it");
}

}  // namespace

void inspect(session_check const& is, std::string const& at, reporter& notes) {
    if (auto const* proxy = std::get_if<session_proxy>(&is.by)) inspect_proxy(*proxy, at + ".ask", notes);
    if (auto const* told = std::get_if<identity_headers>(&is.by)) {
        if (told->family != "x-auth-request" && told->family != "x-forwarded")
            notes.mistake(at + ".headers", "is not known", "x-auth-request or x-forwarded");
    }
    if (auto const* token = std::get_if<id_token>(&is.by); token && token->jwt) {
        auto const* jwt = std::get_if<jwt_check>(&token->jwt->is);
        if (jwt && !jwt->audience) {
            notes.mistake(at + ".jwt.aud", "is missing: tokens of every application of the issuer would do",
                          "write aud: \"…\", the proxy's client_id");
        }
        if (jwt && jwt->issuers.empty()) {
            notes.mistake(at + ".jwt.iss",
                          "is missing: tokens of whoever else has keys in that place would do",
                          "write iss: https://…, as the tokens have it");
        }
    }
    if (std::holds_alternative<gap_signature>(is.by) && !is.groups.empty()) {
        notes.mistake(at + ".groups", "are not signed by GAP-Signature, so anybody could write them",
                      "use `ask`, or remove them");
    }
    inspect_names(is.groups, at, "groups", ",", notes);
    inspect_names(is.emails, at, "emails", " ,", notes);
    inspect_names(is.domains, at, "domains", "@ ,", notes);
    bool const is_anybody = is.groups.empty() && is.emails.empty() && is.domains.empty();
    auto const* proxy = std::get_if<session_proxy>(&is.by);
    if (is_anybody && !(proxy && proxy->url.contains("?allowed_"))) {
        notes.warning(at, "takes everybody who can log in", "name them with groups, emails or domains");
    }
}

}  // namespace headgate::auth
