#pragma once

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

struct member;

class value {
public:
    constexpr value() noexcept = default;  // null

    [[nodiscard]] static value boolean(bool yes) noexcept;
    [[nodiscard]] static value integer(std::int64_t number) noexcept;
    [[nodiscard]] static value real(
        double number) noexcept;  // NaN becomes null where it is written, as in jq
    [[nodiscard]] static value literal(std::string_view number,
                                       arena& where);  // `number` is a valid JSON number
    [[nodiscard]] static value string(std::string_view text, arena& where);  // Copies.
    [[nodiscard]] static value string_view_of(
        std::string_view kept) noexcept;  // Does not copy: outlives the value.
    [[nodiscard]] static value array(std::span<value const> items, arena& where);
    // Members in insertion order; of equal keys the last wins, in the first one's place.
    [[nodiscard]] static value object(std::span<member const> members, arena& where);

    [[nodiscard]] kind type() const noexcept;
    [[nodiscard]] bool is_null() const noexcept { return type() == kind::null; }
    [[nodiscard]] bool is_string() const noexcept { return type() == kind::string; }
    [[nodiscard]] bool is_object() const noexcept { return type() == kind::object; }
    [[nodiscard]] bool is_array() const noexcept { return type() == kind::array; }

    // Each of these needs the right type (checked).
    [[nodiscard]] bool as_boolean() const;
    [[nodiscard]] std::string_view as_string() const;
    [[nodiscard]] double as_double() const;
    [[nodiscard]] std::optional<std::int64_t> as_integer()
        const;                                      // Nothing when it is not a whole 64-bit number.
    [[nodiscard]] std::string number_text() const;  // The literal as sent, or the shortest exact text.
    [[nodiscard]] std::span<value const> items() const;
    [[nodiscard]] std::span<member const> members() const;  // In the order they were sent.

    // The member's value; nothing when this is no object or has no such member.
    [[nodiscard]] std::optional<value> find(std::string_view key) const noexcept;

    // RFC 6901: "" is the whole, "/a/0/b" goes down. Nothing where the path leads nowhere or the pointer is
    // malformed.
    [[nodiscard]] std::optional<value> at_pointer(std::string_view pointer) const;

private:
    // json/value.cpp: the representation is for whoever implements this room.
    std::uint8_t tag_ = 0;
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

}  // namespace headgate::json
