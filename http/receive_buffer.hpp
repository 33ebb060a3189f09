#pragma once

#include <boost/asio/buffer.hpp>

#include <cstddef>
#include <cstring>
#include <memory>
#include <string_view>

namespace headgate::http {

// Bytes received and not yet used: of one request's head, and whatever came after it in the same read. Grows
// only while its owner leaves bytes unread, so the limits of who reads it are its limits.
class receive_buffer {
public:
    [[nodiscard]] std::string_view unread() const noexcept { return {bytes_.get() + begin_, end_ - begin_}; }

    void consume(std::size_t bytes) noexcept {
        begin_ += bytes;
        if (begin_ == end_) begin_ = end_ = 0;
    }

    // Where the next read goes. Moves what is unread, so views of it end here.
    [[nodiscard]] boost::asio::mutable_buffer room() {
        if (capacity_ == 0) resize(capacity_at_first);
        if (capacity_ - end_ < room_min) make_room();
        return {bytes_.get() + end_, capacity_ - end_};
    }

    void add(std::size_t bytes) noexcept { end_ += bytes; }

    void clear() noexcept { begin_ = end_ = 0; }

    // Gives back what one large request needed. Only while nothing is unread.
    void shrink() {
        if (capacity_ > capacity_at_first && begin_ == end_) resize(capacity_at_first);
    }

private:
    static constexpr std::size_t capacity_at_first = 4096;
    static constexpr std::size_t room_min = 1024;

    void make_room() {
        bool const moving_is_enough = capacity_ - (end_ - begin_) >= capacity_ / 2;
        resize(moving_is_enough ? capacity_ : capacity_ * 2);
    }

    void resize(std::size_t capacity) {
        auto const used = end_ - begin_;
        if (capacity == capacity_) {
            std::memmove(bytes_.get(), bytes_.get() + begin_, used);
        } else {
            auto larger = std::make_unique_for_overwrite<char[]>(capacity);
            if (used > 0) std::memcpy(larger.get(), bytes_.get() + begin_, used);
            bytes_ = std::move(larger);
            capacity_ = capacity;
        }
        begin_ = 0;
        end_ = used;
    }

    std::unique_ptr<char[]> bytes_;
    std::size_t capacity_ = 0;
    std::size_t begin_ = 0;
    std::size_t end_ = 0;
};

}  // namespace headgate::http
