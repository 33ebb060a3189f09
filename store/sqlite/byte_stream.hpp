#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace headgate::store::sqlite {

// Writes numbers (seven bits a byte, low first) and texts (with their length before them).
class byte_writer {
public:
    void number(std::uint64_t value) {
        while (value >= 0x80) {
            out_ += static_cast<char>(value | 0x80);
            value >>= 7;
        }
        out_ += static_cast<char>(value);
    }
    void text(std::string_view value) {
        number(value.size());
        out_ += value;
    }
    void reserve(std::size_t bytes) { out_.reserve(bytes); }
    [[nodiscard]] std::string_view written() const noexcept { return out_; }
    [[nodiscard]] std::string take() && { return std::move(out_); }

private:
    std::string out_;
};

// Reads them back. After the first thing that does not fit, `ok` is false and everything reads as nothing.
class byte_reader {
public:
    explicit byte_reader(std::string_view bytes) noexcept : rest_{bytes} {}

    [[nodiscard]] std::uint64_t number() noexcept {
        std::uint64_t value = 0;
        for (unsigned shift = 0; shift < 64; shift += 7) {
            if (rest_.empty()) break;
            auto const byte = static_cast<std::uint8_t>(rest_.front());
            rest_.remove_prefix(1);
            value |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
            if (byte < 0x80) return value;
        }
        fail();
        return 0;
    }
    [[nodiscard]] std::string_view text() noexcept {
        auto const size = number();
        if (size > rest_.size()) {
            fail();
            return {};
        }
        auto const value = rest_.substr(0, size);
        rest_.remove_prefix(size);
        return value;
    }
    // How many items follow; never more than there are bytes left.
    [[nodiscard]] std::uint64_t count() noexcept {
        auto const items = number();
        if (items <= rest_.size()) return items;
        fail();
        return 0;
    }

    [[nodiscard]] bool ok() const noexcept { return ok_; }
    [[nodiscard]] bool at_end() const noexcept { return ok_ && rest_.empty(); }

private:
    void fail() noexcept {
        ok_ = false;
        rest_ = {};
    }

    std::string_view rest_;
    bool ok_ = true;
};

}  // namespace headgate::store::sqlite
