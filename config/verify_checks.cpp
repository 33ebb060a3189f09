#include "config/verify_checks.hpp"

#include "config/verify_fetch.hpp"
#include "config/verify_files.hpp"
#include "config/verify_jwt.hpp"
#include "config/verify_session.hpp"
#include "config/verify_values.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <array>
#include <chrono>
#include <memory>
#include <string_view>
#include <utility>

namespace headgate::config {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::array<std::string_view, 10> checks{"mac",     "sig",      "jwt", "equal", "peer",
                                                  "session", "postback", "all", "any",   "each"};
constexpr names_of<auth::time_unit, 3> time_units{{{"s", auth::time_unit::seconds},
                                                   {"ms", auth::time_unit::milliseconds},
                                                   {"rfc3339", auth::time_unit::rfc3339}}};

// What `mac` and `sig` have in common: what is signed, where the signature stands, and how weak it may be.
template <class Check>
void read_signed(reader& from, Check& into) {
    if (auto const* at = needed(from, "content", "[body]")) {
        into.signs = read_content(*at, from.path_of("content"), from.into());
    }
    if (auto const* at = needed(from, "signature", "{from: {header: X-Signature}, decode: hex}")) {
        into.signature = read_signature(*at, from.path_of("signature"), from.into());
    }
    into.allow_weak = from.flag("allow_weak").value_or(false);
}

auth::mac_check read_mac(reader& from) {
    auth::mac_check made;
    static_cast<void>(needed(from, "alg", "hmac-sha256"));
    made.algorithm = read_choice(from, "alg", mac_algorithms, auth::mac_algorithm::hmac_sha256);
    if (auto const* at = from.take("secret"))
        made.key = read_secret_shape(*at, from.path_of("secret"), from.into());
    read_signed(from, made);
    return made;
}

constexpr names_of<auth::signature_algorithm, 5> signature_algorithms{
    {{"ed25519", auth::signature_algorithm::ed25519},
     {"ecdsa-p256-sha256-der", auth::signature_algorithm::ecdsa_p256_sha256_der},
     {"ecdsa-p256-sha256-raw", auth::signature_algorithm::ecdsa_p256_sha256_raw},
     {"rsa-pkcs1-sha256", auth::signature_algorithm::rsa_pkcs1_sha256},
     {"rsa-pkcs1-sha1", auth::signature_algorithm::rsa_pkcs1_sha1}}};
constexpr names_of<auth::public_key_shape::form, 3> key_forms{{{"pem", auth::public_key_shape::form::pem},
                                                               {"raw", auth::public_key_shape::form::raw},
                                                               {"spki", auth::public_key_shape::form::spki}}};

// {form, name, strip, encoding}: the key, and how the secret that holds it is written.
auth::public_key_shape read_public_key(reader& from) {
    auth::public_key_shape made;
    static_cast<void>(needed(from, "form", "pem"));
    made.is = read_choice(from, "form", key_forms, auth::public_key_shape::form::pem);
    made.from = read_secret_shape_of(from);
    return made;
}

auth::sig_check read_sig(reader& from) {
    auth::sig_check made;
    static_cast<void>(needed(from, "alg", "ed25519"));
    made.algorithm = read_choice(from, "alg", signature_algorithms, auth::signature_algorithm::ed25519);
    if (from.has("cert") && from.has("key"))
        from.mistake("cert", "stands beside `key`", "keep one of the two");
    if (auto cert = from.section("cert")) {
        made.key = read_certificate(*cert);
        cert->finish();
    } else if (needed(from, "key", "{form: raw, encoding: hex}") != nullptr) {
        if (auto key = from.section("key")) {
            made.key = read_public_key(*key);
            key->finish();
        }
    }
    read_signed(from, made);
    return made;
}

auth::equal_check read_equal(reader& from) {
    auth::equal_check made;
    read_value_into(from, "a", made.a);
    read_value_into(from, "b", made.b);
    return made;
}

auth::peer_check read_peer(reader& from) {
    auth::peer_check made;
    made.cidrs = at_least_one(from, "cidr");
    made.proxies = at_least_one(from, "proxy");
    if (auto mtls = from.section("mtls")) {
        auto& shown = made.mtls.emplace();
        shown.anchors_pem = read_file(*mtls, "anchors");
        shown.san = one_or_several(*mtls, "san");
        shown.cn = one_or_several(*mtls, "cn");
        shown.fingerprints = one_or_several(*mtls, "fingerprints");
        mtls->finish();
    }
    return made;
}

auth::each_check read_each(reader& from) {
    auth::each_check made;
    made.in = json_path_of(read_any_text(from, "in").value_or(""));
    if (auto const* at = needed(from, "check", "{mac: …}")) {
        auto item = read_check(*at, from.path_of("check"), from.into());
        if (item) made.item = std::make_shared<auth::check const>(*std::move(item));
    }
    return made;
}

std::vector<auth::check> read_members(reader& from, std::string_view key) {
    std::vector<auth::check> members;
    auto const* const list = from.take(key);
    if (!list->is_list()) {
        from.mistake(key, fmt::format("is {}, not a list of checks", name_of(list->kind)),
                     "write one check a line, each after a dash");
        return members;
    }
    for (std::size_t i = 0; i < list->items.size(); ++i) {
        auto member = read_check(list->items[i], child_path(from.path_of(key), i), from.into());
        if (member) members.push_back(*std::move(member));
    }
    return members;
}

template <class Check>
auth::check whole(reader& from, std::string_view key, Check (*read)(reader&)) {
    auto inner = from.section(key);
    if (!inner) return {};
    auto made = read(*inner);
    inner->finish();
    return {std::move(made), {}, {}, {}};
}

auth::check read_kind(reader& from, std::string_view kind) {
    if (kind == "mac") return whole(from, kind, read_mac);
    if (kind == "sig") return whole(from, kind, read_sig);
    if (kind == "jwt") return whole(from, kind, read_jwt);
    if (kind == "equal") return whole(from, kind, read_equal);
    if (kind == "peer") return whole(from, kind, read_peer);
    if (kind == "session") return whole(from, kind, read_session);
    if (kind == "each") return whole(from, kind, read_each);
    if (kind == "all") return auth::check{auth::all_check{read_members(from, kind)}, {}, {}, {}};
    if (kind == "any") return auth::check{auth::any_check{read_members(from, kind)}, {}, {}, {}};
    return whole(from, kind, read_postback);
}

auth::time_rule read_time(reader& from) {
    auth::time_rule made;
    read_value_into(from, "value", made.from);
    made.unit = read_choice(from, "unit", time_units, auth::time_unit::seconds);
    read_seconds_into(from, "past", hours{24 * 7}, made.past);
    read_seconds_into(from, "future", hours{24}, made.future);
    return made;
}

auth::once_rule read_once(reader& from) {
    auth::once_rule made;
    read_value_into(from, "value", made.from);
    read_seconds_into(from, "keep", hours{24 * 365}, made.keep);
    return made;
}

auth::reply_rule read_reply(reader& from) {
    auth::reply_rule made;
    made.status = static_cast<unsigned>(from.whole("status", 200, 299).value_or(200));
    made.type = from.text("type").value_or("text/plain");
    if (auto const* at = from.take("body")) made.body = read_values(*at, from.path_of("body"), from.into());
    made.json = read_named_values(from, "json", false);
    made.headers = read_named_values(from, "headers", true);
    if (from.has("body") && from.has("json"))
        from.mistake("json", "stands beside `body`", "keep one of the two");
    return made;
}

auth::handshake_rule read_handshake(reader& from) {
    auth::handshake_rule made;
    if (auto const* at = needed(from, "when", "{method: GET}")) {
        made.when = read_guard(*at, from.path_of("when"), from.into());
    }
    auto const* const require = needed(from, "require", "verified");
    if (require != nullptr && require->is_scalar()) {
        if (require->text == "none") made.require = auth::require_nothing{};
        if (require->text != "none" && require->text != "verified") {
            from.mistake("require", fmt::format("\"{}\" is not known", require->text),
                         "verified, none or a check");
        }
    } else if (require != nullptr) {
        auto read = read_check(*require, from.path_of("require"), from.into());
        if (read) made.require = *std::move(read);
    }
    if (auto accept = from.section("accept")) {
        auth::accept_rule rule;
        read_value_into(*accept, "value", rule.from);
        rule.match = accept->required_text("match", "\"[A-Za-z0-9]{1,128}\"").value_or("");
        accept->finish();
        made.accept = std::move(rule);
    }
    if (auto reply = from.section("reply")) {
        made.reply = read_reply(*reply);
        reply->finish();
    }
    if (auto call = from.section("call")) {
        made.call = read_call(*call);
        call->finish();
    }
    if (auto const* at = from.take("shows")) made.shows = read_value(*at, from.path_of("shows"), from.into());
    from.finish();
    return made;
}

}  // namespace

std::optional<auth::check> read_check_of(reader& from) {
    std::vector<std::string_view> named;
    for (auto const kind : checks) {
        if (from.has(kind)) named.push_back(kind);
    }
    if (named.size() != 1) {
        auto const what = named.empty() ? std::string{"has no check"}
                                        : fmt::format("has several checks: {}", fmt::join(named, ", "));
        from.into().mistake(from.here(), from.path(), what,
                            named.empty() ? fmt::format("one of: {}", fmt::join(checks, ", "))
                                          : "put them under all: […], or any: […]");
        for (auto const kind : checks) static_cast<void>(from.take(kind));
        return std::nullopt;
    }
    auto made = read_kind(from, named.front());
    auto const* const when = from.take("when");
    auto time = from.section("time");
    auto once = from.section("once");
    if (when != nullptr) made.when = read_guard(*when, from.path_of("when"), from.into());
    if (time) {
        made.time = read_time(*time);
        time->finish();
    }
    if (once) {
        made.once = read_once(*once);
        once->finish();
    }
    return made;
}

std::optional<auth::check> read_check(node const& at, std::string const& path, notes& into) {
    if (!at.is_mapping()) {
        into.mistake(at, path, fmt::format("is {}, not a check", name_of(at.kind)),
                     fmt::format("one of: {}", fmt::join(checks, ", ")));
        return std::nullopt;
    }
    reader from{at, path, into};
    auto made = read_check_of(from);
    from.finish();
    return made;
}

std::vector<auth::handshake_rule> read_handshakes(node const& at, std::string const& path, notes& into) {
    std::vector<auth::handshake_rule> all;
    if (!at.is_list()) {
        into.mistake(at, path, fmt::format("is {}, not a list", name_of(at.kind)),
                     "write one handshake a line, after a dash");
        return all;
    }
    for (std::size_t i = 0; i < at.items.size(); ++i) {
        reader from{at.items[i], child_path(path, i), into};
        all.push_back(read_handshake(from));
    }
    return all;
}

void read_answers(node const& at, std::string const& path, notes& into, auth::answer_rule& answers) {
    reader from{at, path, into};
    auto const status = [&](std::string_view key, unsigned& target) {
        if (auto const read = from.whole(key, 200, 599)) target = static_cast<unsigned>(*read);
    };
    status("ok", answers.ok);
    if (auto body = from.text("ok_body")) answers.ok_body = *std::move(body);
    status("duplicate", answers.duplicate);
    status("unauthenticated", answers.unauthenticated);
    status("malformed", answers.malformed);
    status("overload", answers.overload);
    if (auto const read = from.whole("stop", 400, 499)) answers.stop = static_cast<unsigned>(*read);
    if (from.has("retry_after")) {
        seconds wait{0};
        read_seconds_into(from, "retry_after", hours{24}, wait);
        answers.retry_after = wait;
    }
    if (auto const read = from.duration("budget", milliseconds{100}, hours{1})) answers.budget = *read;
    if (from.has("headers_on_reject")) answers.headers_on_reject.clear();
    for (auto& [name, value] : from.text_pairs("headers_on_reject")) {
        answers.headers_on_reject.push_back({to_lower(name), std::move(value)});
    }
    from.finish();
}

auth::delivery_rule read_delivery(node const& at, std::string const& path, notes& into) {
    reader from{at, path, into};
    auth::delivery_rule made;
    if (auto const* id = from.take("id")) made.id = read_value(*id, from.path_of("id"), into);
    made.id_signed = from.flag("id_signed").value_or(false);
    for (auto& part : from.sections("event")) {
        auto value = read_value_of(part);
        bool const optional = part.flag("optional").value_or(false);
        part.finish();
        if (value) made.event.push_back({*std::move(value), optional});
    }
    if (auto each = from.section("id_each")) {
        auth::id_each rule;
        rule.in = json_path_of(read_any_text(*each, "in").value_or(""));
        read_value_into(*each, "id", rule.id);
        each->finish();
        made.each = std::move(rule);
    }
    from.finish();
    return made;
}

}  // namespace headgate::config
