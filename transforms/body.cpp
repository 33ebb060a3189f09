#include "transforms/body.hpp"

#include "core/encoding.hpp"
#include "core/text.hpp"
#include "transforms/body_readers.hpp"
#include "transforms/cloud_event.hpp"
#include "transforms/content_coding.hpp"
#include "transforms/content_type.hpp"

#include <algorithm>
#include <initializer_list>

namespace headgate::transforms {
namespace {

using json::value;

bool is_one_of(std::string_view type, std::initializer_list<std::string_view> all) {
    return std::ranges::find(all, type) != all.end();
}

result<value> read_by_type(std::string_view type, body_reading const& of) {
    if (of.bytes.empty()) return value{};
    if (type == cloud_event_type) return read_cloud_event(of);
    if (type == cloud_event_batch_type) return read_cloud_events(of);
    if (type == "application/json" || type.ends_with("+json") || type == "text/json") return read_json(of);
    if (type == "application/x-www-form-urlencoded") return read_form(of);
    if (type == "multipart/form-data") return read_multipart(of);
    if (is_one_of(type, {"application/x-ndjson", "application/ndjson", "application/jsonl",
                         "application/x-jsonlines", "application/jsonlines"})) {
        return read_json_lines(of);
    }
    if (is_one_of(type, {"application/xml", "text/xml"}) || type.ends_with("+xml")) return read_xml(of);
    if (type.starts_with("text/")) return read_text(of);
    return value{};
}

// Plain bytes stay where they are; what was packed is unpacked into the arena.
result<std::string_view> plain_bytes(headers const& fields, std::string_view bytes, json::arena& where,
                                     body_limits const& bounds) {
    HEADGATE_TRY(auto const coding, content_coding_of(fields));
    if (!coding || bytes.empty()) return bytes;
    HEADGATE_TRY(auto const unpacked, unpack(*coding, bytes, bounds.decoded_bytes_max));
    return value::string(unpacked, where).as_string();
}

}  // namespace

decoded_body decode_body(headers const& fields, std::string_view bytes, json::arena& where,
                         body_options const& options) {
    auto const type = sole_header(fields, "content-type").value_or(std::string_view{});
    decoded_body made{.type = media_type(fields), .is_empty = bytes.empty()};
    auto const plain = plain_bytes(fields, bytes, where, options.bounds);
    if (!plain) {
        made.document = made.text = value::unreadable(plain.error().message, where);
        if (options.as.has_base64) made.base64 = made.document;
        made.trouble = plain.error();
        return made;
    }
    made.text = is_utf8(*plain) ? value::string_view_of(*plain) : value{};
    if (options.as.has_base64) {
        made.base64 = value::string(encode_base64(*plain, base64_alphabet::standard), where);
    }
    auto const document = read_by_type(
        made.type,
        {.bytes = *plain, .content_type = type, .where = where, .bounds = options.bounds, .as = options.as});
    made.document = document ? *document : value::unreadable(document.error().message, where);
    if (!document) made.trouble = document.error();
    return made;
}

}  // namespace headgate::transforms
