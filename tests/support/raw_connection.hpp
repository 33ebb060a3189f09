#pragma once

#include "core/check.hpp"

#include <arpa/inet.h>
#include <cerrno>
#include <charconv>
#include <cstdint>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <optional>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <unistd.h>
#include <utility>
#include <vector>

namespace headgate::testing_support {

// An answer taken apart by a reader that knows no more of HTTP than the tests need.
struct raw_answer {
    unsigned status = 0;
    std::string head;  // Status line and fields, in lower case, with their line ends.
    std::string body;

    [[nodiscard]] bool has(std::string_view line) const { return head.find(line) != std::string::npos; }
};

// Takes the first whole answer off the front of `bytes`; nothing when there is none yet.
inline std::optional<raw_answer> take_answer(std::string& bytes) {
    auto const head_end = bytes.find("\r\n\r\n");
    if (head_end == std::string::npos) return std::nullopt;
    raw_answer answer;
    answer.head = bytes.substr(0, head_end + 2);
    for (auto& c : answer.head) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
    std::from_chars(answer.head.data() + 9, answer.head.data() + 12, answer.status);
    std::size_t length = 0;
    constexpr std::string_view field = "\r\ncontent-length: ";
    if (auto const at = answer.head.find(field); at != std::string::npos) {
        std::from_chars(answer.head.data() + at + field.size(), answer.head.data() + answer.head.size(),
                        length);
    }
    if (bytes.size() < head_end + 4 + length) return std::nullopt;
    answer.body = bytes.substr(head_end + 4, length);
    bytes.erase(0, head_end + 4 + length);
    return answer;
}

// A blocking TCP connection to a port of this machine, for saying exactly these bytes. Gives up after ten
// seconds, so that a server that hangs fails the test instead of holding it.
class raw_connection {
public:
    explicit raw_connection(std::uint16_t port) : raw_connection{} { connect(port); }

    // A socket that is connected later: for tests in which descriptors are scarce.
    raw_connection() : socket_{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)} {
        HEADGATE_CHECK(socket_ >= 0, "no socket for the test");
    }
    // From another address of this machine: "127.0.0.2".
    raw_connection(std::uint16_t port, char const* own_address) : raw_connection{} {
        sockaddr_in own{};
        own.sin_family = AF_INET;
        own.sin_addr.s_addr = inet_addr(own_address);
        HEADGATE_CHECK(::bind(socket_, reinterpret_cast<sockaddr*>(&own), sizeof own) == 0,
                       "cannot speak from that address");
        connect(port);
    }
    ~raw_connection() { close(); }
    raw_connection(raw_connection&& other) noexcept
        : socket_{std::exchange(other.socket_, -1)}, received_{std::move(other.received_)} {}
    raw_connection& operator=(raw_connection&&) = delete;

    void connect(std::uint16_t port) {
        timeval const patience{.tv_sec = 10, .tv_usec = 0};
        int const on = 1;
        ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
        ::setsockopt(socket_, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
        ::setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        sockaddr_in to{};
        to.sin_family = AF_INET;
        to.sin_port = htons(port);
        to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        HEADGATE_CHECK(::connect(socket_, reinterpret_cast<sockaddr*>(&to), sizeof to) == 0,
                       "cannot connect to the server under test");
    }

    // False when the other side no longer takes bytes.
    bool send(std::string_view bytes) {
        while (!bytes.empty()) {
            auto const sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
            if (sent <= 0) return false;
            bytes.remove_prefix(static_cast<std::size_t>(sent));
        }
        return true;
    }

    void finish_sending() { ::shutdown(socket_, SHUT_WR); }

    // The next answer; nothing when the connection ends, or nothing comes.
    std::optional<raw_answer> read_answer() {
        while (true) {
            if (auto answer = take_answer(received_)) return answer;
            if (!read_more()) return std::nullopt;
        }
    }

    // Waits for the first bytes of an answer.
    bool is_answered() { return read_more(); }

    // Everything until the other side closes; nothing when it does not.
    std::optional<std::vector<raw_answer>> read_to_end() {
        while (read_more()) {
        }
        if (!is_closed_) return std::nullopt;
        std::vector<raw_answer> all;
        while (auto answer = take_answer(received_)) all.push_back(*std::move(answer));
        return all;
    }

    // Waits for the other side to close without a word more.
    bool is_closed_silently() {
        bool const has_more = read_more();
        return !has_more && is_closed_ && received_.empty();
    }

    [[nodiscard]] std::string const& unparsed() const noexcept { return received_; }

    void close() {
        if (socket_ >= 0) ::close(std::exchange(socket_, -1));
    }

private:
    bool read_more() {
        char block[16 * 1024];
        auto const got = ::recv(socket_, block, sizeof block, 0);
        if (got > 0) received_.append(block, static_cast<std::size_t>(got));
        bool const timed_out = got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
        is_closed_ = got <= 0 && !timed_out;
        return got > 0;
    }

    int socket_;
    std::string received_;
    bool is_closed_ = false;
};

}  // namespace headgate::testing_support
