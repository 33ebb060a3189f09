#include "http/raw_request.hpp"

#include "http/chunk_decoder.hpp"
#include "http/head_scanner.hpp"

#include <cstddef>
#include <limits>
#include <string>
#include <utility>

namespace headgate::http {
namespace {

constexpr char const* remedy =
    "save the request as it went over the wire: lines end with CRLF, and an empty line ends the head";

std::unexpected<error> not_a_request(std::string what) {
    return refuse(errc::invalid_argument, "this is not one HTTP/1.1 request: " + std::move(what), remedy);
}

std::unexpected<error> not_a_request(refusal why) {
    return not_a_request(std::string{sentence_of(why)});
}

result<std::string> parse_chunks(std::string_view bytes, limits const& bounds) {
    std::string body;
    chunk_decoder decoder{bounds, std::numeric_limits<std::size_t>::max()};
    auto const used = decoder.decode(bytes, body);
    if (!used) return not_a_request(used.error());
    if (!decoder.is_whole()) return not_a_request("the last chunk is missing");
    if (*used < bytes.size()) return not_a_request("bytes follow the last chunk");
    return body;
}

}  // namespace

result<request> parse_raw_request(std::string_view bytes, limits const& bounds) {
    head_scanner scanner{bounds};
    auto const is_whole = scanner.scan(bytes);
    if (!is_whole) return not_a_request(is_whole.error());
    if (!*is_whole) return not_a_request("the empty line that ends the head is missing");
    bytes.remove_prefix(scanner.head_bytes());
    auto framed = scanner.take();

    request parsed;
    parsed.head = std::move(framed.head);
    if (framed.chunked) {
        HEADGATE_TRY(parsed.body, parse_chunks(bytes, bounds));
        return parsed;
    }
    if (framed.content_length && *framed.content_length != bytes.size()) {
        return not_a_request("Content-Length says " + std::to_string(*framed.content_length) +
                             " bytes, the body has " + std::to_string(bytes.size()));
    }
    parsed.body = bytes;
    return parsed;
}

}  // namespace headgate::http
