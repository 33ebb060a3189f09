#include "config/presets.hpp"

#include "config/parse.hpp"
#include "config/reader.hpp"
#include "config/section.hpp"
#include "config/verify_checks.hpp"
#include "config/verify_values.hpp"
#include "core/check.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
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
    std::optional<std::string> fallback;
};

std::vector<declared_param> read_declared_params(reader& from) {
    std::vector<declared_param> all;
    for (auto& [name, one] : from.named("params")) {
        all.push_back({name, read_any_text(one, "default")});
        static_cast<void>(one.required_text("says", "the URL that the sender was given"));
        static_cast<void>(one.flag("optional"));
        one.finish();
    }
    return all;
}

// Params that are not given get their default; those that the preset does not know are refused, because a
// misspelt one would do nothing.
void fill_params(std::vector<declared_param> const& declared, preset_params& given, node const& at,
                 std::string const& path, notes& into) {
    for (auto const& [name, values] : given) {
        if (std::ranges::find(declared, name, &declared_param::name) != declared.end()) continue;
        std::vector<std::string> names;
        for (auto const& one : declared) names.push_back(one.name);
        into.mistake(at, child_path(path, name), "is no param of this preset",
                     names.empty() ? "remove it; this preset has none" : one_of(name, names));
    }
    for (auto const& one : declared) {
        if (one.fallback) given.try_emplace(one.name, std::vector{*one.fallback});
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

void place_params(node& at, preset_params const& given, std::string const& path, notes& into) {
    for (auto& item : at.items) place_params(item, given, path, into);
    for (auto& [key, line, value] : at.members) {
        if (key == "when") continue;  // There a mapping names headers and parameters of its own.
        bool const may_be_param = key == "header" || key == "query" || key == "prefix";
        auto const* const param = may_be_param && value.members.size() == 1 ? value.find("param") : nullptr;
        if (param == nullptr) {
            place_params(value, given, path, into);
            continue;
        }
        auto const found = given.find(param->text);
        bool const is_one = found != given.end() && found->second.size() == 1;
        if (!is_one) {
            into.mistake(value, path, fmt::format("the param {} is not configured", param->text),
                         fmt::format("write params: {{{}: …}} beside the preset, one value", param->text));
        }
        value.text = is_one ? found->second.front() : param->text;
        value.kind = node_kind::scalar;
        value.quoted = true;
        value.members.clear();
    }
}

namespace {

// Of `verify_with`, what no given param asks for is left out, because its params have no values.
node with_params_placed(node const& preset, preset_params const& given, std::string const& path,
                        notes& into) {
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
    place_params(placed, given, path, into);
    return placed;
}

}  // namespace

auth::settings read_preset(std::string const& name, node const& at, std::string const& path,
                           preset_params given, std::string const& params_path, notes& into) {
    if (at.is_empty()) return {};
    reader declares{at, path, into};
    auto const declared = read_declared_params(declares);
    fill_params(declared, given, at, params_path, into);
    // Without params the preset is read where it stands: ten thousand sources are not ten thousand copies.
    auto const with_params = declared.empty() ? node{} : with_params_placed(at, given, path, into);
    reader from{declared.empty() ? at : with_params, path, into};
    auto sender = read_sender(from, given);
    sender.preset = name;
    return sender;
}

preset_nodes read_own_presets(node const& at, notes& into) {
    auto all = embedded_preset_nodes();
    reader from{at, "presets", into};
    for (auto const& [name, line, own] : at.members) {
        auto const before = into.mistakes();
        auto const path = from.path_of(name);
        if (!is_name(name)) from.mistake(name, "cannot be a name", std::string{name_remedy});
        if (all.contains(name)) from.mistake(name, "is the name of a preset of ours", "choose another name");
        preset_params any;
        if (auto const* const params = own.find("params")) {
            for (auto const& param : params->members) any[param.key] = {"x"};
        }
        static_cast<void>(read_preset(name, own, path, std::move(any), path, into));
        all.try_emplace(name, into.mistakes() == before ? own : node{});
    }
    return all;
}

}  // namespace headgate::config
