#include "config/check.hpp"

#include "config/addresses.hpp"
#include "config/reader.hpp"
#include "core/network.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <variant>
#include <vector>

namespace headgate::config {
namespace {

// Notes problems by path, each with its place.
class checker {
public:
    checker(locations const& places, notes& into) : places_{places}, into_{into} {}

    void mistake(std::string path, std::string what, std::string remedy) {
        add(std::move(path), std::move(what), std::move(remedy), problem::weight::mistake);
    }
    void warning(std::string path, std::string what, std::string remedy) {
        add(std::move(path), std::move(what), std::move(remedy), problem::weight::warning);
    }

    // "platform.yaml, line 3", or "line 3" of the only file.
    [[nodiscard]] std::string place_of(std::string_view path) const {
        auto const place = places_.of(path);
        return fmt::format("{}{}line {}", place.file, place.file.empty() ? "" : ", ", place.line);
    }

private:
    void add(std::string path, std::string what, std::string remedy, problem::weight weighs) {
        problem one{.path = std::move(path),
                    .what = std::move(what),
                    .remedy = std::move(remedy),
                    .weighs = weighs,
                    .line = 0,
                    .file = {}};
        places_.locate(one);
        into_.add(std::move(one));
    }

    locations const& places_;
    notes& into_;
};

void check_listeners(configuration const& all, checker& notes) {
    auto const& address = all.operator_.address;
    if (address == all.webhooks.address && !address.ends_with(":0")) {
        notes.mistake("listen.operator.address", fmt::format("{} is the address of webhooks too", address),
                      "give each listener an address of its own");
    }
    if (!all.operator_.tls.empty() || all.console.operators.empty() || is_loopback(address)) return;
    notes.warning("listen.operator.address",
                  fmt::format("{} is plain HTTP that other machines reach: tokens and events can be read on "
                              "the way",
                              address),
                  "give listen.operator a certificate (tls), or bind 127.0.0.1");
}

// Each of these settings does nothing on its own, and an operator who wrote one relies on it.
void check_client_certificates(http::listener_settings const& webhooks, checker& notes) {
    if (webhooks.asks_for_client_certificates && webhooks.tls.empty()) {
        notes.mistake("listen.webhooks.ask_for_client_certificates", "asks nobody: there is no TLS here",
                      "add tls, or let the proxy ask and see client_certificate_header");
    }
    if (!webhooks.client_certificate_header.empty() && webhooks.trusted_proxies.empty()) {
        notes.mistake("listen.webhooks.client_certificate_header", "is believed of nobody",
                      "name the proxy in listen.trusted_proxies");
    }
}

// Whoever is in such a network and can write the header is whom they like: a certificate is no secret.
void check_trust_in_header(http::listener_settings const& webhooks, checker& notes) {
    if (webhooks.client_certificate_header.empty()) return;
    for (auto const& each : webhooks.trusted_proxies) {
        auto const range = network::parse(each);
        if (!range || !range->is_wide()) continue;
        notes.warning("listen.webhooks.client_certificate_header",
                      fmt::format("is believed of every machine in {}", each),
                      "name in listen.trusted_proxies the proxies' own addresses");
    }
}

// A key in the header that is taken off every request would be nobody's, and each repetition an event. What
// the checks read is for them to say.
void check_removed_header(configuration& all, checker& notes) {
    auto const& removed = all.webhooks.client_certificate_header;
    if (removed.empty()) return;
    for (auto& one : all.gateway.sources) {
        one.sender.removed_header = removed;
        bool const is_read =
            one.dedupe.key == gateway::dedupe_settings::by::header && one.dedupe.header == removed;
        if (!is_read) continue;
        notes.mistake(child_path(child_path("sources", one.name), "dedupe"),
                      fmt::format("reads {}, which is removed from every request: the certificates of "
                                  "senders come in it",
                                  removed),
                      "give listen.webhooks.client_certificate_header another name, in the proxy too");
    }
}

// How many of the ways to pass a check go by a client certificate.
enum class ways : std::uint8_t { none, some, all };

struct ways_by_certificate {
    ways operator()(auth::peer_check const& is) const { return is.mtls ? ways::all : ways::none; }
    ways operator()(auth::all_check const& is) const { return ends_of(is.members).second; }
    ways operator()(auth::any_check const& is) const {
        auto const [least, most] = ends_of(is.members);
        return least == ways::none && most != ways::none ? ways::some : least;
    }
    ways operator()(auth::each_check const& is) const {
        return is.item ? std::visit(*this, is.item->is) : ways::none;
    }
    ways operator()(auto const&) const { return ways::none; }

private:
    [[nodiscard]] std::pair<ways, ways> ends_of(std::vector<auth::check> const& members) const {
        std::pair found{members.empty() ? ways::none : ways::all, ways::none};
        for (auto const& member : members) {
            auto const one = std::visit(*this, member.is);
            found = {std::min(found.first, one), std::max(found.second, one)};
        }
        return found;
    }
};

// What wants a certificate refuses every request while nobody is asked for one.
void check_wanted_certificates(configuration const& all, checker& notes) {
    auto const& webhooks = all.webhooks;
    if (webhooks.asks_for_client_certificates || !webhooks.client_certificate_header.empty()) return;
    for (auto const& one : all.gateway.sources) {
        if (!one.sender.verify) continue;
        auto const path = child_path(child_path("sources", one.name), "verify");
        std::string const remedy =
            "see listen.webhooks: ask_for_client_certificates, or client_certificate_header where a proxy "
            "asks";
        auto const by_certificate = std::visit(ways_by_certificate{}, one.sender.verify->is);
        if (by_certificate == ways::all) {
            notes.mistake(path,
                          "accepts nothing: every request must have a client certificate, and nobody is "
                          "asked for one",
                          remedy);
        } else if (by_certificate == ways::some) {
            notes.warning(path,
                          "has a branch that accepts nothing: it wants a client certificate, and nobody is "
                          "asked for one",
                          remedy);
        }
    }
}

void check_operators(console::settings const& console, checker& notes) {
    std::map<std::string_view, std::size_t> names;
    for (std::size_t i = 0; i < console.operators.size(); ++i) {
        auto const& one = console.operators[i];
        auto const path = child_path(child_path("operators", i), "name");
        auto const [twin, is_new] = names.emplace(one.name, i);
        if (!is_new) {
            notes.mistake(path,
                          fmt::format("\"{}\" is the name of two operators, first on {}", one.name,
                                      notes.place_of(child_path("operators", twin->second))),
                          "give each a name of its own");
        }
        for (std::size_t other = 0; other < i; ++other) {
            if (one.token.empty() || one.token.reveal() != console.operators[other].token.reveal()) continue;
            notes.mistake(child_path(child_path("operators", i), "token"),
                          fmt::format("is the token of {} too", console.operators[other].name),
                          "give each operator a token of its own");
        }
    }
}

// The path with the names of its parameters left out: what decides whether two paths are the same.
std::string shape_of(std::string_view path) {
    std::string shape;
    bool inside = false;
    for (char const c : path) {
        if (c == '}') inside = false;
        if (!inside) shape += c;
        if (c == '{') inside = true;
    }
    return shape;
}

void check_paths(gateway::settings const& gateway, checker& notes) {
    std::map<std::string, std::string_view> taken;
    for (auto const& one : gateway.sources) {
        if (one.path.empty()) continue;
        auto const [twin, is_new] = taken.emplace(shape_of(one.path), one.name);
        if (is_new) continue;
        auto const other = child_path(child_path("sources", twin->second), "path");
        notes.mistake(
            child_path(child_path("sources", one.name), "path"),
            fmt::format("\"{}\" is the path of {} too, on {}", one.path, twin->second, notes.place_of(other)),
            "give each source a path of its own");
    }
}

void check_sources(gateway::settings const& gateway, checker& notes) {
    for (auto const& one : gateway.sources) {
        bool const has_key = one.dedupe.key != gateway::dedupe_settings::by::preset ||
                             one.replay == gateway::replay_key::digest || one.sender.delivery.has_id();
        bool const is_whole = one.sender.verify || one.sender.insecure;  // Else it has greater trouble.
        if (has_key || !is_whole) continue;
        notes.warning(child_path("sources", one.name),
                      "has no key that tells a repeated request; each repetition will be an event",
                      "add dedupe: {header: NAME}, or dedupe: none if that is what you want");
    }
}

// Whoever captures a request to one of them can send it to the other.
void check_secrets(gateway::settings const& gateway, checker& notes) {
    std::map<std::string_view, std::string_view> owners;
    for (auto const& one : gateway.sources) {
        std::set<std::string_view> shared;
        for (auto const& [name, entries] : one.sender.secrets) {
            for (auto const& each : entries) {
                auto const [owner, is_new] = owners.emplace(each.value.reveal(), one.name);
                if (!is_new && owner->second != one.name) shared.insert(owner->second);
            }
        }
        for (auto const& other : shared) {
            notes.warning(child_path("sources", one.name),
                          fmt::format("has a secret of {} too, on {}: what is sent to one can be sent to "
                                      "the other by whoever captures it",
                                      other, notes.place_of(child_path("sources", other))),
                          "give each source a secret of its own");
        }
    }
}

void check_target(dispatch::rule_settings const& rule, std::string const& path,
                  std::vector<std::string> const& targets, checker& notes) {
    if (rule.target.empty() || std::ranges::find(targets, rule.target) != targets.end()) return;
    auto const remedy = targets.empty() ? std::string{"add it to `targets`"} : one_of(rule.target, targets);
    auto const where = rule.kind == order_kind::signal ? "signal.target" : "start.target";
    notes.mistake(child_path(path, where), fmt::format("\"{}\" is not a target", rule.target), remedy);
}

void check_rules(configuration& all, checker& notes) {
    std::vector<std::string> sources;
    std::vector<std::string> targets;
    for (auto const& one : all.gateway.sources) sources.push_back(one.name);
    for (auto const& one : all.dispatch.targets) targets.push_back(one.name);
    std::map<std::string_view, std::size_t> names;
    for (std::size_t i = 0; i < all.dispatch.rules.size(); ++i) {
        auto& rule = all.dispatch.rules[i];
        auto const path = child_path("rules", i);
        auto const [twin, is_new] = names.emplace(rule.name, i);
        if (!is_new && !rule.name.empty()) {
            notes.mistake(child_path(path, "name"),
                          fmt::format("\"{}\" is the name of two rules, first on {}", rule.name,
                                      notes.place_of(child_path(child_path("rules", twin->second), "name"))),
                          "give each a name of its own");
        }
        auto const source =
            std::ranges::find(all.gateway.sources, rule.source, &gateway::source_settings::name);
        if (source != all.gateway.sources.end()) {
            rule.tenant = source->tenant;
        } else if (!rule.source.empty()) {
            notes.mistake(child_path(path, "source"), fmt::format("\"{}\" is not a source", rule.source),
                          sources.empty() ? "add it to `sources`" : one_of(rule.source, sources));
        }
        check_target(rule, path, targets, notes);
    }
}

// Only a warning: a configuration may be checked on another machine than the one that will use it.
void check_store(store::settings const& store, checker& notes) {
    auto folder = std::filesystem::path{store.sqlite.path}.parent_path();
    if (folder.empty()) folder = ".";
    std::error_code failure;
    if (std::filesystem::is_directory(folder, failure)) return;
    notes.warning("store.sqlite.path", fmt::format("there is no folder {}", folder.string()),
                  fmt::format("mkdir -p {}, writable by the user that runs headgate", folder.string()));
}

}  // namespace

void check_together(configuration& all, locations const& places, notes& into) {
    checker notes{places, into};
    check_listeners(all, notes);
    check_client_certificates(all.webhooks, notes);
    check_trust_in_header(all.webhooks, notes);
    check_removed_header(all, notes);
    check_wanted_certificates(all, notes);
    check_operators(all.console, notes);
    check_store(all.store, notes);
    check_paths(all.gateway, notes);
    check_sources(all.gateway, notes);
    check_secrets(all.gateway, notes);
    check_rules(all, notes);
}

}  // namespace headgate::config
