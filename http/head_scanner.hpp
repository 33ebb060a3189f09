#pragma once

#include "http/refusal.hpp"
#include "http/settings.hpp"
#include "model/request.hpp"

#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

namespace headgate::http {

// A request's head, and what it says of the bytes that follow.
struct framed_head {
    request_head head;  // `peer` is left empty. The target of an absolute form is reduced to path and query.
    std::optional<std::uint64_t> content_length;  // Never together with `chunked`.
    bool chunked = false;
    bool keeps_alive = false;  // HTTP/1.1 without `Connection: close`.
    bool expects_continue = false;

    [[nodiscard]] bool has_body() const noexcept { return chunked || content_length.value_or(0) > 0; }
};

// Reads the head of one request (RFC 9112, 2 to 3, and RFC 9110, 5), strictly, line by line as bytes come.
//
// It is ours, and not Beast's parser with checks on top, because accepting strictly is the purpose of this
// room: Beast 1.81 unfolds lines, ignores unknown transfer codings, merges repeated lengths and trailers
// before a check could see them, and throws on some inputs. What is refused, and why, is in `refusal`.
class head_scanner {
public:
    // `bounds` outlives the scanner.
    explicit head_scanner(limits const& bounds) : bounds_{bounds} {}

    // `received` begins with the request's first byte and holds, unchanged, what earlier calls were given:
    // only what is new is read. True once the head is whole.
    [[nodiscard]] std::expected<bool, refusal> scan(std::string_view received);

    // The length of the head, its empty line included, once it is whole.
    [[nodiscard]] std::size_t head_bytes() const noexcept { return line_begin_; }

    // Hands the head over and makes ready for the next request.
    [[nodiscard]] framed_head take();

private:
    using verdict = std::optional<refusal>;  // Nothing: fine so far.

    [[nodiscard]] verdict check_unfinished_line(std::size_t bytes) const;
    [[nodiscard]] verdict take_line(std::string_view line);
    [[nodiscard]] verdict take_request_line(std::string_view line);
    [[nodiscard]] verdict take_target(std::string_view target);
    [[nodiscard]] verdict take_field(std::string_view line);
    [[nodiscard]] verdict note_field(header const& field);
    [[nodiscard]] verdict note_content_length(std::string_view value);
    [[nodiscard]] verdict note_transfer_encoding(std::string_view value);
    [[nodiscard]] verdict check_whole() const;

    limits const& bounds_;
    framed_head found_;
    std::size_t line_begin_ = 0;    // Of the line being read.
    std::size_t scanned_ = 0;       // No line feed between line_begin_ and here.
    std::size_t fields_bytes_ = 0;  // Header lines with their ends.
    bool has_request_line_ = false;
    bool is_http_1_0_ = false;
    bool closes_ = false;
    bool has_authorization_ = false;
    bool has_content_type_ = false;
    bool has_expect_ = false;
    std::optional<std::string> host_;
    std::optional<std::string> target_authority_;  // Of an absolute-form target.
};

}  // namespace headgate::http
