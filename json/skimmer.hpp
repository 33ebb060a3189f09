#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace headgate::json {

// Goes over a JSON text and holds it to RFC 8259, without keeping anything. Where a function gives false the
// text is wrong, and nothing more is to be asked.
class skimmer {
public:
    // `depth_max` is at most `nesting_max`.
    skimmer(std::string_view text, std::size_t depth_max)
        : at_{text.data()}, end_{text.data() + text.size()}, depth_max_{depth_max} {}

    [[nodiscard]] char const* position() const noexcept { return at_; }
    void skip_blanks() noexcept;
    [[nodiscard]] bool is_at_end() noexcept;

    // Goes past `wanted` if that is what comes next but for blanks.
    [[nodiscard]] bool take(char wanted) noexcept;

    [[nodiscard]] bool skip_value() noexcept;
    // A member's name and the colon behind it. `written` is without its quotes, escapes as they stand.
    [[nodiscard]] bool take_name(std::string_view& written) noexcept;

    // Around what is between the brackets of an array or object that the caller goes through itself.
    [[nodiscard]] bool enter() noexcept { return ++depth_ <= depth_max_; }
    [[nodiscard]] bool leave() noexcept { return --depth_, true; }

private:
    [[nodiscard]] char peek() const noexcept { return at_ < end_ ? *at_ : '\0'; }
    [[nodiscard]] bool skip_nested() noexcept;
    [[nodiscard]] bool close_all(std::size_t outside) noexcept;
    [[nodiscard]] bool skip_scalar() noexcept;
    [[nodiscard]] bool skip_string() noexcept;
    [[nodiscard]] bool skip_unplain() noexcept;
    [[nodiscard]] bool skip_escape() noexcept;
    [[nodiscard]] bool skip_unit(std::uint32_t& unit) noexcept;
    [[nodiscard]] bool skip_number() noexcept;
    [[nodiscard]] bool skip_digits() noexcept;
    [[nodiscard]] bool skip_exponent() noexcept;
    [[nodiscard]] bool skip_word(std::string_view word) noexcept;

    [[nodiscard]] bool is_in_object() const noexcept {
        return (objects_[depth_ / 64] >> (depth_ % 64) & 1) != 0;
    }
    void note_object(bool is_object) noexcept {
        auto const bit = std::uint64_t{1} << (depth_ % 64);
        objects_[depth_ / 64] = is_object ? objects_[depth_ / 64] | bit : objects_[depth_ / 64] & ~bit;
    }

    char const* at_;
    char const* end_;
    std::size_t depth_ = 0;
    std::size_t depth_max_;
    std::array<std::uint64_t, 16> objects_;  // A bit for each level that `skip_nested` is in.
};

}  // namespace headgate::json
