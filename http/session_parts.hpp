#pragma once

#include "http/answer.hpp"
#include "http/head_scanner.hpp"
#include "http/lane.hpp"
#include "http/receive_buffer.hpp"
#include "http/wire.hpp"

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace headgate::http {

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

}  // namespace headgate::http
