#pragma once

#include "config/data_file.hpp"
#include "core/problem.hpp"
#include "transforms/settings.hpp"

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <utility>

namespace headgate::config {

// How one table is made from its file.
struct table_settings {
    std::string file;
    std::string key;    // Of a CSV file: the column whose texts are the keys; empty: the first.
    std::string value;  // Of a CSV file: the column that is the value; empty: the whole row.
    std::size_t bytes_max = std::size_t{4} * 1024 * 1024;
    std::size_t rows_max = 100'000;
};

// The table as an object. What is wrong is noted, and then it has what could be read.
[[nodiscard]] json::value read_table(data_file const& from, table_settings const& how, json::arena& where);

// Tables without a configuration, each made from the file beside its name as if nothing else was said of it.
[[nodiscard]] std::shared_ptr<transforms::lookup_tables const> read_tables(
    std::span<std::pair<std::string, std::string> const> files_by_name, problems& found);

}  // namespace headgate::config
