#include "http/chunk_decoder.hpp"

#include "core/encoding.hpp"

#include <algorithm>

namespace headgate::http {
namespace {

constexpr unsigned size_digits_max = 8;
constexpr std::size_t small_chunk_bytes = 16;

}  // namespace

std::expected<std::size_t, refusal> chunk_decoder::decode(std::string_view received, std::string& body) {
    std::size_t used = 0;
    while (used < received.size() && !is_whole()) {
        if (expects_ == expectation::data) {
            auto const bytes = std::min(left_, received.size() - used);
            body.append(received, used, bytes);
            used += bytes;
            left_ -= bytes;
            if (left_ == 0) expects_ = expectation::data_carriage_return;
            continue;
        }
        if (auto const taken = take_byte(received[used], body.size()); !taken) {
            return std::unexpected{taken.error()};
        }
        ++used;
    }
    return used;
}

std::expected<void, refusal> chunk_decoder::take_byte(char c, std::size_t body_bytes) {
    auto const step = [&](char wanted, expectation next, refusal otherwise) -> std::expected<void, refusal> {
        if (c != wanted) return std::unexpected{otherwise};
        expects_ = next;
        return {};
    };
    switch (expects_) {
        case expectation::size: return take_size_byte(c, body_bytes);
        case expectation::size_line_feed:
            size_digits_ = 0;
            return step('\n', left_ == 0 ? expectation::end_carriage_return : expectation::data,
                        refusal::malformed_chunk);
        case expectation::data_carriage_return:
            return step('\r', expectation::data_line_feed, refusal::malformed_chunk);
        case expectation::data_line_feed: return step('\n', expectation::size, refusal::malformed_chunk);
        case expectation::end_carriage_return:
            return step('\r', expectation::end_line_feed, refusal::trailer);
        case expectation::end_line_feed: return step('\n', expectation::nothing, refusal::malformed_chunk);
        case expectation::data:
        case expectation::nothing: break;
    }
    return std::unexpected{refusal::malformed_chunk};
}

std::expected<void, refusal> chunk_decoder::take_size_byte(char c, std::size_t body_bytes) {
    if (auto const digit = hex_digit(c)) {
        if (++size_digits_ > size_digits_max) return std::unexpected{refusal::malformed_chunk};
        left_ = left_ * 16 + *digit;
        return {};
    }
    bool const may_be_extension = c == ';' || c == ' ' || c == '\t';
    if (size_digits_ == 0) return std::unexpected{refusal::malformed_chunk};
    if (c != '\r') {
        return std::unexpected{may_be_extension ? refusal::chunk_extension : refusal::malformed_chunk};
    }
    if (left_ > body_bytes_max_ - body_bytes) return std::unexpected{refusal::body_too_large};
    if (left_ > 0 && left_ < small_chunk_bytes && ++small_chunks_ > bounds_.small_chunks_max) {
        return std::unexpected{refusal::too_many_small_chunks};
    }
    expects_ = expectation::size_line_feed;
    return {};
}

}  // namespace headgate::http
