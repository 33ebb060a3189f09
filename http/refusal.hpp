#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace headgate::http {

// Why a request never reached its handler. A closed set: each is a label value of
// `headgate_http_refusals_total`, and each closes the connection, because after it nobody can say where the
// next request begins.
enum class refusal : std::uint8_t {
    malformed_request_line,
    request_line_too_long,
    method_not_supported,
    version_not_supported,
    malformed_target,
    bare_line_feed,
    malformed_field,
    folded_field,
    repeated_field,
    headers_too_large,
    too_many_fields,
    bad_host,
    bad_content_length,
    bad_transfer_encoding,
    unknown_transfer_encoding,
    unknown_expectation,
    bad_forwarded_for,
    malformed_chunk,
    chunk_extension,
    too_many_small_chunks,
    trailer,
    body_too_large,
    incomplete,
    headers_too_slow,
    body_too_slow,
    too_many_bytes_in_flight,
    too_many_bytes_of_one_address,
};

inline constexpr std::size_t refusal_count = 27;

// The HTTP status that the sender sees.
[[nodiscard]] unsigned status_of(refusal why) noexcept;

// The label value: "bad_host".
[[nodiscard]] std::string_view name_of(refusal why) noexcept;

// What happened, for the operator: "the Host header is missing, repeated or not a host".
[[nodiscard]] std::string_view sentence_of(refusal why) noexcept;

}  // namespace headgate::http
