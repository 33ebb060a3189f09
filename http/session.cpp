#include "http/session.hpp"

#include "core/clock.hpp"
#include "core/log.hpp"
#include "http/answer.hpp"
#include "http/chunk_decoder.hpp"
#include "http/head_scanner.hpp"
#include "http/receive_buffer.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/cancellation_type.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include <algorithm>
#include <exception>
#include <expected>
#include <optional>
#include <type_traits>
#include <utility>

namespace headgate::http {
namespace {

// The executor by its own type: every operation would pay for the type-erased one.
using plain_stream = asio::basic_stream_socket<asio::ip::tcp, asio::io_context::executor_type>;
using tls_stream = asio::ssl::stream<plain_stream>;

constexpr auto as_values = asio::as_tuple(asio::use_awaitable);
constexpr std::size_t body_read_bytes = 16 * 1024;
constexpr std::size_t kept_out_bytes_max = 64 * 1024;

// Why a request ends before it was handled; nothing: the connection is gone, or has nothing to say.
using stop = std::optional<refusal>;

struct arrived {
    boost::system::error_code failure;
    std::size_t bytes = 0;
};

// Reads requests one after the other and answers each before it looks at the next.
//
// Deadlines are the lane's: `begin` notes what is done and until when, and the lane interrupts the read or
// write when that has passed. A session lets itself be cancelled only once its lane is cut; draining is the
// lane's `is_stopping`, looked at between requests.
template <class Stream>
class session final : public connection {
public:
    template <class... Arguments>
    session(lane& on, int descriptor, std::string peer, Arguments&&... stream)
        : lane_{on},
          bounds_{on.bounds()},
          peer_{std::move(peer)},
          stream_{std::forward<Arguments>(stream)...},
          scanner_{bounds_},
          position_{on.enter(*this)} {
        open(descriptor);
    }
    ~session() override { lane_.leave(position_); }
    session(session const&) = delete;
    session& operator=(session const&) = delete;

    [[nodiscard]] asio::awaitable<void> run();

    void interrupt() noexcept override {
        boost::system::error_code ignored;
        socket().cancel(ignored);
    }
    void cut() noexcept override {
        boost::system::error_code ignored;
        socket().close(ignored);
    }

private:
    static constexpr bool is_tls = std::is_same_v<Stream, tls_stream>;

    void open(int descriptor);
    [[nodiscard]] plain_stream& socket() noexcept;
    void begin(doing what, std::chrono::milliseconds within) noexcept;

    [[nodiscard]] asio::awaitable<bool> shake_hands();
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
    [[nodiscard]] asio::awaitable<arrived> receive_into(asio::mutable_buffer room);
    [[nodiscard]] asio::awaitable<bool> send();
    [[nodiscard]] bool send_at_once(std::size_t& sent);
    [[nodiscard]] asio::awaitable<bool> refuse_with(stop why);
    [[nodiscard]] asio::awaitable<bool> answer_with(response answer, answer_body body, after_answer then);
    [[nodiscard]] asio::awaitable<void> close_gently();

    [[nodiscard]] bool take_what_is_there();
    [[nodiscard]] std::optional<stop> stop_in_body(boost::system::error_code failure) const;
    void note_body_progress(std::size_t bytes) noexcept;
    [[nodiscard]] admission admit(request_head const& head);
    [[nodiscard]] after_answer after_this(framed_head const& framed) noexcept;
    [[nodiscard]] bool skip_body(framed_head const& framed);

    lane& lane_;
    limits const& bounds_;
    std::string peer_;
    bool peer_is_proxy_ = false;
    Stream stream_;
    receive_buffer buffer_;
    head_scanner scanner_;
    std::string out_;
    std::uint32_t requests_ = 0;
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

template <class Stream>
void session<Stream>::open(int descriptor) {
    boost::system::error_code ignored;  // A socket that fails here fails again at the first read.
    sockaddr_storage own{};
    socklen_t own_bytes = sizeof own;
    bool const is_v6 = ::getsockname(descriptor, reinterpret_cast<sockaddr*>(&own), &own_bytes) == 0 &&
                       own.ss_family == AF_INET6;
    socket().assign(is_v6 ? asio::ip::tcp::v6() : asio::ip::tcp::v4(), descriptor, ignored);
    socket().non_blocking(true, ignored);
    socket().set_option(asio::ip::tcp::no_delay{true}, ignored);
    if (auto const address = parse_address(peer_)) {
        peer_is_proxy_ = lane_.shared().trusted_proxies.contains(*address);
    }
}

template <class Stream>
plain_stream& session<Stream>::socket() noexcept {
    if constexpr (is_tls) {
        return stream_.next_layer();
    } else {
        return stream_;
    }
}

template <class Stream>
void session<Stream>::begin(doing what, std::chrono::milliseconds within) noexcept {
    now_ = what;
    due_ = from_now(within);
}

template <class Stream>
asio::awaitable<void> session<Stream>::run() {
    co_await asio::this_coro::reset_cancellation_state(when_cut{&lane_});
    co_await asio::this_coro::throw_if_cancelled(false);
    auto shaking = shake_hands();
    bool goes_on = co_await std::move(shaking);
    while (goes_on && !lane_.is_cut()) {
        auto serving = serve_request();
        goes_on = co_await std::move(serving);
    }
    if (!lingers_ || lane_.is_cut()) co_return;
    auto closing = close_gently();
    co_await std::move(closing);
}

template <class Stream>
asio::awaitable<bool> session<Stream>::shake_hands() {
    if constexpr (is_tls) {
        begin(doing::handshake, bounds_.tls_handshake_within);
        auto [failure] = co_await stream_.async_handshake(asio::ssl::stream_base::server, as_values);
        if (failure) lane_.count_failed_handshake();
        co_return !failure;
    }
    co_return true;
}

template <class Stream>
asio::awaitable<bool> session<Stream>::serve_request() {
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

    head.peer = peer_;
    if (peer_is_proxy_) {
        auto sender = forwarded_peer(head.fields, lane_.shared().trusted_proxies, peer_);
        if (!sender) {
            auto refusing = refuse_with(refusal::bad_forwarded_for);
            co_return co_await std::move(refusing);
        }
        head.peer = *std::move(sender);
    }

    auto admitted = admit(head);
    if (admitted.refusal) {
        auto const then = skip_body(framed) ? after_this(framed) : after_answer::close;
        auto answering = answer_with(*std::move(admitted.refusal), body_of_answer, then);
        co_return co_await std::move(answering);
    }

    request incoming;
    byte_hold hold{lane_.shared()};
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
    auto const then = answer ? after_this(framed) : after_answer::close;
    auto answering = answer_with(answer ? *std::move(answer) : internal_error(), body_of_answer, then);
    co_return co_await std::move(answering);
}

// Waits for a request and reads on until its head is whole in the buffer.
template <class Stream>
asio::awaitable<std::expected<void, stop>> session<Stream>::read_head() {
    begin(doing::idle, bounds_.idle_for);
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
        auto receiving = receive_into(buffer_.room());
        auto const got = co_await std::move(receiving);
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

template <class Stream>
asio::awaitable<std::expected<void, stop>> session<Stream>::read_body(framed_head const& framed,
                                                                      std::size_t body_bytes_max,
                                                                      byte_hold& hold, std::string& body) {
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
template <class Stream>
asio::awaitable<std::expected<void, stop>> session<Stream>::read_sized_body(std::size_t bytes,
                                                                            byte_hold& hold,
                                                                            std::string& body) {
    auto const there = buffer_.unread().substr(0, bytes);
    if (!hold.grow_to(there.size())) co_return std::unexpected{stop{refusal::too_many_bytes_in_flight}};
    body = there;
    buffer_.consume(there.size());
    while (body.size() < bytes) {
        auto const have = body.size();
        auto const room = std::min(bytes - have, std::max(body_read_bytes, have));
        if (!hold.grow_to(have + room)) co_return std::unexpected{stop{refusal::too_many_bytes_in_flight}};
        note_body_progress(have);
        body.resize_and_overwrite(have + room, [](char*, std::size_t size) { return size; });
        auto receiving = receive_into(asio::buffer(body.data() + have, room));
        auto const got = co_await std::move(receiving);
        body.resize(have + got.bytes);
        if (!got.failure) continue;
        if (auto const ends = stop_in_body(got.failure)) co_return std::unexpected{*ends};
    }
    co_return std::expected<void, stop>{};
}

template <class Stream>
asio::awaitable<std::expected<void, stop>> session<Stream>::read_chunked_body(std::size_t body_bytes_max,
                                                                              byte_hold& hold,
                                                                              std::string& body) {
    chunk_decoder decoder{bounds_, body_bytes_max};
    while (true) {
        auto const used = decoder.decode(buffer_.unread(), body);
        if (!used) co_return std::unexpected{stop{used.error()}};
        buffer_.consume(*used);
        if (!hold.grow_to(body.size())) co_return std::unexpected{stop{refusal::too_many_bytes_in_flight}};
        if (decoder.is_whole()) co_return std::expected<void, stop>{};
        note_body_progress(body.size());
        auto receiving = receive_into(buffer_.room());
        auto const got = co_await std::move(receiving);
        buffer_.add(got.bytes);
        if (!got.failure) continue;
        if (auto const ends = stop_in_body(got.failure)) co_return std::unexpected{*ends};
    }
}

// The rate has a floor: when the bytes so far are the last, this is the moment at which it is missed.
template <class Stream>
void session<Stream>::note_body_progress(std::size_t bytes) noexcept {
    auto const floor = std::max<std::size_t>(bounds_.body_bytes_per_second_min, 1);
    auto const missed_at = std::max<std::chrono::milliseconds>(
        bounds_.body_rate_after, std::chrono::milliseconds{bytes * 1000 / floor});
    due_ = body_began_ + std::min(bounds_.body_within, missed_at);
}

// Nothing: the read was interrupted for a reason that has passed, and is tried again.
template <class Stream>
std::optional<stop> session<Stream>::stop_in_body(boost::system::error_code failure) const {
    if (failure == asio::error::eof) return stop{refusal::incomplete};
    if (failure != asio::error::operation_aborted || lane_.is_cut()) return stop{};
    if (is_overdue(std::chrono::steady_clock::now())) return stop{refusal::body_too_slow};
    return std::nullopt;
}

template <class Stream>
asio::awaitable<arrived> session<Stream>::receive_into(asio::mutable_buffer room) {
    auto [failure, bytes] = co_await stream_.async_read_some(room, as_values);
    lane_.count_received(bytes);
    co_return arrived{failure, bytes};
}

// Bytes that came while the lane began to stop: a request among them is still answered.
template <class Stream>
bool session<Stream>::take_what_is_there() {
    if constexpr (is_tls) {
        return false;
    } else {
        boost::system::error_code nothing_there;
        auto const bytes = stream_.read_some(buffer_.room(), nothing_there);
        lane_.count_received(bytes);
        buffer_.add(bytes);
        return bytes > 0;
    }
}

template <class Stream>
admission session<Stream>::admit(request_head const& head) {
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
template <class Stream>
bool session<Stream>::skip_body(framed_head const& framed) {
    if (!framed.has_body()) return true;
    if (framed.chunked || *framed.content_length > buffer_.unread().size()) return false;
    buffer_.consume(static_cast<std::size_t>(*framed.content_length));
    return true;
}

template <class Stream>
after_answer session<Stream>::after_this(framed_head const& framed) noexcept {
    ++requests_;
    bool const keeps =
        framed.keeps_alive && !lane_.is_stopping() && requests_ < bounds_.requests_per_connection_max;
    return keeps ? after_answer::keep : after_answer::close;
}

template <class Stream>
asio::awaitable<bool> session<Stream>::refuse_with(stop why) {
    if (!why) co_return false;
    lane_.count_refusal(*why);
    log_sparingly(log_level::info, "a request was refused before its handler",
                  {{"listener", lane_.shared().name},
                   {"peer", peer_},
                   {"reason", std::string{name_of(*why)}},
                   {"what", std::string{sentence_of(*why)}}});
    auto answering = answer_with(answer_to(*why), answer_body::send, after_answer::close);
    co_return co_await std::move(answering);
}

// True when the connection may go on to the next request.
template <class Stream>
asio::awaitable<bool> session<Stream>::answer_with(response answer, answer_body body, after_answer then) {
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

template <class Stream>
asio::awaitable<bool> session<Stream>::send() {
    begin(doing::writing, bounds_.write_within);
    std::size_t sent = 0;
    if (!send_at_once(sent)) co_return false;
    if (sent == out_.size()) co_return true;
    auto [failure, bytes] =
        co_await asio::async_write(stream_, asio::buffer(out_.data() + sent, out_.size() - sent), as_values);
    static_cast<void>(bytes);
    co_return !failure;
}

// Almost every answer fits the socket's buffer: then no operation has to be started, and nothing waits.
// False when the connection is gone.
template <class Stream>
bool session<Stream>::send_at_once(std::size_t& sent) {
    if constexpr (!is_tls) {
        boost::system::error_code failure;
        sent = stream_.write_some(asio::buffer(out_), failure);
        return !failure || failure == asio::error::would_block;
    }
    return true;
}

// Closing with bytes unread makes the kernel reset the connection, and the sender may lose the answer. So we
// say that we are done, and read and drop what still comes, within bounds.
template <class Stream>
asio::awaitable<void> session<Stream>::close_gently() {
    begin(doing::closing, bounds_.linger_for);
    if constexpr (is_tls) {
        auto [ignored] = co_await stream_.async_shutdown(as_values);
        static_cast<void>(ignored);
    }
    boost::system::error_code failure;
    socket().shutdown(asio::socket_base::shutdown_send, failure);
    std::size_t dropped = 0;
    buffer_.clear();
    while (!failure && dropped < bounds_.linger_bytes_max) {
        auto [reading, bytes] = co_await socket().async_read_some(buffer_.room(), as_values);
        failure = reading;
        dropped += bytes;
    }
}

}  // namespace

asio::awaitable<void> serve_plain(lane& on, int descriptor, std::string peer) {
    session<plain_stream> serving{on, descriptor, std::move(peer), on.context()};
    auto running = serving.run();
    co_await std::move(running);
}

asio::awaitable<void> serve_tls(lane& on, int descriptor, std::string peer,
                                std::shared_ptr<tls_contexts const> tls) {
    session<tls_stream> serving{on, descriptor, std::move(peer), on.context(), tls->first()};
    auto running = serving.run();
    co_await std::move(running);
}

}  // namespace headgate::http
