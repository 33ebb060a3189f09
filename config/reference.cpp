#include "config/reader.hpp"
#include "config/schema.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <string>
#include <string_view>

namespace headgate::config {
namespace {

constexpr std::string_view introduction = R"(# Configuration

<!-- Made from the declarations in `config/`; see the end of the page. -->

One YAML file, or a folder: `headgate serve --config FILE-OR-FOLDER`. `headgate check` lists everything
that is wrong, each with its place and what to do; a configuration with a mistake is refused whole.
`headgate schema` prints a JSON Schema of a whole configuration, for editors. Examples are in
`config/examples/`.

- **Folder.** Every `*.yaml` and `*.yml` in it is read, in the order of the names; folders in it and hidden
  files are not. `sources`, `presets`, `targets`, `rules` and `operators` may be spread over several
  files; the same name twice is a mistake. Every other key stands in one file.
- **Strict.** Unknown keys, keys written twice, anchors, aliases and tags are mistakes. A file has at most
  1 MiB and 32 levels, a folder at most 256 files.
- **A change** is taken up while the gateway runs, whole or not at all; what needs a restart says so. See
  [Change the configuration](../how-to/change-the-configuration.md).
- **Secrets are references**, never values: `{file: NAME}` or `{env: NAME}`. Of a file exactly one line end
  at its end is dropped. A file that everybody may write is refused; one that others than its owner may
  read is warned about. A secret has at most 64 KiB.
- **File names** that are relative mean: from the folder of the configuration file that names them.
- **Durations** are a whole number and a unit: `2500ms`, `300s`, `5m`, `24h`, `30d`. **Sizes** are whole
  bytes.
- **Names** of sources, targets, rules and operators: 1 to 63 letters, digits, `-` and `_`, with a letter or
  digit first.
- **Programs** are written in jq. Put them in single quotes, or in a block after `|`.
)";

constexpr std::string_view ending = R"(
This page is made by `config::reference_markdown()`. After a change to a setting, write it anew:
`HEADGATE_WRITE_REFERENCE=1 build/dev/tests/unit_config --gtest_filter='reference.*'`
)";

// Bars would end a cell of a table.
std::string in_cell(std::string_view text) {
    std::string cell;
    for (char const c : text) {
        if (c == '|') cell += '\\';
        cell += c == '\n' ? ' ' : c;
    }
    return cell;
}

std::string range_of(setting const& one) {
    if (one.kind != setting_kind::duration) return fmt::format("{} to {}", one.least, one.most);
    return fmt::format("{} to {}", to_text(std::chrono::milliseconds{one.least}),
                       to_text(std::chrono::milliseconds{one.most}));
}

std::string type_of(setting const& one) {
    switch (one.kind) {
        case setting_kind::mapping: return "mapping";
        case setting_kind::named: return "mapping of names";
        case setting_kind::list: return "list";
        case setting_kind::text: return "text";
        case setting_kind::program: return "program";
        case setting_kind::flag: return "true or false";
        case setting_kind::whole: return "whole number, " + range_of(one);
        case setting_kind::number: return "number, " + range_of(one);
        case setting_kind::duration: return "duration, " + range_of(one);
        case setting_kind::choice: return fmt::format("`{}`", fmt::join(one.choices, "`, `"));
        case setting_kind::texts: return "list of texts";
        case setting_kind::pairs: return "names with texts";
        case setting_kind::programs: return "names with programs";
        case setting_kind::secret: return "reference to a secret";
        case setting_kind::special: return "see the text";
    }
    return "";
}

std::string default_of(setting const& one) {
    if (one.required) return "required";
    if (!one.inside.empty()) return "";
    if (!one.fallback_says.empty()) return one.fallback_says;
    return one.fallback.empty() ? "none" : fmt::format("`{}`", one.fallback);
}

void write_row(setting const& one, std::string const& path, std::string& page) {
    page += fmt::format("| `{}` | {} | {} | {} |\n", path, in_cell(type_of(one)), in_cell(default_of(one)),
                        in_cell(one.says));
}

void write_rows(setting const& parent, std::string const& path, std::string& page) {
    for (auto const& one : parent.inside) {
        auto inner = path.empty() ? one->key : path + "." + one->key;
        write_row(*one, inner, page);
        if (one->kind == setting_kind::named) inner += ".NAME";
        if (one->kind == setting_kind::list) inner += "[]";
        write_rows(*one, inner, page);
    }
}

}  // namespace

std::string reference_markdown() {
    auto page = std::string{introduction};
    auto const all = describe_settings();
    for (auto const& one : all.inside) {
        page += fmt::format("\n## {}\n\n{}{}\n", one->key, one->says, one->required ? " Required." : "");
        if (one->inside.empty()) continue;
        page += "\n| setting | is | default | what it does |\n| --- | --- | --- | --- |\n";
        auto path = one->key;
        if (one->kind == setting_kind::named) path += ".NAME";
        if (one->kind == setting_kind::list) path += "[]";
        write_rows(*one, path, page);
    }
    page += ending;
    return page;
}

}  // namespace headgate::config
