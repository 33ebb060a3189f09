#include "config/load.hpp"

#include "config/check.hpp"
#include "config/declare.hpp"
#include "config/folder.hpp"
#include "config/notes.hpp"
#include "config/reader.hpp"
#include "config/section.hpp"
#include "config/templates.hpp"
#include "core/digest.hpp"
#include "core/encoding.hpp"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace headgate::config {
namespace {

std::string revision_of(std::vector<std::string> const& texts, std::vector<std::string> const& data) {
    constexpr std::size_t digits = 16;
    std::vector<std::string_view> fields{texts.begin(), texts.end()};
    fields.insert(fields.end(), data.begin(), data.end());
    return to_hex(sha256_of_fields(fields)).substr(0, digits);
}

}  // namespace

loaded load(std::filesystem::path const& path) {
    notes found;
    auto files = read_files(path, found);
    loaded outcome;
    if (files.readable) outcome.borrowed = use_templates(files.root, found);
    outcome.places = locations{files.root, found};
    configuration made;
    // Where a file is missing, what it would have said would only be reported as missing once more.
    if (files.readable) {
        reader from{files.root, "", found};
        section root{from};
        declare_configuration(root, made);
        from.finish();
        check_together(made, outcome.places, found);
    }
    made.revision = revision_of(files.texts, found.data());
    if (found.mistakes() == 0) {
        outcome.made = std::move(made);
    } else {
        outcome.readable = std::move(made);
    }
    outcome.made_from = found.made_from();
    outcome.found = told_once(std::move(found).take(), outcome.borrowed);
    return outcome;
}

}  // namespace headgate::config
