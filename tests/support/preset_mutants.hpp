#pragma once

#include "auth/settings.hpp"
#include "config/node.hpp"
#include "config/preset_vectors.hpp"
#include "model/request.hpp"

#include <algorithm>
#include <cctype>
#include <cstddef>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// A genuine request with one thing changed, in every way that its preset must notice.

namespace headgate::testing_support {

struct preset_mutant {
    std::string what;
    request incoming;
    wall_time at;
    std::optional<auth::settings> settings;  // Where the source is another; absent where it is the same.
};

// Another character of the same kind.
[[nodiscard]] inline char near(char c) {
    if (std::isalnum(static_cast<unsigned char>(c)) == 0) return c == '=' ? '-' : '=';
    return c == '9' || c == 'z' || c == 'Z' || c == 'f' || c == 'F' ? static_cast<char>(c - 1)
                                                                    : static_cast<char>(c + 1);
}

[[nodiscard]] inline std::string changed_at(std::string text, std::size_t place) {
    text[place] = near(text[place]);
    return text;
}

// What a value may become: never the same, and never what another encoding of the same bytes would be.
[[nodiscard]] inline std::vector<std::pair<std::string, std::string>> changed_texts(std::string const& text) {
    auto const last = text.find_last_not_of('=');
    return {{"first character", changed_at(text, 0)},
            {"middle character", changed_at(text, text.size() / 2)},
            {"late character", changed_at(text, last < 4 ? last : last - 3)},
            {"cut", text.substr(0, text.size() - 1)},
            {"beginning cut", text.substr(1)},
            {"longer", text + "0"},
            {"longer before", "0" + text},
            {"inner blank", text.substr(0, text.size() / 2) + " " + text.substr(text.size() / 2)},
            {"empty", ""}};
}

// The names that stand under `key` in the checks, in lower case; those in guards do not count.
inline void names_under(config::node const& at, std::string_view key, std::set<std::string>& into) {
    auto const add = [&](config::node const& one) {
        std::string name = one.text;
        if (key == "header")
            std::ranges::transform(name, name.begin(), [](unsigned char c) { return std::tolower(c); });
        into.insert(name);
    };
    for (auto const& item : at.items) names_under(item, key, into);
    for (auto const& [name, line, value] : at.members) {
        if (name == "when") continue;
        if (name == key && value.is_scalar()) add(value);
        if (name == key && value.is_list()) std::ranges::for_each(value.items, add);
        if (name != key || value.is_mapping()) names_under(value, key, into);
    }
}

[[nodiscard]] inline std::vector<preset_mutant> mutants_of(config::node const& preset,
                                                           config::preset_vector const& one,
                                                           auth::settings const& settings) {
    std::vector<preset_mutant> all;
    auto const add = [&](std::string what, std::function<void(preset_mutant&)> const& change) {
        preset_mutant made{std::move(what), one.incoming, one.at, {}};
        change(made);
        all.push_back(std::move(made));
    };
    std::set<std::string> headers;
    std::set<std::string> queries;
    for (auto const* const part : {"verify", "verify_with"}) {
        auto const* const checks = preset.find(part);
        if (checks == nullptr) continue;
        names_under(*checks, "header", headers);
        names_under(*checks, "query", queries);
    }
    for (auto const& [name, values] : settings.params) {
        if (values.empty()) continue;
        std::string lower = values.front();
        std::ranges::transform(lower, lower.begin(), [](unsigned char c) { return std::tolower(c); });
        headers.insert(lower);
        queries.insert(values.front());
    }

    for (std::size_t i = 0; i < one.incoming.head.fields.size(); ++i) {
        auto const& [name, value] = one.incoming.head.fields[i];
        if (!headers.contains(name)) continue;
        auto const in = "header " + name + ": ";
        for (auto const& [what, text] : changed_texts(value)) {
            add(in + what, [&](auto& m) { m.incoming.head.fields[i].value = text; });
        }
        add(in + "twice", [&](auto& m) { m.incoming.head.fields.push_back(m.incoming.head.fields[i]); });
        add(in + "missing", [&](auto& m) {
            m.incoming.head.fields.erase(m.incoming.head.fields.begin() + static_cast<std::ptrdiff_t>(i));
        });
        add(in + "another name", [&](auto& m) { m.incoming.head.fields[i].name += "-x"; });
    }
    for (auto const& name : queries) {
        auto const& target = one.incoming.head.target;
        auto const begin = target.find(name + "=");
        if (begin == std::string::npos) continue;
        auto const from = begin + name.size() + 1;
        auto const value = target.substr(from, target.find('&', from) - from);
        for (auto const& [what, text] : changed_texts(value)) {
            if (text.contains(' ')) continue;
            add("query " + name + ": " + what,
                [&](auto& m) { m.incoming.head.target.replace(from, value.size(), text); });
        }
        add("query " + name + " twice", [&](auto& m) { m.incoming.head.target += "&" + name + "=" + value; });
        add("query " + name + " missing", [&](auto& m) { m.incoming.head.target.erase(begin - 1); });
    }
    if (*settings.covers == coverage::full && !one.incoming.body.empty()) {
        for (auto const& [what, text] : changed_texts(one.incoming.body)) {
            add("body: " + what, [&](auto& m) { m.incoming.body = text; });
        }
    }
    for (auto const& proof : one.proof) {
        auto const place = one.incoming.body.find(proof);
        for (auto const& [what, text] : {std::pair{"changed", changed_at(proof, proof.size() / 2)},
                                         std::pair{"longer", proof.substr(0, 1) + "7" + proof.substr(1)},
                                         std::pair{"cut", proof.substr(0, 1) + proof.substr(2)}}) {
            add("body, " + proof + " " + what,
                [&](auto& m) { m.incoming.body.replace(place, proof.size(), text); });
        }
    }
    if (!one.incoming.head.client_certificate.empty()) {
        auto const& shown = one.incoming.head.client_certificate;
        add("client certificate missing", [](auto& m) { m.incoming.head.client_certificate.clear(); });
        add("client certificate cut", [](auto& m) { m.incoming.head.client_certificate.erase(0, 1); });
        for (auto const tenth : {0U, 2U, 4U, 6U, 8U, 9U}) {
            add("client certificate changed", [&](auto& m) {
                m.incoming.head.client_certificate = changed_at(shown, shown.size() * tenth / 10);
            });
        }
        for (auto const years : {-30, 40}) {
            add("not valid at this time", [&](auto& m) { m.at += std::chrono::years{years}; });
        }
        add("another name", [&](auto& m) {
            m.settings = settings;
            std::get<auth::peer_check>(m.settings->verify->is).mtls->san = {"plant-8.example.com"};
        });
        add("another fingerprint", [&](auto& m) {
            m.settings = settings;
            std::get<auth::peer_check>(m.settings->verify->is).mtls->fingerprints = {std::string(64, '0')};
        });
    }
    auto const* const jwt = std::get_if<auth::jwt_check>(&settings.verify->is);
    bool const has_public_key = std::holds_alternative<auth::sig_check>(settings.verify->is) ||
                                (jwt && !std::holds_alternative<auth::secret_shape>(jwt->keys));
    for (auto const& [name, text] : one.secrets) {
        if (has_public_key || name != "signing") continue;
        add("another secret", [&](auto& m) {
            m.settings = settings;
            m.settings->secrets["signing"].front().value = secret{changed_at(text, text.size() / 2)};
        });
    }
    if (settings.verify->time) {
        add("too old", [&](auto& m) { m.at += settings.verify->time->past + std::chrono::seconds{1}; });
        add("too new", [&](auto& m) { m.at -= settings.verify->time->future + std::chrono::seconds{1}; });
    }
    if (!settings.public_url.empty()) {
        add("another host", [&](auto& m) {
            m.settings = settings;
            m.settings->public_url = "https://other.example.com";
        });
        add("another path", [](auto& m) { m.incoming.head.target.insert(1, "x"); });
    }
    if (settings.params.contains("notification_url")) {
        add("another URL", [&](auto& m) {
            m.settings = settings;
            m.settings->params["notification_url"] = {"https://example.com/other"};
        });
    }
    return all;
}

}  // namespace headgate::testing_support
