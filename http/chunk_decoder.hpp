#pragma once

#include "http/refusal.hpp"
#include "http/settings.hpp"

#include <cstddef>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

namespace headgate::http {

// Takes a chunked body apart (RFC 9112, 7.1) as bytes come. Refuses extensions and trailers: the RFC lets a
// receiver drop them, and no webhook needs them, but both have carried smuggled requests. Refuses many
// tiny chunks, which cost the receiver far more than the sender.
class chunk_decoder {
public:
    // `bounds` outlives the decoder. A body of `body_bytes_max` bytes is the longest that is taken.
    chunk_decoder(limits const& bounds, std::size_t body_bytes_max)
        : bounds_{bounds}, body_bytes_max_{body_bytes_max} {}

    // Appends to `body` what `received` holds of it, and says how many bytes of `received` were used: all,
    // until the body is whole.
    [[nodiscard]] std::expected<std::size_t, refusal> decode(std::string_view received, std::string& body);

    [[nodiscard]] bool is_whole() const noexcept { return expects_ == expectation::nothing; }

private:
    enum class expectation : std::uint8_t {
        size,
        size_line_feed,
        data,
        data_carriage_return,
        data_line_feed,
        end_carriage_return,
        end_line_feed,
        nothing,
    };

    [[nodiscard]] std::expected<void, refusal> take_byte(char c, std::size_t body_bytes);
    [[nodiscard]] std::expected<void, refusal> take_size_byte(char c, std::size_t body_bytes);

    limits const& bounds_;
    std::size_t body_bytes_max_;
    expectation expects_ = expectation::size;
    unsigned size_digits_ = 0;
    std::size_t left_ = 0;  // Of the chunk being read.
    std::size_t small_chunks_ = 0;
};

}  // namespace headgate::http
