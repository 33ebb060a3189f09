#pragma once

#include "core/check.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <optional>
#include <span>
#include <string>
#include <string_view>

// JSON values that keep what was sent.
//
// A value is a 16-byte, trivially copyable, immutable view into an arena: copying is free, freeing is the
// arena's. Numbers keep the sender's literal until arithmetic needs them.

namespace headgate::json {

// Where values live. Monotonic: nothing is freed before the arena is. Not shared between threads while it
// grows.
using arena = std::pmr::monotonic_buffer_resource;

enum class kind : std::uint8_t { null, boolean, number, string, array, object };

[[nodiscard]] std::string_view name_of(kind which) noexcept;  // As jq names types.

// Levels of arrays and objects in one value, at most: writing and comparing recurse. The parser refuses
// deeper texts; whoever nests values asks `depth` first, because making a deeper one is a checked bug.
inline constexpr std::size_t nesting_max = 1'000;

struct member;

class value {
public:
    constexpr value() noexcept = default;  // null

    [[nodiscard]] static value boolean(bool yes) noexcept;
    [[nodiscard]] static value integer(std::int64_t number) noexcept;
    // NaN becomes null where it is written, infinities the largest finite number, as in jq.
    [[nodiscard]] static value real(double number) noexcept;
    // `number` is a valid JSON number.
    [[nodiscard]] static value literal(std::string_view number, arena& where);
    [[nodiscard]] static value literal_view_of(std::string_view kept) noexcept;  // As `string_view_of`.
    [[nodiscard]] static value string(std::string_view text, arena& where);      // Copies.
    // Does not copy: `kept` outlives the value.
    [[nodiscard]] static value string_view_of(std::string_view kept) noexcept;
    [[nodiscard]] static value array(std::span<value const> items, arena& where);
    // Does not copy: `kept` outlives the value.
    [[nodiscard]] static value array_view_of(std::span<value const> kept);
    // Members in insertion order; of equal keys the last wins, in the first one's place.
    // `has_duplicates` becomes true where there are equal keys, and is left alone otherwise.
    [[nodiscard]] static value object(std::span<member const> members, arena& where,
                                      bool* has_duplicates = nullptr);

    // Stands where a document should be that could not be read, and says why: a null that is not one. Arrays
    // and objects with one somewhere in them know it, so that asking costs nothing.
    [[nodiscard]] static value unreadable(std::string_view why, arena& where);
    [[nodiscard]] bool holds_unreadable() const noexcept { return marks_ & mark_unreadable; }
    [[nodiscard]] std::string_view why_unreadable() const;  // Of the first one in here (checked).

    // What was put together from other values may hold one part many times, so that little memory makes an
    // endless text. Whoever puts together says so; what was parsed is as long as its text.
    [[nodiscard]] value put_together() const noexcept {
        auto marked = *this;
        marked.marks_ |= mark_put_together;
        return marked;
    }
    [[nodiscard]] bool is_put_together() const noexcept { return marks_ & mark_put_together; }

    // `base` with more at its end. Adding to what was itself made by adding costs the addition only, not a
    // copy of the whole; `base` stays what it was. `costs_bytes` is what the arena gave.
    [[nodiscard]] static value appended(value base, std::span<value const> more, arena& where,
                                        std::size_t& costs_bytes);
    [[nodiscard]] static value appended(value base, std::string_view more, arena& where,
                                        std::size_t& costs_bytes);

    [[nodiscard]] kind type() const noexcept { return kinds[static_cast<std::size_t>(tag_)]; }
    [[nodiscard]] bool is_null() const noexcept { return tag_ == tag::null; }
    [[nodiscard]] bool is_boolean() const noexcept { return tag_ == tag::no || tag_ == tag::yes; }
    [[nodiscard]] bool is_number() const noexcept { return type() == kind::number; }
    [[nodiscard]] bool is_string() const noexcept { return tag_ == tag::string; }
    [[nodiscard]] bool is_object() const noexcept { return tag_ >= tag::object; }
    [[nodiscard]] bool is_array() const noexcept { return tag_ == tag::array; }
    [[nodiscard]] bool is_truthy() const noexcept {
        return tag_ != tag::null && tag_ != tag::no;
    }  // As in jq.
    // A 64-bit integer that is stored as one.
    [[nodiscard]] bool holds_integer() const noexcept { return tag_ == tag::integer; }
    [[nodiscard]] std::int64_t held_integer() const {
        HEADGATE_CHECK(holds_integer(), "not stored as an integer");
        return integer_;
    }
    // Kept as the sender's literal, not yet as a machine's number.
    [[nodiscard]] bool holds_literal() const noexcept { return tag_ == tag::literal; }

    // Bytes behind the value itself: of its text, its number as it was sent, its items or members, without
    // what is in those.
    [[nodiscard]] std::size_t held_bytes() const noexcept {
        return std::size_t{size_} * element_bytes[static_cast<std::size_t>(tag_)];
    }

    // 0 for what is neither array nor object, 1 for one without any in it.
    [[nodiscard]] std::size_t depth() const noexcept { return depth_; }

    // Each of these needs the right type (checked).
    [[nodiscard]] bool as_boolean() const {
        HEADGATE_CHECK(is_boolean(), "not a boolean");
        return tag_ == tag::yes;
    }
    [[nodiscard]] std::string_view as_string() const {
        HEADGATE_CHECK(is_string(), "not a string");
        return {static_cast<char const*>(data_), size_};
    }
    [[nodiscard]] double as_double() const;
    // The literal as sent, or the shortest exact text.
    [[nodiscard]] std::string number_text() const;
    void append_number_text(std::string& out) const;
    [[nodiscard]] std::span<value const> items() const {
        HEADGATE_CHECK(is_array(), "not an array");
        return {static_cast<value const*>(data_), size_};
    }
    [[nodiscard]] std::span<member const> members() const;  // In the order they were sent.

    // The member's value; nothing when this is no object or has no such member.
    [[nodiscard]] std::optional<value> find(std::string_view key) const noexcept {
        auto const* const found = find_pointer(key);
        return found ? std::optional{*found} : std::nullopt;
    }
    // The same without a copy; null for nothing. The pointer is good as long as the arena.
    [[nodiscard]] value const* find_pointer(std::string_view key) const noexcept;

    // RFC 6901: "" is the whole, "/a/0/b" goes down. Nothing where the path leads nowhere or the pointer is
    // malformed.
    [[nodiscard]] std::optional<value> at_pointer(std::string_view pointer) const;

private:
    // `literal` is a view of its text. `indexed_object` has more than `unindexed_max` members and, right
    // behind the last of them, a hash table of 32-bit positions.
    enum class tag : std::uint8_t {
        null,
        no,
        yes,
        integer,
        real,
        literal,
        string,
        array,
        object,
        indexed_object
    };
    static constexpr std::array<kind, 10> kinds{kind::null,   kind::boolean, kind::boolean, kind::number,
                                                kind::number, kind::number,  kind::string,  kind::array,
                                                kind::object, kind::object};
    static constexpr std::array<std::uint8_t, 10> element_bytes{0, 0, 0, 0, 0, 1, 1, 16, 32, 32};
    // The data follows a `growth` header: `appended` may go on behind the last element.
    static constexpr std::uint8_t mark_growable = 1;
    static constexpr std::uint8_t mark_unreadable = 2;
    static constexpr std::uint8_t mark_put_together = 4;

    value(tag which, std::size_t size, std::size_t depth, void const* data, unsigned marks = 0) noexcept
        : tag_{which},
          marks_{static_cast<std::uint8_t>(marks)},
          depth_{static_cast<std::uint16_t>(depth)},
          size_{static_cast<std::uint32_t>(size)},
          data_{data} {}

    // Depth and marks of an array or object over these.
    struct summary {
        std::size_t depth = 1;
        unsigned marks = 0;
        void add(value const& item) noexcept {
            if (item.depth_ >= depth) depth = item.depth_ + 1U;
            marks |= item.marks_ & mark_unreadable;
        }
    };
    [[nodiscard]] static summary sum_up(std::span<value const> items) noexcept;
    [[nodiscard]] static value object_over(std::span<member const> unique, tag which);
    [[nodiscard]] static value small_object(std::span<member const> members, arena& where, bool& duplicates);
    [[nodiscard]] static value large_object(std::span<member const> members, arena& where, bool& duplicates);
    [[nodiscard]] value const* find_indexed(std::string_view key) const noexcept;

    tag tag_ = tag::null;
    std::uint8_t marks_ = 0;
    std::uint16_t depth_ = 0;
    std::uint32_t size_ = 0;
    union {
        std::int64_t integer_ = 0;
        double real_;
        void const* data_;
    };
};

struct member {
    std::string_view key;
    json::value value;
};

static_assert(sizeof(value) == 16 && sizeof(member) == 32);

inline std::span<member const> value::members() const {
    HEADGATE_CHECK(is_object(), "not an object");
    return {static_cast<member const*>(data_), size_};
}

}  // namespace headgate::json
