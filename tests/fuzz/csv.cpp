#include "config/csv.hpp"

#include "core/check.hpp"
#include "tests/fuzz/looks.hpp"

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace headgate::fuzz {
namespace {

using records = std::vector<std::vector<std::string>>;

std::optional<records> records_in(std::string_view text) {
    records all;
    for (config::csv_reader from{text};;) {
        auto record = from.next();
        if (!record) return std::nullopt;
        if (!*record) return all;
        all.push_back(**std::move(record));
    }
}

// Every field in quotes, which is right for any field.
std::string written(records const& all) {
    std::string text;
    for (auto const& record : all) {
        for (std::size_t i = 0; i < record.size(); ++i) {
            text += i == 0 ? "\"" : ",\"";
            for (char const c : record[i]) text.append(c == '"' ? 2 : 1, c);
            text += '"';
        }
        text += "\r\n";
    }
    return text;
}

}  // namespace

bool look_at_csv(std::string_view input) {
    auto const read = records_in(input);
    if (!read) return false;
    HEADGATE_CHECK(records_in(written(*read)) == read, "what was read can be written and read again");
    return true;
}

}  // namespace headgate::fuzz
