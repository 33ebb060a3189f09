#include "http/refusal.hpp"

#include <array>

namespace headgate::http {
namespace {

struct row {
    refusal why;
    unsigned status;
    std::string_view name;
    std::string_view sentence;
};

using enum refusal;

constexpr std::array<row, refusal_count> table{{
    {malformed_request_line, 400, "malformed_request_line",
     "the first line is not METHOD SP target SP HTTP/1.1"},
    {request_line_too_long, 414, "request_line_too_long", "the request line is longer than its limit"},
    {method_not_supported, 501, "method_not_supported",
     "the method is CONNECT, TRACE or not in capital letters"},
    {version_not_supported, 505, "version_not_supported", "the version of HTTP is neither 1.0 nor 1.1"},
    {malformed_target, 400, "malformed_target",
     "the request target is not an absolute path of allowed characters"},
    {bare_line_feed, 400, "bare_line_feed",
     "a line ends with a line feed alone instead of carriage return and line feed"},
    {malformed_field, 400, "malformed_field",
     "a header line is not `name: value` of allowed characters (no `_` and no blank in a name)"},
    {folded_field, 400, "folded_field", "a header line begins with a blank (obsolete line folding)"},
    {repeated_field, 400, "repeated_field", "a header that must be single comes twice"},
    {headers_too_large, 431, "headers_too_large", "the header lines are longer than their limit"},
    {too_many_fields, 431, "too_many_fields", "there are more header lines than the limit"},
    {bad_host, 400, "bad_host", "the Host header is missing, repeated, not a host, or not the target's"},
    {bad_content_length, 400, "bad_content_length",
     "Content-Length is repeated, not a plain decimal number, or stands beside Transfer-Encoding"},
    {bad_transfer_encoding, 400, "bad_transfer_encoding",
     "Transfer-Encoding is repeated, in HTTP/1.0, or has more than the one word `chunked`"},
    {unknown_transfer_encoding, 501, "unknown_transfer_encoding", "Transfer-Encoding is not `chunked`"},
    {unknown_expectation, 417, "unknown_expectation", "Expect is not `100-continue`"},
    {bad_forwarded_for, 400, "bad_forwarded_for",
     "X-Forwarded-For of a trusted proxy is repeated or not a list of addresses"},
    {malformed_chunk, 400, "malformed_chunk", "a chunk of the body has no proper size or end"},
    {chunk_extension, 400, "chunk_extension", "a chunk of the body has an extension"},
    {too_many_small_chunks, 400, "too_many_small_chunks",
     "the body comes in more tiny chunks than the limit"},
    {trailer, 400, "trailer", "the body is followed by trailer fields"},
    {body_too_large, 413, "body_too_large", "the body is larger than its limit"},
    {incomplete, 400, "incomplete", "the sender stopped before the request was whole"},
    {headers_too_slow, 408, "headers_too_slow", "the request's head did not come in time"},
    {body_too_slow, 408, "body_too_slow", "the request's body did not come in time"},
    {too_many_bytes_in_flight, 503, "too_many_bytes_in_flight",
     "the bodies in flight together are larger than the limit"},
    {too_many_bytes_of_one_address, 429, "too_many_bytes_of_one_address",
     "the bodies in flight of this address are larger than its limit"},
}};

consteval bool is_in_order() {
    for (std::size_t i = 0; i < table.size(); ++i) {
        if (static_cast<std::size_t>(table[i].why) != i) return false;
    }
    return true;
}
static_assert(is_in_order());

row const& row_of(refusal why) noexcept {
    return table[static_cast<std::size_t>(why)];
}

}  // namespace

unsigned status_of(refusal why) noexcept {
    return row_of(why).status;
}

std::string_view name_of(refusal why) noexcept {
    return row_of(why).name;
}

std::string_view sentence_of(refusal why) noexcept {
    return row_of(why).sentence;
}

}  // namespace headgate::http
