#include "app/tables.hpp"

#include "app/printable.hpp"
#include "json/parse.hpp"
#include "json/write.hpp"

#include <algorithm>
#include <span>
#include <vector>

namespace headgate::app {
namespace {

using row = std::vector<std::string>;

constexpr std::string_view event_columns[]{"received_at", "id", "source", "type", "state", "duplicates"};
constexpr std::string_view delivery_columns[]{"created_at", "id", "rule", "state", "workflow_id", "reason"};

std::string cell(json::value const& item, std::string_view column) {
    auto const found = item.find(column);
    if (!found || found->is_null()) return "";
    return found->is_string() ? printable(found->as_string()) : json::write(*found);
}

std::string shown(json::value const& item) {
    return escaped(json::write_indented(item));
}

std::string aligned(std::vector<row> const& rows) {
    std::vector<std::size_t> widths(rows.front().size());
    for (auto const& each : rows) {
        for (std::size_t i = 0; i < each.size(); ++i) widths[i] = std::max(widths[i], each[i].size());
    }
    std::string text;
    for (auto const& each : rows) {
        std::string line;
        for (std::size_t i = 0; i < each.size(); ++i) {
            line += each[i] + std::string(widths[i] - each[i].size() + 2, ' ');
        }
        line.erase(line.find_last_not_of(' ') + 1);
        text += line + '\n';
    }
    text.pop_back();
    return text;
}

std::string table_of(json::value const& answer, std::span<std::string_view const> columns) {
    std::vector<row> rows;
    rows.emplace_back(columns.begin(), columns.end());
    auto const items = answer.find("items");
    if (!items || !items->is_array()) return shown(answer);
    for (auto const& item : items->items()) {
        auto& cells = rows.emplace_back();
        for (auto const column : columns) cells.push_back(cell(item, column));
    }
    auto text = aligned(rows);
    auto const next = answer.find("next");
    if (next && next->is_string()) text += "\nmore: --after " + std::string{next->as_string()};
    return text;
}

}  // namespace

std::string as_table(std::string_view resource, std::string_view act, std::string_view json) {
    json::arena values;
    auto const answer = json::parse(json, values);
    if (!answer) return std::string{json};
    if (act != "list") return shown(answer->root);
    if (resource == "events") return table_of(answer->root, event_columns);
    return table_of(answer->root, delivery_columns);
}

}  // namespace headgate::app
