#include "config/verify_fetch.hpp"

#include "config/verify_files.hpp"
#include "config/verify_values.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <utility>

namespace headgate::config {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

void read_duration(reader& from, std::string_view key, milliseconds least, milliseconds most,
                   milliseconds& to) {
    if (auto const read = from.duration(key, least, most)) to = *read;
}

// Who is trusted, and how long and how large an answer may be.
void read_asking(reader& from, auth::fetch_rule& into) {
    into.certificate_authorities = read_authorities(from);
    read_duration(from, "fetch_within", milliseconds{100}, minutes{1}, into.fetch_within);
    if (auto const most = from.whole("bytes_max", 1024, 16 * 1024 * 1024)) {
        into.bytes_max = static_cast<std::size_t>(*most);
    }
}

// The same, and how it is kept.
void read_keeping(reader& from, auth::fetch_rule& into) {
    read_asking(from, into);
    read_duration(from, "refresh", seconds{1}, hours{24}, into.refresh);
    read_duration(from, "interval", seconds{1}, hours{1}, into.interval);
    read_duration(from, "stale", seconds{1}, hours{24 * 30}, into.stale);
}

void read_names_max(reader& from, std::string_view key, auth::fetch_rule& into) {
    if (auto const most = from.whole(key, 1, 1024)) into.names_max = static_cast<std::size_t>(*most);
}

// For people, and what tells the certificates of one sender, and their floods, from those of others:
// "https://certs.{region}.example.com/signing-*".
std::string place_in_words(std::vector<std::string> const& hosts, std::string_view path) {
    if (hosts.empty()) return {};
    auto const plain = path.substr(0, path.find_first_of("\\[](){}.*+?|^$"));
    return "https://" + hosts.front() + std::string{plain} + (plain.size() < path.size() ? "*" : "");
}

// {basic: NAME}, {bearer: NAME} or {oauth2: NAME, token_url: https://…}: of the list of secrets to send.
void read_credentials(reader& from, auth::postback_check& into) {
    using scheme = auth::postback_check::scheme;
    auto given = from.section("credentials");
    if (!given) return;
    if (int{given->has("basic")} + int{given->has("bearer")} + int{given->has("oauth2")} != 1) {
        given->mistake("basic", "does not say how they are sent",
                       "write {basic: NAME}, {bearer: NAME} or {oauth2: NAME, token_url: https://…}");
    }
    for (auto const& [key, meant] : {std::pair{"basic", scheme::basic}, std::pair{"bearer", scheme::bearer},
                                     std::pair{"oauth2", scheme::oauth2}}) {
        auto name = given->text(key);
        if (!name) continue;
        into.credentials = meant;
        into.credentials_from.name = *std::move(name);
    }
    if (into.credentials == scheme::oauth2) {
        into.token.url =
            given->required_text("token_url", "https://api.example.com/oauth2/token").value_or("");
    }
    given->finish();
}

}  // namespace

std::vector<auth::named_values> read_named_values(reader& from, std::string_view key, bool lower) {
    std::vector<auth::named_values> all;
    auto inner = from.section(key);
    if (!inner) return all;
    for (auto const& one : inner->here().members) {
        auto const* const at = inner->take(one.key);
        all.push_back(
            {lower ? to_lower(one.key) : one.key, read_values(*at, inner->path_of(one.key), from.into())});
    }
    return all;
}

auth::fetch_rule read_key_set(reader& from) {
    auth::fetch_rule made;
    made.url = from.text("jwks").value_or("");
    read_keeping(from, made);
    return made;
}

auth::key_endpoint read_key_endpoint(reader& from) {
    auth::key_endpoint made;
    made.kept.url = from.text("endpoint").value_or("");
    made.json = read_named_values(from, "json", false);
    made.key_id_as = from.required_text("key_id", "key_id").value_or("");
    made.kept.key_at = from.required_text("key_at", "/key").value_or("");
    made.kept.until_at = from.text("until_at").value_or("");
    made.kept.unknown = from.text_pairs("unknown");
    read_keeping(from, made.kept);
    read_names_max(from, "keys_max", made.kept);
    return made;
}

auth::certificate_source read_certificate(reader& from) {
    auth::certificate_source made;
    read_value_into(from, "url", made.url);
    made.hosts = one_or_several(from, "hosts");
    made.path = from.required_text("path", "\"/certs/[a-z0-9]+\\\\.pem\"").value_or("");
    made.kept.url = place_in_words(made.hosts, made.path);
    made.anchors_pem = read_file(from, "anchors");
    if (auto subject = from.section("subject")) {
        made.san = one_or_several(*subject, "san");
        made.cn = one_or_several(*subject, "cn");
        subject->finish();
    }
    read_keeping(from, made.kept);
    read_names_max(from, "certificates_max", made.kept);
    return made;
}

auth::postback_check read_postback(reader& from) {
    auth::postback_check made;
    made.asked.url = from.required_text("url", "https://api.example.com/verify").value_or("");
    constexpr std::array<std::string_view, 3> methods{"POST", "PUT", "PATCH"};
    if (auto const method = from.choice("method", methods)) made.method = methods[*method];
    read_credentials(from, made);
    made.json = read_named_values(from, "json", false);
    if (auto const* at = from.take("body")) made.body = read_values(*at, from.path_of("body"), from.into());
    if (auto type = from.text("type")) made.type = *std::move(type);
    if (auto expect = from.section("expect")) {
        for (auto& [pointer, expected] : expect->text_pairs("json")) {
            made.expect.emplace_back(json_path_of(pointer), std::move(expected));
        }
        made.expect_body = expect->text("body").value_or("");
        expect->finish();
    }
    read_asking(from, made.asked);
    made.token.certificate_authorities = made.asked.certificate_authorities;
    made.token.fetch_within = made.asked.fetch_within;
    made.token.bytes_max = made.asked.bytes_max;
    read_names_max(from, "at_once_max", made.asked);
    return made;
}

auth::call_rule read_call(reader& from) {
    auth::call_rule made;
    read_value_into(from, "url", made.url);
    made.hosts = one_or_several(from, "hosts");
    made.path = from.required_text("path", "\"/\"").value_or("");
    made.query = read_named_values(from, "query", false);
    made.asked.url = place_in_words(made.hosts, made.path);
    read_asking(from, made.asked);
    read_names_max(from, "at_once_max", made.asked);
    return made;
}

}  // namespace headgate::config
