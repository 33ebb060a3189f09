#include "config/tables.hpp"

#include "config/csv.hpp"
#include "core/text.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace headgate::config {
namespace {

using fields = std::vector<std::string>;

// Turns the records of a CSV file into the members of a table.
class csv_table {
public:
    csv_table(data_file const& from, table_settings const& how, json::arena& where)
        : from_{from}, how_{how}, where_{where}, records_{from.bytes()} {}

    json::value read() {
        if (read_header()) read_rows();
        return json::value::object(rows_, where_);
    }

private:
    // Nothing at the end, and where a record cannot be read.
    std::optional<fields> next() {
        auto record = records_.next();
        if (record) return *std::move(record);
        from_.mistake(records_.line(), std::move(record.error().message), std::move(record.error().remedy));
        return std::nullopt;
    }

    bool read_header() {
        auto first = next();
        if (!first) {
            if (from_.bytes().empty())
                from_.mistake(0, "is empty", "begin with a line that names the columns");
            return false;
        }
        for (auto one = first->begin(); one != first->end(); ++one) {
            if (one->empty() || std::find(first->begin(), one, *one) != one) {
                from_.mistake(
                    records_.line(),
                    one->empty() ? "a column has no name" : fmt::format("\"{}\" names two columns", *one),
                    "give each column a name of its own");
                return false;
            }
        }
        for (auto const& name : *first) columns_.push_back(json::value::string(name, where_).as_string());
        bool const has_key = find_column(how_.key, key_);
        return find_column(how_.value, value_) && has_key;
    }

    bool find_column(std::string const& name, std::size_t& into) {
        if (name.empty()) return true;
        auto const found = std::ranges::find(columns_, name);
        into = static_cast<std::size_t>(found - columns_.begin());
        if (found != columns_.end()) return true;
        from_.mistake(records_.line(), fmt::format("has no column \"{}\"", name),
                      one_of(name, std::vector<std::string>{columns_.begin(), columns_.end()}));
        return false;
    }

    void read_rows() {
        while (auto const row = next()) {
            if (rows_.size() == how_.rows_max) {
                from_.mistake(records_.line(), fmt::format("has more than {} rows", how_.rows_max),
                              "take rows out, or raise its rows_max");
                return;
            }
            add(*row);
        }
    }

    void add(fields const& row) {
        auto const line = records_.line();
        if (row.size() != columns_.size()) {
            from_.mistake(line,
                          fmt::format("has {} fields, and there are {} columns", row.size(), columns_.size()),
                          "give every line a field for each column");
            return;
        }
        auto const key = json::value::string(row[key_], where_).as_string();
        auto const [first, is_new] = lines_.emplace(key, line);
        if (!is_new) {
            from_.mistake(line, fmt::format("has the key \"{}\" of line {}", key, first->second),
                          "keep one of the two, or choose another column as `key`");
            return;
        }
        rows_.push_back({key, how_.value.empty() ? whole(row) : json::value::string(row[value_], where_)});
    }

    json::value whole(fields const& row) {
        std::vector<json::member> members;
        for (std::size_t i = 0; i < row.size(); ++i) {
            members.push_back({columns_[i], json::value::string(row[i], where_)});
        }
        return json::value::object(members, where_);
    }

    data_file const& from_;
    table_settings const& how_;
    json::arena& where_;
    csv_reader records_;
    std::vector<std::string_view> columns_;
    std::size_t key_ = 0;
    std::size_t value_ = 0;
    std::unordered_map<std::string_view, int> lines_;  // Of each key.
    std::vector<json::member> rows_;
};

json::value nothing(json::arena& where) {
    return json::value::object({}, where);
}

json::value from_document(data_file const& from, table_settings const& how, json::arena& where) {
    if (!how.key.empty() || !how.value.empty()) {
        from.mistake(0, "has no columns: `key` and `value` are for CSV files", "remove them");
        return nothing(where);
    }
    auto const read = from.document(where);
    if (!read) return nothing(where);
    if (!read->is_object()) {
        from.mistake(0, "is not a mapping", "write each key with its value, `key: value`");
        return nothing(where);
    }
    if (read->members().size() <= how.rows_max) return *read;
    from.mistake(0, fmt::format("has more than {} rows", how.rows_max),
                 "take rows out, or raise its rows_max");
    return nothing(where);
}

}  // namespace

json::value read_table(data_file const& from, table_settings const& how, json::arena& where) {
    bool const has_columns = from.is_named(".csv");
    if (!has_columns && !from.is_named(".yaml") && !from.is_named(".yml") && !from.is_named(".json")) {
        from.mistake(0, "is of no kind that can be a table", "name it *.csv, *.yaml or *.json");
        return nothing(where);
    }
    if (!has_columns) return from_document(from, how, where);
    if (!is_utf8(from.bytes())) {
        from.mistake(0, "is not UTF-8 text", "save it as UTF-8");
        return nothing(where);
    }
    return csv_table{from, how, where}.read();
}

}  // namespace headgate::config
