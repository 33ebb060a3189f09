#include "app/tables.hpp"

#include "core/text.hpp"
#include "json/parse.hpp"
#include "json/write.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

namespace headgate::app {
namespace {

using row = std::vector<std::string>;

constexpr std::string_view event_columns[]{"received_at", "id", "source", "type", "state", "duplicates"};
constexpr std::string_view delivery_columns[]{"created_at", "id", "rule", "state", "workflow_id", "reason"};

// A stored text may hold what moves a terminal's cursor.
std::string printable(std::string_view text) {
    std::string safe;
    while (!text.empty()) {
        auto const bytes = std::max<std::size_t>(character_bytes(text), 1);
        safe += is_control(text.substr(0, bytes)) ? std::string_view{" "} : text.substr(0, bytes);
        text.remove_prefix(bytes);
    }
    return safe;
}

// Of a whole character of several bytes.
std::uint32_t code_point_of(std::string_view character) {
    auto point = static_cast<std::uint32_t>(static_cast<unsigned char>(character.front())) &
                 (0x7fU >> character.size());
    for (char const next : character.substr(1))
        point = point << 6 | (static_cast<unsigned char>(next) & 0x3fU);
    return point;
}

// The same of JSON, in which such a character of several bytes can only stand in a string: it becomes an
// escape, and the JSON says what it said.
std::string escaped(std::string_view json) {
    std::string safe;
    safe.reserve(json.size());
    while (!json.empty()) {
        auto const character = json.substr(0, std::max<std::size_t>(character_bytes(json), 1));
        if (character.size() > 1 && is_control(character)) {
            safe += fmt::format("\\u{:04x}", code_point_of(character));
        } else {
            safe += character;
        }
        json.remove_prefix(character.size());
    }
    return safe;
}

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
