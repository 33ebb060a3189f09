#include "config/presets.hpp"

#include "config/parse.hpp"
#include "config/preset_vectors.hpp"
#include "config/reader.hpp"
#include "config/section.hpp"
#include "config/verify_checks.hpp"
#include "config/verify_values.hpp"
#include "core/check.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <iterator>
#include <optional>
#include <utility>

namespace headgate::config {
namespace {

constexpr std::int64_t gibibyte = 1024LL * 1024 * 1024;

std::string text_of(node const& tree, std::string_view key) {
    auto const* const found = tree.find(key);
    return found == nullptr ? std::string{} : found->text;
}

std::vector<preset> read_known() {
    std::vector<preset> all;
    for (auto const& [name, text] : embedded_presets()) {
        notes found;
        auto tree = parse(text, found.add_file(fmt::format("{}.yaml", name)), found);
        HEADGATE_CHECK(tree.has_value(), "a preset of our own is not YAML");
        preset one;
        one.name = name;
        one.title = text_of(*tree, "title");
        one.what = text_of(*tree, "what");
        one.link = text_of(*tree, "link");
        one.status = text_of(*tree, "status");
        one.text = text;
        one.tree = *std::move(tree);
        all.push_back(std::move(one));
    }
    std::ranges::sort(all, {}, &preset::name);
    return all;
}

// What a preset says about one of its params.
struct declared_param {
    std::string name;
    std::vector<std::string> fallback;  // Empty: none.
    bool is_optional = false;
    std::vector<std::string> one_of;  // Empty: any value.
};

std::vector<std::string> values_of(node const* at) {
    std::vector<std::string> all;
    if (at == nullptr) return all;
    if (at->is_scalar()) all.push_back(at->text);
    for (auto const& item : at->items) all.push_back(item.text);
    return all;
}

std::vector<declared_param> read_declared_params(reader& from) {
    std::vector<declared_param> all;
    for (auto& [name, one] : from.named("params")) {
        all.push_back({name, values_of(one.take("default")), one.flag("optional").value_or(false),
                       one.texts("one_of")});
        static_cast<void>(one.required_text("says", "the URL that the sender was given"));
        static_cast<void>(one.take("example"));  // For the page, and for a preset that nobody uses yet.
        one.finish();
    }
    return all;
}

void check_values(declared_param const& is, std::vector<std::string> const& given, node const& at,
                  std::string const& path, notes& into) {
    if (is.one_of.empty()) return;
    for (auto const& value : given) {
        if (std::ranges::find(is.one_of, value) != is.one_of.end()) continue;
        into.mistake(at, path, fmt::format("\"{}\" is no value of this param", value),
                     fmt::format("write {}{}", fmt::join(is.one_of, " or "),
                                 is.is_optional ? ", or leave it out" : ""));
    }
}

// Params that are not given get their default; those that the preset does not know are refused, because a
// misspelt one would do nothing.
void fill_params(std::vector<declared_param> const& declared, preset_params& given, node const& given_at,
                 std::string const& path, notes& into) {
    for (auto const& [name, values] : given) {
        auto const* const here = given_at.find(name);
        auto const& at = here == nullptr ? given_at : *here;
        auto const known = std::ranges::find(declared, name, &declared_param::name);
        if (known != declared.end()) {
            check_values(*known, values, at, child_path(path, name), into);
            continue;
        }
        std::vector<std::string> names;
        for (auto const& one : declared) names.push_back(one.name);
        into.mistake(at, child_path(path, name), "is no param of this preset",
                     names.empty() ? "remove it; this preset has none" : one_of(name, names));
    }
    for (auto const& one : declared) {
        if (!one.fallback.empty()) given.try_emplace(one.name, one.fallback);
    }
}

// The checks: `verify`, or those under `verify_with` for the first param there that is given.
void read_checks(reader& from, preset_params const& given, auth::settings& sender) {
    if (auto const* verify = from.take("verify")) {
        sender.verify = read_check(*verify, from.path_of("verify"), from.into());
    } else {
        from.mistake("verify", "is missing", "say how this sender proves itself");
    }
    for (auto const& [param, with] : from.named("verify_with")) {
        if (!given.contains(param)) continue;
        sender.verify = read_check(with.here(), with.path(), from.into());
        return;
    }
}

auth::settings read_sender(reader& from, preset_params const& given) {
    auth::settings sender;
    auto& into = from.into();
    // For people and for tests; `headgate presets` shows them.
    for (auto const key : {"title", "what", "link", "status"}) static_cast<void>(from.text(key));
    for (auto const key : {"params", "vectors"}) static_cast<void>(from.take(key));
    read_checks(from, given, sender);
    constexpr std::array<std::string_view, 3> coverages{"none", "partial", "full"};
    if (auto const covers = from.choice("covers", coverages)) sender.covers = static_cast<coverage>(*covers);
    if (auto const* delivery = from.take("delivery")) {
        sender.delivery = read_delivery(*delivery, from.path_of("delivery"), into);
    }
    if (from.has("methods")) sender.methods = from.texts("methods");
    if (auto const* answers = from.take("answers")) {
        read_answers(*answers, from.path_of("answers"), into, sender.answers);
    }
    if (auto const* handshake = from.take("handshake")) {
        sender.handshakes = read_handshakes(*handshake, from.path_of("handshake"), into);
    }
    if (auto limits = from.section("limits")) {
        if (auto const most = limits->whole("body_bytes_max", 0, gibibyte)) {
            sender.body_bytes_max = static_cast<std::size_t>(*most);
        }
        limits->finish();
    }
    from.finish();
    sender.params = given;
    return sender;
}

}  // namespace

std::vector<preset> const& known_presets() {
    static auto const all = read_known();
    return all;
}

preset_nodes const& embedded_preset_nodes() {
    static auto const all = [] {
        preset_nodes nodes;
        for (auto const& one : known_presets()) nodes.emplace(one.name, one.tree);
        return nodes;
    }();
    return all;
}

namespace {

// Where a text stands that an installation of a sender may name for itself.
constexpr std::array<std::string_view, 16> places_of_params{
    "header",  "query", "prefix", "algs",         "form",  "iss",      "jwks", "ca",
    "anchors", "san",   "cn",     "fingerprints", "hosts", "endpoint", "url",  "token_url"};

// The param that is to stand there; null where there is none.
node const* param_asked_for(member const& at) {
    bool const may_be_param = std::ranges::find(places_of_params, at.key) != places_of_params.end();
    return may_be_param && at.value.members.size() == 1 ? at.value.find("param") : nullptr;
}

void place(std::vector<std::string> const& values, bool as_list, node& at) {
    auto const put = [](std::string const& text, node& there) {
        there.kind = node_kind::scalar;
        there.text = text;
        there.quoted = true;
    };
    at.members.clear();
    if (values.size() == 1 && !as_list) return put(values.front(), at);
    at.kind = node_kind::list;
    at.items.assign(values.size(), at);
    for (std::size_t i = 0; i < values.size(); ++i) put(values[i], at.items[i]);
}

}  // namespace

void place_params(node& at, preset_params const& given, std::vector<std::string> const& optional,
                  std::string const& path, notes& into) {
    for (auto& item : at.items) place_params(item, given, optional, path, into);
    std::erase_if(at.members, [&](member const& one) {
        auto const* const param = one.key == "when" ? nullptr : param_asked_for(one);
        return param != nullptr && !given.contains(param->text) &&
               std::ranges::find(optional, param->text) != optional.end();
    });
    for (auto& one : at.members) {
        if (one.key == "when") continue;  // There a mapping names headers and parameters of its own.
        auto const* const param = param_asked_for(one);
        if (param == nullptr) {
            place_params(one.value, given, optional, path, into);
            continue;
        }
        auto const name = param->text;
        auto const found = given.find(name);
        bool const is_given = found != given.end() && !found->second.empty();
        if (!is_given) {
            into.mistake(one.value, path, fmt::format("the param {} is not configured", name),
                         fmt::format("write params: {{{}: …}} beside the preset", name));
        }
        place(is_given ? found->second : std::vector{name}, one.key == "algs", one.value);
    }
}

namespace {

// Of `verify_with`, what no given param asks for is left out, because its params have no values.
node with_params_placed(node const& preset, std::vector<declared_param> const& declared,
                        preset_params const& given, std::string const& path, notes& into) {
    node placed;
    placed.kind = preset.kind;
    placed.line = preset.line;
    placed.file = preset.file;
    for (auto const& one : preset.members) {
        if (one.key != "vectors") placed.members.push_back(one);
        if (one.key != "verify_with") continue;
        std::erase_if(placed.members.back().value.members,
                      [&](member const& with) { return !given.contains(with.key); });
    }
    std::vector<std::string> optional;
    for (auto const& one : declared) {
        if (one.is_optional) optional.push_back(one.name);
    }
    place_params(placed, given, optional, path, into);
    return placed;
}

}  // namespace

auth::settings read_preset(std::string const& name, node const& at, std::string const& path,
                           preset_params given, node const& given_at, std::string const& given_path,
                           notes& into) {
    if (at.is_empty()) return {};
    reader declares{at, path, into};
    auto const declared = read_declared_params(declares);
    fill_params(declared, given, given_at, given_path, into);
    // Without params the preset is read where it stands: ten thousand sources are not ten thousand copies.
    bool const is_used = given_path != path;  // Else it is read where it stands.
    std::optional<notes::place_guard> used;
    if (is_used) used.emplace(into, given_at);
    auto const before = into.mistakes();
    auto const with_params = declared.empty() ? node{} : with_params_placed(at, declared, given, path, into);
    if (into.mistakes() != before) return {};
    reader from{declared.empty() ? at : with_params, path, into};
    auto sender = read_sender(from, given);
    sender.preset = name;
    return sender;
}

namespace {

// A preset that is only looked at: the files that its params will name need not be there.
node without_files(node at) {
    std::erase_if(at.members, [](member const& one) {
        return (one.key == "anchors" || one.key == "ca") && param_asked_for(one) != nullptr;
    });
    for (auto& item : at.items) item = without_files(std::move(item));
    for (auto& one : at.members) one.value = without_files(std::move(one.value));
    return at;
}

}  // namespace

preset_nodes read_own_presets(node const& at, notes& into, std::vector<preset_trial>& trials) {
    auto all = embedded_preset_nodes();
    reader from{at, "presets", into};
    for (auto const& [name, line, own] : at.members) {
        auto const before = into.mistakes();
        auto const path = from.path_of(name);
        if (!is_name(name)) from.mistake(name, "cannot be a name", std::string{name_remedy});
        if (all.contains(name)) from.mistake(name, "is the name of a preset of ours", "choose another name");
        preset_params any;
        if (auto const* const params = own.find("params")) {
            for (auto const& [param, at_line, said] : params->members) {
                any[param] = values_of(said.find("default"));
                if (any[param].empty()) any[param] = values_of(said.find("example"));
                if (any[param].empty()) any[param] = values_of(said.find("one_of"));
                if (any[param].empty()) any[param] = {"x"};
            }
        }
        static_cast<void>(read_preset(name, without_files(own), path, std::move(any), own, path, into));
        if (into.mistakes() == before) {
            std::ranges::move(read_trials(name, own, path, into), std::back_inserter(trials));
        }
        all.try_emplace(name, into.mistakes() == before ? own : node{});
    }
    return all;
}

}  // namespace headgate::config
