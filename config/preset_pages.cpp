#include "config/preset_pages.hpp"

#include "config/preset_vectors.hpp"
#include "json/write.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>
#include <string_view>
#include <vector>

namespace headgate::config {
namespace {

constexpr std::string_view ending = R"(
This page is made from `auth/presets/{0}.yaml`; after a change there, write it anew:
`HEADGATE_WRITE_REFERENCE=1 build/dev/tests/unit_config --gtest_filter='*reference.*'`
)";

// The file without its vectors.
std::string_view definition_of(preset const& one) {
    std::string_view const text = one.text;
    return text.substr(0, text.find("\nvectors:\n") + 1);
}

// One line of YAML.
std::string flow(node const& at) {
    if (at.is_list()) {
        std::vector<std::string> items;
        for (auto const& item : at.items) items.push_back(flow(item));
        return fmt::format("[{}]", fmt::join(items, ", "));
    }
    if (at.is_mapping()) {
        std::vector<std::string> members;
        for (auto const& one : at.members) members.push_back(one.key + ": " + flow(one.value));
        return fmt::format("{{{}}}", fmt::join(members, ", "));
    }
    if (!at.quoted) return at.text;
    json::writer out;
    out.string(at.text);
    return std::move(out).take();
}

// The secrets that its checks and handshakes ask for, by name.
void gather_secrets(node const& at, std::set<std::string>& into) {
    for (auto const& item : at.items) gather_secrets(item, into);
    for (auto const& [key, line, value] : at.members) {
        bool const is_name = key == "secret" || key == "basic" || key == "bearer" || key == "oauth2";
        if (is_name && value.is_scalar()) into.insert(value.text);
        bool const is_token_key = key == "secret" && value.is_mapping();
        if (key == "mac" || key == "key" || is_token_key) into.insert("signing");
        gather_secrets(value, into);
    }
}

// Whether the URL that the sender called is part of what it signs.
bool signs_url(node const& at) {
    return std::ranges::any_of(at.items, signs_url) || std::ranges::any_of(at.members, [](auto const& one) {
               return (one.key == "url" && one.value.find("base") != nullptr) || signs_url(one.value);
           });
}

std::string covers_in_words(preset const& one) {
    auto const covers = one.tree.find("covers")->text;
    if (covers == "full") return "the whole body";
    if (covers == "partial") return "a part of the body; the rest could be anybody's";
    return "nothing of the body: it proves who sends, not what";
}

// The words after "params" and "secrets" of a source that uses the preset.
std::string usage(preset const& one) {
    std::set<std::string> secrets;
    gather_secrets(one.tree, secrets);
    auto const at = fmt::format("/run/secrets/{}", one.name);
    std::string text =
        fmt::format("sources:\n  {0}:\n    path: /webhooks/{0}\n    verify:\n      preset: {0}\n", one.name);
    if (secrets.contains("signing")) text += fmt::format("      secrets: [{{file: {}}}]\n", at);
    if (signs_url(*one.tree.find("verify"))) text += "      public_url: https://hooks.example.com\n";
    if (auto const* params = one.tree.find("params")) {
        std::vector<std::string> given;
        for (auto const& [name, line, said] : params->members) {
            if (auto const* example = said.find("example")) given.push_back(name + ": " + flow(*example));
        }
        if (!given.empty()) text += fmt::format("      params: {{{}}}\n", fmt::join(given, ", "));
    }
    secrets.erase("signing");
    for (auto const& name : secrets)
        text += fmt::format("    secrets: {{{0}: [{{file: {1}-{0}}}]}}\n", name, at);
    return text;
}

std::string facts(preset const& one) {
    std::string rows = "| | |\n| --- | --- |\n";
    auto const row = [&](std::string_view name, std::string const& text) {
        rows += fmt::format("| {} | {} |\n", name, text);
    };
    auto const as_code = [](node const* at) { return "`" + flow(*at) + "`"; };
    row("signed", covers_in_words(one));
    std::set<std::string> secrets;
    gather_secrets(one.tree, secrets);
    row("secrets", secrets.empty() ? "none" : fmt::format("`{}`", fmt::join(secrets, "`, `")));
    if (auto const* const params = one.tree.find("params")) {
        for (auto const& [name, line, said] : params->members) {
            auto const* const fallback = said.find("default");
            auto const more = fallback != nullptr ? fmt::format(" (default {})", as_code(fallback))
                              : said.find("optional") != nullptr ? " (may be left out)"
                                                                 : " (needed)";
            row(fmt::format("param `{}`", name), said.find("says")->text + more);
        }
    }
    if (signs_url(*one.tree.find("verify")))
        row("`public_url`", "needed: scheme, host and port that the sender sees");
    auto const* const delivery = one.tree.find("delivery");
    auto const* id = delivery == nullptr ? nullptr : delivery->find("id");
    if (delivery != nullptr && id == nullptr) id = delivery->find("id_each");
    if (id == nullptr) {
        row("delivery id", "none: give the source a `dedupe` of its own, or `replay: digest`");
    } else {
        auto const* const is_signed = delivery->find("id_signed");
        bool const proven = is_signed != nullptr && is_signed->text == "true";
        row("delivery id",
            as_code(id) + (proven
                               ? ", signed"
                               : ", not signed: who has captured a request can send it again under another "
                                 "(see `replay: digest`)"));
    }
    if (auto const* const event = delivery == nullptr ? nullptr : delivery->find("event")) {
        row("event type", as_code(event));
    }
    for (auto const* const key : {"methods", "answers", "limits"}) {
        if (auto const* const found = one.tree.find(key)) row(key, as_code(found));
    }
    row("provider's page", fmt::format("<{}>", one.link));
    row("status", one.status);
    return rows;
}

std::string shown(std::string const& text) {
    if (text.starts_with("-----BEGIN ")) return "a PEM text (see the preset's file)";
    return "`" + text + "`";
}

std::string one_request(preset_vector const& with) {
    auto text = fmt::format("Judged at {}", to_rfc3339(with.at));
    for (auto const& [name, value] : with.secrets)
        text += fmt::format(", secret `{}` being {}", name, shown(value));
    if (!with.public_url.empty()) text += fmt::format(", `public_url` {}", with.public_url);
    for (auto const& [name, values] : with.params)
        text += fmt::format(", param `{}` being {}", name, shown(values.front()));
    if (!with.incoming.head.client_certificate.empty()) text += ", with a client certificate";
    text += fmt::format(" ({}):\n\n```http\n{} {} HTTP/1.1\n", with.says, with.incoming.head.method,
                        with.incoming.head.target);
    for (auto const& [name, value] : with.incoming.head.fields) text += fmt::format("{}: {}\n", name, value);
    if (!with.incoming.body.empty()) text += "\n" + with.incoming.body;
    return text + (text.ends_with('\n') ? "```\n" : "\n```\n");
}

}  // namespace

std::string preset_page(preset const& one) {
    auto page = fmt::format("# {}\n\n{}\n\n{}\n```yaml\n{}```\n\n## A request that it accepts\n\n", one.title,
                            one.what, facts(one), usage(one));
    notes unused;
    static_cast<void>(unused.add_file(one.name));
    for (auto const& with : read_vectors(one.tree, one.name, unused)) page += one_request(with) + "\n";
    page += fmt::format("## The preset\n\n```yaml\n{}```\n", definition_of(one));
    return page + fmt::format(fmt::runtime(ending), one.name);
}

std::string presets_index() {
    std::string page =
        "# Presets\n\nThe senders that Headgate knows by name: `headgate presets` lists them, `headgate "
        "presets "
        "show NAME` prints\none to begin a preset of your own with (see "
        "[Add a source](../../how-to/add-a-source.md)).\n\n| preset | sender | signed |\n| --- | --- | --- "
        "|\n";
    for (auto const& one : known_presets()) {
        page += fmt::format("| [`{0}`]({0}.md) | {1} | {2} |\n", one.name, one.title, covers_in_words(one));
    }
    return page;
}

std::string as_own_preset(preset const& one) {
    auto text = fmt::format("presets:\n  my-{}:\n", one.name);
    auto rest = definition_of(one);
    while (!rest.empty()) {
        auto const line = rest.substr(0, rest.find('\n') + 1);
        text += "    ";
        text += line;
        rest.remove_prefix(line.size());
    }
    return text;
}

}  // namespace headgate::config
