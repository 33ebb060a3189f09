#include "config/data_file.hpp"
#include "config/declare.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace headgate::config {
namespace {

using transforms::content_coding;

constexpr std::size_t schema_bytes_max = 1 * mebibyte;

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

// The schema itself, or the file that it stands in: `file` is no keyword of schemas.
std::optional<json::value> read_schema(reader& at, node const& given, json::arena& where) {
    if (!given.is_mapping()) {
        at.mistake("schema", "is not a schema", "write {file: NAME}, or the schema itself");
        return std::nullopt;
    }
    if (given.members.size() != 1 || given.find("file") == nullptr) return to_json(given, where);
    reader inner{given, at.path_of("schema"), at.into()};
    auto const named = inner.text("file");
    auto const from = named ? data_file::read(inner, "file", *named, schema_bytes_max) : std::nullopt;
    return from ? from->document(where) : std::nullopt;
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

void declare_schema(section& at, transforms::body_settings& into) {
    auto const* const given = at.special("schema", R"({"type": "object"})",
                                         {.says = "JSON Schema (draft 7, 6 or 4) that bodies have to match: "
                                                  "`{file: NAME}`, a JSON or YAML file of at "
                                                  "most 1 MiB, or the schema itself. An event whose body "
                                                  "does not match is kept and `quarantined`. See "
                                                  "[Keep a bad event](../how-to/keep-a-bad-event.md)."});
    if (given == nullptr) return;
    auto document = std::make_shared<transforms::kept_document>();
    auto const root = read_schema(*at.reads(), *given, document->kept);
    if (!root) return;
    document->root = *root;
    into.schema = std::move(document);
}

}  // namespace headgate::config
