#include "core/check.hpp"
#include "json/parse.hpp"
#include "json/write.hpp"
#include "tests/fuzz/counted_memory.hpp"
#include "tests/fuzz/looks.hpp"
#include "transforms/body.hpp"
#include "transforms/content_coding.hpp"

#include <algorithm>
#include <string>

namespace headgate::fuzz {
namespace {

constexpr transforms::body_limits bounds{.values_max = 10'000, .decoded_bytes_max = 65'536};

// What came of a body, as one text; empty where it is not what it says.
std::string decoded(headers const& fields, std::string_view body) {
    counted_memory memory;
    json::arena where{&memory};
    auto const made =
        transforms::decode_body(fields, body, where, {.bounds = bounds, .as = {.file_text_bytes_max = 256}});
    // The smallest value is made of two bytes, and takes some sixty; an arena grows by half.
    HEADGATE_CHECK(memory.taken() <= 128 * (body.size() + bounds.decoded_bytes_max),
                   "a body takes memory by its size");
    HEADGATE_CHECK(made.trouble.has_value() == made.document.holds_unreadable(),
                   "what cannot be read says so to programs");
    if (!made.trouble) return json::write(made.document);
    HEADGATE_CHECK(made.trouble->message.starts_with("the body"), "what is wrong is said of the body");
    return {};
}

// The first line is the content type's parameters, what follows is the body.
bool look_at_body(std::string_view type, std::string_view input) {
    auto const line = input.substr(0, input.find('\n'));
    auto const body = input.substr(std::min(line.size() + 1, input.size()));
    headers const fields{{"content-type", std::string{type} + std::string{line}}};
    auto const once = decoded(fields, body);
    HEADGATE_CHECK(once == decoded(fields, body), "a body means the same every time");
    if (once.empty()) return false;
    json::arena where;
    HEADGATE_CHECK(json::parse(once, where, {.depth_max = json::nesting_max}).has_value(),
                   "what is made of a body is a value that can be written");
    return true;
}

}  // namespace

bool look_at_packed_body(std::string_view input) {
    if (input.empty()) return false;
    auto const which = transforms::all_content_codings[static_cast<unsigned char>(input.front()) %
                                                       transforms::all_content_codings.size()];
    input.remove_prefix(1);
    auto const whole = transforms::unpack(which, input, bounds.decoded_bytes_max);
    if (!whole) return false;
    HEADGATE_CHECK(whole->size() <= bounds.decoded_bytes_max, "what was packed keeps to its limit");
    HEADGATE_CHECK(transforms::unpack(which, input, whole->size()).value_or("") == *whole,
                   "the limit itself is allowed");
    HEADGATE_CHECK(whole->empty() || !transforms::unpack(which, input, whole->size() - 1),
                   "one byte more than the limit is not");
    return true;
}

bool look_at_json_lines_body(std::string_view input) {
    return look_at_body("application/jsonl", input);
}

bool look_at_form_body(std::string_view input) {
    return look_at_body("application/x-www-form-urlencoded", input);
}

bool look_at_multipart_body(std::string_view input) {
    return look_at_body("multipart/form-data", input);
}

bool look_at_xml_body(std::string_view input) {
    return look_at_body("application/xml", input);
}

bool look_at_text_body(std::string_view input) {
    return look_at_body("text/plain", input);
}

}  // namespace headgate::fuzz
