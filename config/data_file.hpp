#pragma once

#include "config/node.hpp"
#include "config/section.hpp"
#include "json/value.hpp"

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace headgate::config {

// YAML as JSON: what is not quoted and JSON's `true`, `false`, `null` or number is that, with its digits
// kept; an empty value and `~` are null; everything else is text.
[[nodiscard]] json::value to_json(node const& from, json::arena& where);

// A file of data that a setting names: a table, a schema. The configuration depends on it, and what is wrong
// in it is noted with its own name and line.
class data_file {
public:
    // `named` is what stands under `key`. Nothing where the file cannot be used, which is noted.
    [[nodiscard]] static std::optional<data_file> read(reader& at, std::string_view key,
                                                       std::string const& named, std::size_t bytes_max);

    [[nodiscard]] std::string_view bytes() const noexcept { return bytes_; }
    [[nodiscard]] bool is_named(std::string_view extension) const { return path_.extension() == extension; }

    // What a *.yaml, *.yml or *.json file says. Nothing where it is none, which is noted.
    [[nodiscard]] std::optional<json::value> document(json::arena& where) const;

    // Line 0: of the whole file.
    void mistake(int line, std::string what, std::string remedy) const;

private:
    data_file(reader const& at, std::string_view key) : into_{&at.into()}, setting_{at.path_of(key)} {}

    [[nodiscard]] std::optional<json::value> yaml(json::arena& where) const;
    [[nodiscard]] std::optional<json::value> json_text(json::arena& where) const;

    notes* into_;
    std::string setting_;
    std::filesystem::path path_;
    std::string bytes_;
};

}  // namespace headgate::config
