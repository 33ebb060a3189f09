#include "config/declare.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace headgate::config {
namespace {

using transforms::content_coding;

using coding_name = std::pair<std::string_view, content_coding>;
constexpr std::array<coding_name, 3> coding_names{
    {{"gzip", content_coding::gzip}, {"zstd", content_coding::zstd}, {"br", content_coding::br}}};

void declare_encodings(section& at, std::vector<content_coding>& into) {
    std::vector<std::string> names;
    bool const is_said = at.texts(
        "encodings", names,
        {.says =
             "How they may be packed (Content-Encoding: gzip, zstd, br); any other is answered 415. What is "
             "verified and kept is what came, what rules see is decoded. `[identity]` allows plain ones "
             "only.",
         .fallback_says = "`[gzip, zstd, br]`",
         .pattern = "^(gzip|zstd|br|identity)$"});
    auto const* const given = at.reads() != nullptr ? at.reads()->take("encodings") : nullptr;
    if (given != nullptr && given->is_list() && given->items.empty())
        at.mistake("encodings", "is empty", "write [identity] where only plain bodies are allowed");
    if (!is_said) return;
    into.clear();
    for (auto const& name : names) {
        auto const known = std::ranges::find(coding_names, name, &coding_name::first);
        if (known != coding_names.end()) {
            into.push_back(known->second);
        } else if (name != "identity") {
            at.mistake("encodings", fmt::format("\"{}\" is not decoded here", name),
                       "one of: gzip, zstd, br, identity");
        }
    }
}

}  // namespace

void declare_body(section& at, gateway::source_settings& into) {
    at.inside("body", {.says = "How bodies are read. See [bodies](bodies.md)."}, [&](section& body) {
        declare_encodings(body, into.content_encodings);
        constexpr std::array names{
            std::pair{std::string_view{"last"}, transforms::duplicate_keys::last_counts},
            std::pair{std::string_view{"refuse"}, transforms::duplicate_keys::refused}};
        body.choice(
            "duplicate_keys", into.body.duplicates, names,
            {.says = "Of equal keys in one JSON object: `last` counts, or `refuse`: rules cannot read "
                     "the body."});
        body.flag("base64", into.body.has_base64,
                  {.says = "Rules have `.body_base64`, the body's bytes, unpacked, in base64."});
        body.whole("file_text_bytes_max", into.body.file_text_bytes_max, 0, 1 * gibibyte,
                   {.says = "Largest file of a `multipart/form-data` whose text rules see."});
    });
}

}  // namespace headgate::config
