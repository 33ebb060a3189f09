#include "config/declare.hpp"
#include "config/tables.hpp"

#include <memory>
#include <string>
#include <utility>
#include <vector>

// What rules look up: `lookup("table"; key)`.

namespace headgate::config {
namespace {

void declare_file(section& at, table_settings& into) {
    at.text(
        "file", into.file,
        {.says = "A `*.csv` file whose first line names the columns, or a `*.yaml` or `*.json` file with a "
                 "mapping of keys to any values. A change of it is a change of the configuration.",
         .example = "connections.csv"});
    at.text("key", into.key,
            {.says = "Of a CSV file: the column whose texts are the keys, each of which may be there once.",
             .fallback_says = "the first column"});
    at.text("value", into.value,
            {.says = "Of a CSV file: the column whose text is the value.",
             .fallback_says = "the whole row, an object with a text for each column"});
    at.whole("bytes_max", into.bytes_max, 1, 256 * mebibyte, {.says = "The largest file that is read."});
    at.whole("rows_max", into.rows_max, 1, 10'000'000, {.says = "So many keys at most."});
}

constexpr std::string_view entries_schema = R"({"type": "object"})";

json::value entries_of(section& at, node const& given, json::arena& where) {
    if (given.is_mapping()) return to_json(given, where);
    at.mistake("entries", "is not a mapping", "write each key with its value, `{key: value}`");
    return json::value::object({}, where);
}

// An object in any case: rules that look into a table with mistakes are not wrong for that.
json::value declare_table(section& at, json::arena& where) {
    table_settings how;
    declare_file(at, how);
    auto const* const given = at.special("entries", entries_schema,
                                         {.says = "The table itself, instead of a file: `{key: value, …}`."});
    auto const nothing = json::value::object({}, where);
    if (at.reads() == nullptr) return nothing;
    if (how.file.empty() == (given == nullptr)) {
        at.reads()->into().mistake(at.reads()->here(), at.reads()->path(),
                                   "needs exactly one of `file` and `entries`",
                                   "write for example {file: connections.csv}");
        return nothing;
    }
    if (given != nullptr) return entries_of(at, *given, where);
    auto const from = data_file::read(*at.reads(), "file", how.file, how.bytes_max);
    return from ? read_table(*from, how, where) : nothing;
}

}  // namespace

void declare_tables(section& root, dispatch::settings& into) {
    auto all = std::make_shared<transforms::lookup_tables>();
    std::vector<json::member> tables;
    root.named(
        "tables",
        {.says =
             "What rules look up, by name: `lookup(\"connections\"; .body.repository.full_name)`. See [the "
             "rule language](rule-language.md#tables)."},
        [&](section& at, std::string const& name) {
            auto const table = declare_table(at, all->kept);
            tables.push_back({json::value::string(name, all->kept).as_string(), table});
        });
    all->by_name = json::value::object(tables, all->kept);
    into.tables = std::move(all);
}

std::shared_ptr<transforms::lookup_tables const> read_tables(
    std::span<std::pair<std::string, std::string> const> files_by_name, problems& found) {
    node tables{.kind = node_kind::mapping};
    for (auto const& [name, file] : files_by_name) {
        node table{.kind = node_kind::mapping};
        table.members.push_back({.key = "file", .value = {.kind = node_kind::scalar, .text = file}});
        tables.members.push_back({.key = name, .value = std::move(table)});
    }
    node all{.kind = node_kind::mapping};
    all.members.push_back({.key = "tables", .value = std::move(tables)});
    notes own;
    reader from{all, "", own};
    section root{from};
    dispatch::settings made;
    declare_tables(root, made);
    found = std::move(own).take();
    return made.tables;
}

}  // namespace headgate::config
