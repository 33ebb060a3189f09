#include "http/chunk_decoder.hpp"
#include "http/session_parts.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>

#include <algorithm>
#include <chrono>

// The bodies of requests, and how slowly they may come.

namespace headgate::http {
namespace {

constexpr std::size_t body_read_bytes = 16 * 1024;

}  // namespace

asio::awaitable<std::expected<void, stop>> session::read_body(framed_head const& framed,
                                                              std::size_t body_bytes_max, byte_hold& hold,
                                                              std::string& body) {
    auto const announced = framed.content_length.value_or(0);
    if (announced > body_bytes_max) co_return std::unexpected{stop{refusal::body_too_large}};
    if (framed.expects_continue && buffer_.unread().empty()) {
        out_ = "HTTP/1.1 100 Continue\r\n\r\n";
        auto sending = send();
        bool const is_sent = co_await std::move(sending);
        if (!is_sent) co_return std::unexpected{stop{}};
    }
    begin(doing::body, bounds_.body_within);
    body_began_ = due_ - bounds_.body_within;
    auto reading = framed.chunked ? read_chunked_body(body_bytes_max, hold, body)
                                  : read_sized_body(static_cast<std::size_t>(announced), hold, body);
    co_return co_await std::move(reading);
}

// Memory follows the bytes that came, never the length that was announced.
asio::awaitable<std::expected<void, stop>> session::read_sized_body(std::size_t bytes, byte_hold& hold,
                                                                    std::string& body) {
    auto const there = buffer_.unread().substr(0, bytes);
    if (auto const held = hold.grow_to(there.size()); !held) co_return std::unexpected{stop{held.error()}};
    body = there;
    buffer_.consume(there.size());
    while (body.size() < bytes) {
        auto const have = body.size();
        auto const room = std::min(bytes - have, std::max(body_read_bytes, have));
        if (auto const held = hold.grow_to(have + room); !held) co_return std::unexpected{stop{held.error()}};
        note_body_progress(have, bytes);
        body.resize_and_overwrite(have + room, [](char*, std::size_t size) { return size; });
        auto receiving = wire_->receive(asio::buffer(body.data() + have, room));
        auto const got = co_await std::move(receiving);
        lane_.count_received(got.bytes);
        body.resize(have + got.bytes);
        if (!got.failure) continue;
        if (auto const ends = stop_in_body(got.failure)) co_return std::unexpected{*ends};
    }
    co_return std::expected<void, stop>{};
}

asio::awaitable<std::expected<void, stop>> session::read_chunked_body(std::size_t body_bytes_max,
                                                                      byte_hold& hold, std::string& body) {
    chunk_decoder decoder{bounds_, body_bytes_max};
    while (true) {
        auto const used = decoder.decode(buffer_.unread(), body);
        if (!used) co_return std::unexpected{stop{used.error()}};
        buffer_.consume(*used);
        if (auto const held = hold.grow_to(body.size()); !held) co_return std::unexpected{stop{held.error()}};
        if (decoder.is_whole()) co_return std::expected<void, stop>{};
        note_body_progress(body.size(), 0);
        auto receiving = wire_->receive(buffer_.room());
        auto const got = co_await std::move(receiving);
        lane_.count_received(got.bytes);
        buffer_.add(got.bytes);
        if (!got.failure) continue;
        if (auto const ends = stop_in_body(got.failure)) co_return std::unexpected{*ends};
    }
}

// The rate has a floor, the higher one where a body of the announced size (0: unknown) would not be whole in
// time otherwise: a sender that announces much and sends little is not waited for. When the bytes so far are
// the last, this is the moment at which the floor is missed.
void session::note_body_progress(std::size_t bytes, std::size_t announced) noexcept {
    due_ = body_began_ + bounds_.body_within;
    if (bounds_.body_bytes_per_second_min == 0) return;
    auto const within = static_cast<std::size_t>(bounds_.body_within.count());
    auto const floor = std::max(bounds_.body_bytes_per_second_min, announced * 1000 / within);
    auto const missed_at = std::max<std::chrono::milliseconds>(
        bounds_.body_rate_after, std::chrono::milliseconds{bytes * 1000 / floor});
    due_ = std::min(due_, body_began_ + missed_at);
}

// Nothing: the read was interrupted for a reason that has passed, and is tried again.
std::optional<stop> session::stop_in_body(boost::system::error_code failure) const {
    if (failure == asio::error::eof) return stop{refusal::incomplete};
    if (failure != asio::error::operation_aborted || lane_.is_cut()) return stop{};
    if (is_overdue(std::chrono::steady_clock::now())) return stop{refusal::body_too_slow};
    return std::nullopt;
}

// True when the request is over, so that the next one can be found.
bool session::skip_body(framed_head const& framed) {
    if (!framed.has_body()) return true;
    if (framed.chunked || *framed.content_length > buffer_.unread().size()) return false;
    buffer_.consume(static_cast<std::size_t>(*framed.content_length));
    return true;
}

}  // namespace headgate::http
