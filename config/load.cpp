#include "config/load.hpp"

#include "config/check.hpp"
#include "config/declare.hpp"
#include "config/folder.hpp"
#include "config/notes.hpp"
#include "config/reader.hpp"
#include "config/section.hpp"

#include <utility>

namespace headgate::config {

loaded load(std::filesystem::path const& path) {
    notes found;
    auto files = read_files(path, found);
    loaded outcome;
    outcome.places = locations{files.root, found};
    configuration made;
    made.revision = std::move(files.revision);
    // Where a file is missing, what it would have said would only be reported as missing once more.
    if (files.readable) {
        reader from{files.root, "", found};
        section root{from};
        declare_configuration(root, made);
        from.finish();
        check_together(made, outcome.places, found);
    }
    if (found.mistakes() == 0) {
        outcome.made = std::move(made);
    } else {
        outcome.readable = std::move(made);
    }
    outcome.made_from = found.made_from();
    outcome.found = std::move(found).take();
    return outcome;
}

}  // namespace headgate::config
