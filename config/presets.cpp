#include "config/presets.hpp"

#include "config/parse.hpp"
#include "config/reader.hpp"
#include "config/verify_checks.hpp"
#include "core/check.hpp"

#include <fmt/format.h>

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
    return all;
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

auth::settings read_preset(std::string const& name, node const& at, std::string const& path, notes& into) {
    reader from{at, path, into};
    auth::settings sender;
    sender.preset = name;
    // For people; `headgate presets` shows them.
    for (auto const key : {"title", "what", "link", "status"}) static_cast<void>(from.text(key));

    if (auto const* verify = from.take("verify")) {
        sender.verify = read_check(*verify, from.path_of("verify"), into);
    } else {
        from.mistake("verify", "is missing", "say how this sender proves itself");
    }
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
    return sender;
}

}  // namespace headgate::config
