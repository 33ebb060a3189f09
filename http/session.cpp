#include "http/session.hpp"

#include "core/clock.hpp"
#include "core/log.hpp"
#include "http/answer.hpp"
#include "http/client_certificate.hpp"
#include "http/session_parts.hpp"

#include <boost/asio/cancellation_type.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/this_coro.hpp>

#include <algorithm>
#include <exception>
#include <expected>
#include <optional>
#include <utility>

namespace headgate::http {
namespace {

constexpr std::size_t kept_out_bytes_max = 64 * 1024;
constexpr std::size_t counted_answer_bytes = 64 * 1024;  // Smaller ones are not worth counting.

// Lets a cancellation through only once the lane is cut.
struct when_cut {
    lane const* on;
    asio::cancellation_type operator()(asio::cancellation_type kind) const noexcept {
        return on->is_cut() ? kind : asio::cancellation_type::none;
    }
};

}  // namespace

void session::begin(doing what, std::chrono::milliseconds within) noexcept {
    now_ = what;
    since_ = std::chrono::steady_clock::now();
    due_ = since_ + within;
}

asio::awaitable<void> session::run() {
    co_await asio::this_coro::reset_cancellation_state(when_cut{&lane_});
    co_await asio::this_coro::throw_if_cancelled(false);
    auto opening = open();
    bool goes_on = co_await std::move(opening);
    while (goes_on && !lane_.is_cut()) {
        auto serving = serve_request();
        goes_on = co_await std::move(serving);
    }
    if (!lingers_ || lane_.is_cut()) co_return;
    begin(doing::closing, bounds_.linger_for);
    auto closing = wire_->close_gently(bounds_.linger_bytes_max);
    co_await std::move(closing);
}

// True when requests may come.
asio::awaitable<bool> session::open() {
    begin(doing::handshake, bounds_.tls_handshake_within);
    bool const is_asked_first = wire_->shakes_hands() && !is_from_trusted_proxy();
    if (is_asked_first && !lane_.answers().admits_handshake(from_.address)) co_return false;
    auto opening = wire_->open();
    auto const failure = co_await std::move(opening);
    if (failure) {
        lane_.count_failed_handshake();
        if (failure == asio::error::eof) co_return false;  // As whoever only looks whether the port is open.
        log_sparingly(
            log_level::info, "a TLS handshake failed",
            {{"listener", lane_.shared().name}, {"peer", from_.address}, {"what", failure.message()}});
        co_return false;
    }
    certificate_ = wire_->client_certificate();
    auto const held = certificate_hold_.grow_to(certificate_.size());
    if (held) co_return true;
    auto refusing = refuse_with(held.error());
    co_return co_await std::move(refusing);
}

asio::awaitable<bool> session::serve_request() {
    auto reading_head = read_head();
    auto const head_read = co_await std::move(reading_head);
    if (!head_read) {
        auto refusing = refuse_with(head_read.error());
        co_return co_await std::move(refusing);
    }
    buffer_.consume(scanner_.head_bytes());
    auto framed = scanner_.take();
    auto& head = framed.head;
    auto const body_of_answer = head.method == "HEAD" ? answer_body::leave_out : answer_body::send;

    head.peer = from_.address;
    is_by_proxy_ = is_from_trusted_proxy();
    note_client_certificate(head, certificate_, lane_.client_certificate_header(), is_by_proxy_);
    if (is_by_proxy_) {
        auto sender = forwarded_peer(head.fields, lane_.trusted_proxies());
        if (!sender) {
            auto refusing = refuse_with(refusal::bad_forwarded_for);
            co_return co_await std::move(refusing);
        }
        head.peer = *std::move(sender);
        head.proxy = from_.address;
    }

    auto admitted = admit(head);
    if (admitted.refusal) {
        auto const then = skip_body(framed) ? after_this(framed) : after_answer::close;
        auto answering = answer_with(*std::move(admitted.refusal), body_of_answer, then);
        co_return co_await std::move(answering);
    }

    request incoming;
    auto of_request = framed.has_body() ? share_of(head) : peer_accounts::share{};
    byte_hold hold{lane_.shared(), from_.is_trusted_proxy ? of_request : from_.share, bounds_};
    if (framed.has_body()) {
        auto reading_body = read_body(framed, admitted.body_bytes_max, hold, incoming.body);
        auto const body_read = co_await std::move(reading_body);
        if (!body_read) {
            auto refusing = refuse_with(body_read.error());
            co_return co_await std::move(refusing);
        }
    }
    incoming.head = std::move(head);
    incoming.received_at = system_clock().now();

    now_ = doing::handling;
    std::optional<response> answer;
    try {
        auto handling = lane_.answers().handle(std::move(incoming), std::move(admitted));
        answer = co_await std::move(handling);
    } catch (std::exception const& e) {
        log_sparingly(log_level::error, "a handler ended with an exception", {{"what", e.what()}});
    } catch (...) {
        log_sparingly(log_level::error, "a handler ended with an exception", {{"what", "unknown"}});
    }
    // A sender that does not read keeps its answer in memory.
    peer_accounts::share nobody;
    byte_hold outgoing{lane_.shared(), nobody, bounds_};
    if (answer && answer->body.size() > counted_answer_bytes) {
        if (auto const held = outgoing.grow_to(answer->body.size()); !held) {
            auto refusing = refuse_with(held.error());
            co_return co_await std::move(refusing);
        }
    }
    auto const then = answer ? after_this(framed) : after_answer::close;
    auto answering = answer_with(answer ? *std::move(answer) : internal_error(), body_of_answer, then);
    co_return co_await std::move(answering);
}

// Waits for a request and reads on until its head is whole in the buffer.
asio::awaitable<std::expected<void, stop>> session::read_head() {
    begin(doing::idle, requests_ == 0 ? bounds_.first_byte_within : bounds_.idle_for);
    while (true) {
        if (!buffer_.unread().empty()) {
            if (now_ == doing::idle) begin(doing::head, bounds_.headers_within);
            auto const scanned = scanner_.scan(buffer_.unread());
            if (!scanned) co_return std::unexpected{scanned.error()};
            if (*scanned) co_return std::expected<void, stop>{};
        }
        if (now_ == doing::idle && lane_.is_stopping()) {
            if (!take_what_is_there()) co_return std::unexpected{stop{}};
            continue;
        }
        if (now_ == doing::idle) buffer_.shrink();
        auto receiving = wire_->receive(buffer_.room());
        auto const got = co_await std::move(receiving);
        lane_.count_received(got.bytes);
        buffer_.add(got.bytes);
        if (!got.failure) continue;
        bool const is_interrupted = got.failure == asio::error::operation_aborted && !lane_.is_cut();
        bool const is_late = is_overdue(std::chrono::steady_clock::now());
        if (now_ == doing::idle) {
            if (is_interrupted && lane_.is_stopping()) continue;
            co_return std::unexpected{stop{}};
        }
        if (is_interrupted && is_late) co_return std::unexpected{stop{refusal::headers_too_slow}};
        if (is_interrupted) continue;
        bool const has_ended = got.failure == asio::error::eof;
        co_return std::unexpected{has_ended ? stop{refusal::incomplete} : stop{}};
    }
}

// The proxies may be others since it connected.
bool session::is_from_trusted_proxy() const {
    auto const address = from_.is_trusted_proxy ? parse_address(from_.address) : std::nullopt;
    return address && lane_.trusted_proxies().contains(*address);
}

// Of a connection that has no account because it came as a proxy's: the account of whoever the proxy speaks
// for, and its own once it is no proxy any more. A proxy that does not say for whom speaks for nobody that
// could be counted.
peer_accounts::share session::share_of(request_head const& head) {
    bool const names_somebody = from_.is_trusted_proxy && (!is_by_proxy_ || head.peer != from_.address);
    auto const address = names_somebody ? parse_address(head.peer) : std::nullopt;
    return address ? lane_.shared().peers.join(sender_of(*address)) : peer_accounts::share{};
}

// Bytes that came while the lane began to stop: a request among them is still answered.
bool session::take_what_is_there() {
    auto const bytes = wire_->receive_at_once(buffer_.room());
    lane_.count_received(bytes);
    buffer_.add(bytes);
    return bytes > 0;
}

admission session::admit(request_head const& head) {
    try {
        return lane_.answers().admit(head);
    } catch (std::exception const& e) {
        log_sparingly(log_level::error, "a handler's admit ended with an exception", {{"what", e.what()}});
    } catch (...) {
        log_sparingly(log_level::error, "a handler's admit ended with an exception", {{"what", "unknown"}});
    }
    return {.refusal = internal_error()};
}

after_answer session::after_this(framed_head const& framed) noexcept {
    ++requests_;
    bool const lost_trust = from_.is_trusted_proxy && !is_by_proxy_;  // Its next connection is counted.
    bool const keeps = framed.keeps_alive && !lost_trust && !lane_.is_stopping() &&
                       requests_ < bounds_.requests_per_connection_max;
    return keeps ? after_answer::keep : after_answer::close;
}

asio::awaitable<bool> session::refuse_with(stop why) {
    if (!why) co_return false;
    lane_.count_refusal(*why);
    log_sparingly(log_level::info, "a request was refused before its handler",
                  {{"listener", lane_.shared().name},
                   {"peer", from_.address},
                   {"reason", std::string{name_of(*why)}},
                   {"what", std::string{sentence_of(*why)}}});
    auto answering = answer_with(answer_to(*why), answer_body::send, after_answer::close);
    co_return co_await std::move(answering);
}

// True when the connection may go on to the next request.
asio::awaitable<bool> session::answer_with(response answer, answer_body body, after_answer then) {
    out_.clear();
    auto const date = lane_.date(system_clock().now());
    auto const status = append_answer(out_, answer, date, then, body);
    lane_.count_answer(status);
    auto sending = send();
    bool const is_sent = co_await std::move(sending);
    if (out_.capacity() > kept_out_bytes_max) std::string{}.swap(out_);
    lingers_ = is_sent && then == after_answer::close;
    co_return is_sent&& then == after_answer::keep;
}

asio::awaitable<bool> session::send() {
    begin(doing::writing, bounds_.write_within);
    auto const sent = wire_->send_at_once(out_);
    if (!sent) co_return false;
    if (*sent == out_.size()) co_return true;
    auto sending = wire_->send(std::string_view{out_}.substr(*sent));
    co_return co_await std::move(sending);
}

asio::awaitable<void> serve(lane& on, std::unique_ptr<wire> sender, caller from) {
    session serving{on, std::move(sender), std::move(from)};
    auto running = serving.run();
    co_await std::move(running);
}

}  // namespace headgate::http
