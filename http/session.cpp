#include "http/session.hpp"

#include "core/clock.hpp"
#include "core/log.hpp"
#include "http/answer.hpp"
#include "http/chunk_decoder.hpp"
#include "http/client_certificate.hpp"
#include "http/head_scanner.hpp"
#include "http/receive_buffer.hpp"

#include <boost/asio/buffer.hpp>
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

constexpr std::size_t body_read_bytes = 16 * 1024;
constexpr std::size_t kept_out_bytes_max = 64 * 1024;
constexpr std::size_t counted_answer_bytes = 64 * 1024;  // Smaller ones are not worth counting.

// Why a request ends before it was handled; nothing: the connection is gone, or has nothing to say.
using stop = std::optional<refusal>;

// Reads requests one after the other and answers each before it looks at the next.
//
// Deadlines are the lane's: `begin` notes what is done and until when, and the lane interrupts the read or
// write when that has passed. A session lets itself be cancelled only once its lane is cut; draining is the
// lane's `is_stopping`, looked at between requests.
class session final : public connection {
public:
    session(lane& on, std::unique_ptr<wire> sender, caller from)
        : lane_{on},
          bounds_{on.bounds()},
          from_{std::move(from)},
          certificate_hold_{on.shared(), from_.share, bounds_},
          wire_{std::move(sender)},
          scanner_{bounds_},
          position_{on.enter(*this)} {}
    ~session() override { lane_.leave(position_); }
    session(session const&) = delete;
    session& operator=(session const&) = delete;

    [[nodiscard]] asio::awaitable<void> run();

    void interrupt() noexcept override { wire_->interrupt(); }
    void cut() noexcept override { wire_->cut(); }

private:
    void begin(doing what, std::chrono::milliseconds within) noexcept;

    [[nodiscard]] asio::awaitable<bool> open();
    [[nodiscard]] asio::awaitable<bool> serve_request();
    [[nodiscard]] asio::awaitable<std::expected<void, stop>> read_head();
    [[nodiscard]] asio::awaitable<std::expected<void, stop>> read_body(framed_head const& framed,
                                                                       std::size_t body_bytes_max,
                                                                       byte_hold& hold, std::string& body);
    [[nodiscard]] asio::awaitable<std::expected<void, stop>> read_sized_body(std::size_t bytes,
                                                                             byte_hold& hold,
                                                                             std::string& body);
    [[nodiscard]] asio::awaitable<std::expected<void, stop>> read_chunked_body(std::size_t body_bytes_max,
                                                                               byte_hold& hold,
                                                                               std::string& body);
    [[nodiscard]] asio::awaitable<bool> send();
    [[nodiscard]] asio::awaitable<bool> refuse_with(stop why);
    [[nodiscard]] asio::awaitable<bool> answer_with(response answer, answer_body body, after_answer then);

    [[nodiscard]] bool take_what_is_there();
    [[nodiscard]] std::optional<stop> stop_in_body(boost::system::error_code failure) const;
    void note_body_progress(std::size_t bytes, std::size_t announced) noexcept;
    [[nodiscard]] bool is_from_trusted_proxy() const;
    [[nodiscard]] peer_accounts::share share_of(request_head const& head);
    [[nodiscard]] admission admit(request_head const& head);
    [[nodiscard]] after_answer after_this(framed_head const& framed) noexcept;
    [[nodiscard]] bool skip_body(framed_head const& framed);

    lane& lane_;
    limits const& bounds_;
    caller from_;
    std::string certificate_;  // That the other end showed.
    byte_hold certificate_hold_;
    std::unique_ptr<wire> wire_;
    receive_buffer buffer_;
    head_scanner scanner_;
    std::string out_;
    std::uint32_t requests_ = 0;
    bool is_by_proxy_ = false;  // The request at hand.
    bool lingers_ = false;
    deadline body_began_;
    std::list<connection*>::iterator position_;
};

// Lets a cancellation through only once the lane is cut.
struct when_cut {
    lane const* on;
    asio::cancellation_type operator()(asio::cancellation_type kind) const noexcept {
        return on->is_cut() ? kind : asio::cancellation_type::none;
    }
};

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

// True when the request is over, so that the next one can be found.
bool session::skip_body(framed_head const& framed) {
    if (!framed.has_body()) return true;
    if (framed.chunked || *framed.content_length > buffer_.unread().size()) return false;
    buffer_.consume(static_cast<std::size_t>(*framed.content_length));
    return true;
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

}  // namespace

asio::awaitable<void> serve(lane& on, std::unique_ptr<wire> sender, caller from) {
    session serving{on, std::move(sender), std::move(from)};
    auto running = serving.run();
    co_await std::move(running);
}

}  // namespace headgate::http
