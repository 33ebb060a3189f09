#include "json/parse.hpp"
#include "transforms/body_readers.hpp"
#include "transforms/charset.hpp"
#include "transforms/cloud_event.hpp"
#include "transforms/content_type.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

namespace headgate::transforms {
namespace {

std::unexpected<error> not_json(std::string_view what, error const& why) {
    return while_doing(fmt::format("the body is not the {} that its type says", what), why);
}

std::unexpected<error> has_duplicates() {
    return refuse(errc::invalid_argument, "the body has an object with the same key twice");
}

// JSON is UTF-8, and its type has no charset (RFC 8259, 8.1 and 11). Where a sender names one that is known
// here, it is believed; any other changes nothing.
result<std::string_view> json_text(body_reading const& of) {
    if (!of.content_type.contains(';')) return of.bytes;
    auto const label = parameter_of(of.content_type, "charset");
    auto const known = label ? charset_named(*label) : result<charset>{charset::utf_8};
    if (!known || *known == charset::utf_8 || *known == charset::us_ascii) return of.bytes;
    return text_in_utf8(*known, of.bytes, of.where, of.bounds.decoded_bytes_max);
}

json::parse_limits limits_of(body_reading const& of) {
    return {.depth_max = of.as.json_depth_max, .values_max = of.bounds.values_max};
}

bool is_blank(std::string_view line) {
    return line.find_first_not_of(" \t\r") == std::string_view::npos;
}

}  // namespace

result<json::value> read_json(body_reading const& of) {
    HEADGATE_TRY(auto const text, json_text(of));
    auto const read = json::parse(text, of.where, limits_of(of));
    if (!read) return not_json("JSON", read.error());
    if (read->has_duplicates && of.as.duplicates == duplicate_keys::refused) return has_duplicates();
    return read->root;
}

result<json::value> read_cloud_event(body_reading const& of) {
    HEADGATE_TRY(auto const document, read_json(of));
    if (auto const is_one = check_cloud_event(document); !is_one)
        return not_json("CloudEvent", is_one.error());
    return document;
}

result<json::value> read_cloud_events(body_reading const& of) {
    HEADGATE_TRY(auto const documents, read_json(of));
    if (auto const are = check_cloud_events(documents); !are) return not_json("CloudEvents", are.error());
    return documents;
}

result<json::value> read_json_lines(body_reading const& of) {
    HEADGATE_TRY(auto text, json_text(of));
    std::vector<json::value> documents;
    std::size_t values = 0;
    for (std::size_t number = 1; !text.empty(); ++number) {
        auto const line = text.substr(0, text.find('\n'));
        text.remove_prefix(std::min(line.size() + 1, text.size()));
        if (is_blank(line)) continue;
        auto const read = json::parse(line, of.where, limits_of(of));
        if (!read)
            return not_json("JSON lines", while_doing(fmt::format("line {}", number), read.error()).error());
        if (read->has_duplicates && of.as.duplicates == duplicate_keys::refused) return has_duplicates();
        values += read->values;
        if (values > of.bounds.values_max) {
            return refuse(errc::invalid_argument,
                          fmt::format("the body is JSON lines of more than {} values", of.bounds.values_max));
        }
        documents.push_back(read->root);
    }
    return json::value::array(documents, of.where);
}

}  // namespace headgate::transforms
