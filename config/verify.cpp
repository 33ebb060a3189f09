#include "config/verify.hpp"

#include "config/reader.hpp"
#include "config/secrets.hpp"
#include "config/verify_checks.hpp"
#include "config/verify_schema.hpp"

#include <fmt/format.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace headgate::config {
namespace {

constexpr std::string_view signing = "signing";

void add_secrets(auth::settings& into, std::string const& name, node const& list, std::string const& path,
                 notes& found) {
    auto& entries = into.secrets[name];
    auto read = read_secret_list(list, path, found);
    for (std::size_t i = 0; i < read.size(); ++i) {
        entries.push_back({std::move(read[i].value), read[i].until, fmt::format("{}#{}", name, i)});
    }
}

// The map of named lists beside `verify`.
void read_secrets(node const& at, std::string const& path, notes& found, auth::settings& into) {
    reader from{at, path, found};
    for (auto const& one : at.members) {
        auto const* const list = from.take(one.key);
        if (into.secrets.contains(one.key)) {
            from.mistake(one.key, "is given here and in `verify`", "keep one of the two");
            continue;
        }
        add_secrets(into, one.key, *list, from.path_of(one.key), found);
    }
    if (at.is_mapping() && at.members.empty()) {
        found.mistake(at, path, "is empty", "name a list of references, or remove the line");
    }
}

// What a source adds to any kind of `verify`.
void read_surroundings(reader& from, auth::settings& into) {
    into.public_url = from.text("public_url").value_or("");
    auto params = from.section("params");
    if (!params) return;
    for (auto const& one : params->here().members) {
        auto const* const value = params->take(one.key);
        if (value->is_list()) {
            into.params[one.key] = params->texts(one.key);
        } else if (auto text = params->text(one.key)) {
            into.params[one.key] = {*std::move(text)};
        }
    }
}

void read_use_of_preset(reader& from, preset_nodes const& known, auth::settings& into) {
    auto const name = from.text("preset");
    if (!name) return;
    auth::settings beside;
    read_surroundings(from, beside);
    auto const found = known.find(*name);
    if (found == known.end()) {
        std::vector<std::string> names;
        for (auto const& [one, tree] : known) names.push_back(one);
        from.mistake("preset", fmt::format("no sender is known as \"{}\"", *name), one_of(*name, names));
    } else {
        auto const* const params = from.here().find("params");
        into = read_preset(*name, found->second, from.path(), std::move(beside.params),
                           params == nullptr ? from.here() : *params, from.path_of("params"), from.into());
    }
    into.public_url = std::move(beside.public_url);
    if (auto const* list = from.take("secrets")) {
        add_secrets(into, std::string{signing}, *list, from.path_of("secrets"), from.into());
    }
    from.finish();
}

void read_written_out(node const& at, std::string const& path, notes& found, auth::settings& into) {
    reader given{at, path, found};
    read_surroundings(given, into);
    auto named = at;
    if (!into.params.empty()) place_params(named, into.params, {}, path, found);
    reader from{named, path, found};
    into.verify = read_check_of(from);
    if (from.has("secrets")) {
        from.hide("secrets");
        from.mistake(
            "secrets", "belongs beside `verify`",
            "write secrets: {signing: [{file: NAME}]} at the source; here it goes with a preset only");
    }
    for (auto const key : {"public_url", "params"}) static_cast<void>(from.take(key));
    from.finish();
}

void read_verify(node const& at, std::string const& path, preset_nodes const& known, notes& found,
                 auth::settings& into) {
    if (at.is_scalar() && at.text == "none") {
        found.mistake(at, path, "accepts every request from anybody",
                      "write {insecure: true} if that is what you want");
        return;
    }
    reader from{at, path, found};
    if (!at.is_mapping()) return;
    if (from.has("preset")) {
        read_use_of_preset(from, known, into);
    } else if (from.has("insecure")) {
        into.insecure = from.flag("insecure").value_or(false);
        from.finish();
    } else {
        read_written_out(at, path, found, into);
    }
}

}  // namespace

bool declare_checks(section& at, std::optional<auth::settings>& into) {
    auto const* const verify =
        at.special("verify", R"({"$ref": "#/$defs/check"})",
                   {.says = "What proves that a request is of such an operator, as of a source: "
                            "`{session: {…}}` for people who are logged in.",
                    .fallback_says = "none; `token` stands in its place"});
    auto const* const secrets =
        at.special("secrets", secrets_schema(), {.says = "Named lists of secrets for `verify`."});
    auto* const reads = at.reads();
    if (reads == nullptr) return true;
    auto& found = reads->into();
    if (verify == nullptr) {
        if (secrets != nullptr) reads->mistake("secrets", "stands without `verify`", "remove it");
        return secrets == nullptr;
    }
    auth::settings made;
    made.verify = read_check(*verify, reads->path_of("verify"), found);
    if (secrets != nullptr) read_secrets(*secrets, reads->path_of("secrets"), found, made);
    bool const good = made.verify.has_value();
    into = std::move(made);
    return good;
}

void declare_sender(section& at, auth::settings& into, preset_nodes const& known) {
    auto const* const verify =
        at.special("verify", verify_schema(),
                   {.says = "How a request proves who sent it: `{preset: NAME, secrets: [{file: …}]}`, or "
                            "checks written out.",
                    .is = presence::required,
                    .example = "{preset: github, secrets: [{file: /run/secrets/github}]}"});
    auto const* const secrets = at.special(
        "secrets", secrets_schema(),
        {.says =
             "Named lists of secrets for checks that are written out. All of a list are tried, up to eight; "
             "`until` ends one."});
    auto const* const answers =
        at.special("answers", answers_schema(),
                   {.says = "Answers that differ from the usual ones.", .fallback_says = "the preset's"});
    auto const* const handshake = at.special(
        "handshake", handshake_schema(),
        {.says = "Requests that ask for an answer before events come.", .fallback_says = "the preset's"});
    auto* const reads = at.reads();
    if (reads == nullptr) return;
    auto& found = reads->into();
    if (verify != nullptr) read_verify(*verify, reads->path_of("verify"), known, found, into);
    if (secrets != nullptr) read_secrets(*secrets, reads->path_of("secrets"), found, into);
    if (answers != nullptr) read_answers(*answers, reads->path_of("answers"), found, into.answers);
    if (handshake != nullptr) {
        into.handshakes = read_handshakes(*handshake, reads->path_of("handshake"), found);
    }
}

}  // namespace headgate::config
