#include "core/check.hpp"
#include "http/chunk_decoder.hpp"
#include "http/head_scanner.hpp"
#include "http/raw_request.hpp"
#include "tests/fuzz/looks.hpp"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <utility>

namespace headgate::fuzz {
namespace {

constexpr http::limits bounds{};
constexpr std::size_t body_bytes_max = 4096;

// What was read of a connection that brought `step` bytes at a time.
struct reading {
    std::optional<http::framed_head> head;  // Nothing: refused, or not whole.
    std::optional<std::string> body;        // The same.
    std::size_t bytes = 0;                  // Of head and body, where both are there.
};

std::optional<std::string> read_chunks(std::string_view bytes, std::size_t step, std::size_t& used_in_all) {
    http::chunk_decoder decoder{bounds, body_bytes_max};
    std::string body;
    while (!decoder.is_whole()) {
        auto const next = bytes.substr(used_in_all, step);
        auto const used = decoder.decode(next, body);
        if (!used || next.empty()) return std::nullopt;
        HEADGATE_CHECK(*used <= next.size() && body.size() <= body_bytes_max,
                       "a decoder keeps to its limits");
        HEADGATE_CHECK(decoder.is_whole() || *used == next.size(), "a decoder uses what it is given");
        used_in_all += *used;
    }
    return body;
}

reading read(std::string_view bytes, std::size_t step) {
    reading made;
    http::head_scanner scanner{bounds};
    for (std::size_t have = std::min(step, bytes.size());; have = std::min(have + step, bytes.size())) {
        auto const is_whole = scanner.scan(bytes.substr(0, have));
        if (!is_whole || (!*is_whole && have == bytes.size())) return made;
        if (*is_whole) break;
    }
    auto const head_bytes = scanner.head_bytes();
    made.head = scanner.take();
    auto const rest = bytes.substr(head_bytes);
    std::size_t body_bytes = 0;
    if (made.head->chunked) {
        made.body = read_chunks(rest, step, body_bytes);
    } else if (made.head->content_length.value_or(0) <= rest.size()) {
        body_bytes = static_cast<std::size_t>(made.head->content_length.value_or(0));
        made.body = rest.substr(0, body_bytes);
    }
    made.bytes = head_bytes + body_bytes;
    return made;
}

bool are_same(http::framed_head const& a, http::framed_head const& b) {
    return a.head.method == b.head.method && a.head.target == b.head.target &&
           a.head.fields == b.head.fields && a.content_length == b.content_length && a.chunked == b.chunked &&
           a.keeps_alive == b.keeps_alive && a.expects_continue == b.expects_continue;
}

void check_same(reading const& a, reading const& b) {
    HEADGATE_CHECK(a.head.has_value() == b.head.has_value() && (!a.head || are_same(*a.head, *b.head)),
                   "a head is the same however it comes");
    HEADGATE_CHECK(a.body == b.body && (!a.body || a.bytes == b.bytes),
                   "a body is the same however it comes");
}

void check_head(http::framed_head const& framed) {
    auto const& head = framed.head;
    HEADGATE_CHECK(head.target == "*" || head.target.starts_with('/'), "a target is a path");
    HEADGATE_CHECK(head.fields.size() <= bounds.header_lines_max, "there are as many lines as there may be");
    for (auto const& [name, value] : head.fields) {
        HEADGATE_CHECK(!name.empty() && name == to_lower(name) && name.find_first_of("_ \t\r\n") == name.npos,
                       "a name has one spelling");
        HEADGATE_CHECK(value.find_first_of(std::string_view{"\0\r\n", 3}) == value.npos,
                       "a value is one line");
    }
    HEADGATE_CHECK(!framed.chunked || !framed.content_length, "a body has one length");
    // What routing and checks read of every head.
    static_cast<void>(percent_decode(head.path()));
    static_cast<void>(parse_form(head.query()));
    static_cast<void>(media_type(head.fields));
}

}  // namespace

bool look_at_request(std::string_view input) {
    auto const whole = read(input, std::max<std::size_t>(input.size(), 1));
    check_same(whole, read(input, 1));
    check_same(whole, read(input, 7));
    if (whole.head) check_head(*whole.head);

    auto const from_file = http::parse_raw_request(input, bounds);
    if (!from_file) return whole.body.has_value();
    HEADGATE_CHECK(whole.head && from_file->head.fields == whole.head->head.fields &&
                       from_file->head.target == whole.head->head.target,
                   "a file and a connection are read alike");
    bool const has_length = whole.head->chunked || whole.head->content_length;
    bool const is_same_body = whole.body == from_file->body && whole.bytes == input.size();
    HEADGATE_CHECK(!has_length || is_same_body || from_file->body.size() > body_bytes_max,
                   "a body of a file is the connection's");
    return true;
}

}  // namespace headgate::fuzz
