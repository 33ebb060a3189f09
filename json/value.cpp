#include "json/value.hpp"

#include "json/hash.hpp"

#include <algorithm>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstring>
#include <limits>
#include <new>

namespace headgate::json {
namespace {

// Above this an object gets a hash table; below, comparing lengths and bytes in turn is faster.
constexpr std::size_t unindexed_max = 16;

constexpr std::size_t size_max = std::numeric_limits<std::uint32_t>::max();

// In front of elements that `appended` made. `used` belongs to the longest value over the block.
struct growth {
    std::uint32_t used;
    std::uint32_t capacity;
};
constexpr std::size_t growth_bytes = 16;  // Keeps what follows aligned.
static_assert(sizeof(growth) <= growth_bytes && alignof(value) <= growth_bytes);

growth* growth_of(void const* data) {
    return reinterpret_cast<growth*>(static_cast<char*>(const_cast<void*>(data)) - growth_bytes);
}

// Small results are made exactly as large as they are: most strings are put together once.
std::size_t capacity_for(std::size_t size, std::size_t generous_from) {
    return size < generous_from ? size : std::min(size * 2, size_max);
}

void* allocate_growable(std::size_t used, std::size_t capacity, std::size_t element_bytes, arena& where,
                        std::size_t& costs_bytes) {
    auto const bytes = growth_bytes + capacity * element_bytes;
    auto* const block = static_cast<char*>(where.allocate(bytes, growth_bytes));
    new (block) growth{static_cast<std::uint32_t>(used), static_cast<std::uint32_t>(capacity)};
    costs_bytes = bytes;
    return block + growth_bytes;
}

bool fits_behind(void const* data, std::size_t size, std::size_t more) {
    auto const* const block = growth_of(data);
    return block->used == size && block->capacity - block->used >= more;
}

std::size_t slots_for(std::size_t members) {
    return std::bit_ceil(members * 2);
}

// One of 64 bits from what is cheap to see of a key: two keys with different bits differ.
std::uint64_t sieve_bit(std::string_view key) {
    if (key.empty()) return 1;
    auto const mixed = key.size() * 7 + std::size_t{static_cast<unsigned char>(key.front())} * 3 +
                       static_cast<unsigned char>(key.back()) +
                       static_cast<unsigned char>(key[key.size() / 2]);
    return std::uint64_t{1} << (mixed & 63);
}

double double_of(std::string_view literal) {
    double number = 0;
    auto const [end, failure] = std::from_chars(literal.data(), literal.data() + literal.size(), number);
    if (failure != std::errc::result_out_of_range) return number;
    bool const is_negative = literal.front() == '-';
    bool const is_tiny = literal.find("e-") != literal.npos || literal.find("E-") != literal.npos ||
                         literal.substr(is_negative ? 1 : 0).starts_with("0.");
    double const magnitude = is_tiny ? 0 : std::numeric_limits<double>::infinity();
    return is_negative ? -magnitude : magnitude;
}

// Whole and small enough that a double holds each integer of that size exactly.
bool is_exact_integer(double number) {
    constexpr double exact = 9007199254740992;  // 2^53
    return number >= -exact && number <= exact && std::trunc(number) == number;
}

// As few digits as read back exactly, laid out as jq does: with an exponent (of two digits at least) where
// more than fifteen zeros would follow the digits, or more than four precede them.
void append_real(double number, std::string& out) {
    if (std::isnan(number)) {
        out += "null";
        return;
    }
    if (std::isinf(number)) number = std::copysign(std::numeric_limits<double>::max(), number);
    std::array<char, 32> buffer;
    auto* const end = buffer.data() + buffer.size();
    auto const written = std::to_chars(buffer.data(), end, number, std::chars_format::scientific);
    HEADGATE_CHECK(written.ec == std::errc{}, "a double in scientific form fits in 32 characters");
    std::string_view const text{buffer.data(), written.ptr};
    auto const e = text.find('e');
    std::string digits{text.substr(0, e)};
    std::erase_if(digits, [](char c) { return c == '.' || c == '-'; });
    int exponent = 0;
    auto const unsigned_from = e + (text[e + 1] == '+' ? 2 : 1);  // from_chars takes no '+'.
    std::from_chars(text.data() + unsigned_from, written.ptr, exponent);
    auto const size = static_cast<int>(digits.size());
    auto const point = exponent + 1;  // Where the decimal point stands, counted from the first digit.
    if (point <= -4 || point > size + 15) {
        out.append(text);
        return;
    }
    if (std::signbit(number)) out += '-';
    if (point <= 0) {
        out.append("0.").append(static_cast<std::size_t>(-point), '0').append(digits);
    } else if (point >= size) {
        out.append(digits).append(static_cast<std::size_t>(point - size), '0');
    } else {
        out.append(digits, 0, static_cast<std::size_t>(point)).append(".");
        out.append(digits, static_cast<std::size_t>(point));
    }
}

}  // namespace

std::string_view name_of(kind which) noexcept {
    switch (which) {
        case kind::null: return "null";
        case kind::boolean: return "boolean";
        case kind::number: return "number";
        case kind::string: return "string";
        case kind::array: return "array";
        case kind::object: return "object";
    }
    return "null";
}

value value::boolean(bool yes) noexcept {
    return {yes ? tag::yes : tag::no, 0, 0, nullptr};
}

value value::integer(std::int64_t number) noexcept {
    value made{tag::integer, 0, 0, nullptr};
    made.integer_ = number;
    return made;
}

value value::real(double number) noexcept {
    if (is_exact_integer(number) && !(number == 0 && std::signbit(number))) {
        return integer(static_cast<std::int64_t>(number));
    }
    value made{tag::real, 0, 0, nullptr};
    made.real_ = number;
    return made;
}

value value::literal(std::string_view number, arena& where) {
    auto const seen = literal_view_of(number);
    if (!seen.holds_literal()) return seen;
    auto const kept = string(number, where);
    return {tag::literal, kept.size_, 0, kept.data_};
}

value value::literal_view_of(std::string_view kept) noexcept {
    std::int64_t number = 0;
    auto const [end, failure] = std::from_chars(kept.data(), kept.data() + kept.size(), number);
    bool const is_canonical = failure == std::errc{} && end == kept.data() + kept.size() && kept != "-0";
    if (is_canonical) return integer(number);
    return {tag::literal, kept.size(), 0, kept.data()};
}

value value::string(std::string_view text, arena& where) {
    HEADGATE_CHECK(text.size() <= size_max, "a string of 4 GiB");
    if (text.empty()) return {tag::string, 0, 0, ""};
    auto* const copy = static_cast<char*>(where.allocate(text.size(), 1));
    std::memcpy(copy, text.data(), text.size());
    return {tag::string, text.size(), 0, copy};
}

value value::string_view_of(std::string_view kept) noexcept {
    HEADGATE_CHECK(kept.size() <= size_max, "a string of 4 GiB");
    return {tag::string, kept.size(), 0, kept.empty() ? "" : kept.data()};
}

value value::array(std::span<value const> items, arena& where) {
    if (items.empty()) return {tag::array, 0, 1, nullptr};
    auto* const copy = static_cast<value*>(where.allocate(items.size_bytes(), alignof(value)));
    std::memcpy(static_cast<void*>(copy), items.data(), items.size_bytes());
    return array_view_of({copy, items.size()});
}

value::summary value::sum_up(std::span<value const> items) noexcept {
    summary found;
    for (auto const& item : items) found.add(item);
    return found;
}

value value::array_view_of(std::span<value const> kept) {
    auto const found = sum_up(kept);
    HEADGATE_CHECK(found.depth <= nesting_max && kept.size() <= size_max, "an array beyond the limits");
    return {tag::array, kept.size(), found.depth, kept.data(), found.marks};
}

value value::unreadable(std::string_view why, arena& where) {
    auto const text = string(why, where);
    return {tag::null, text.size_, 0, text.data_, mark_unreadable};
}

std::string_view value::why_unreadable() const {
    HEADGATE_CHECK(holds_unreadable(), "readable");
    auto here = *this;
    while (!here.is_null()) {
        if (here.is_array()) {
            here = *std::ranges::find_if(here.items(), &value::holds_unreadable);
        } else {
            auto const all = here.members();
            here = std::ranges::find_if(all, [](member const& one) {
                       return one.value.holds_unreadable();
                   })->value;
        }
    }
    return {static_cast<char const*>(here.data_), here.size_};
}

value value::object(std::span<member const> members, arena& where, bool* has_duplicates) {
    if (members.empty()) return {tag::object, 0, 1, nullptr};
    HEADGATE_CHECK(members.size() <= size_max / 4, "an object beyond the limits");
    bool duplicates = false;
    auto const made = members.size() <= unindexed_max ? small_object(members, where, duplicates)
                                                      : large_object(members, where, duplicates);
    if (duplicates && has_duplicates) *has_duplicates = true;
    return made;
}

value value::object_over(std::span<member const> unique, tag which) {
    summary found;
    for (auto const& one : unique) found.add(one.value);
    HEADGATE_CHECK(found.depth <= nesting_max, "an object nested too deep");
    return {which, unique.size(), found.depth, unique.data(), found.marks};
}

value value::small_object(std::span<member const> members, arena& where, bool& duplicates) {
    auto* const copy = static_cast<member*>(where.allocate(members.size_bytes(), alignof(member)));
    std::uint64_t sieve = 0;
    std::size_t kept = 0;
    for (auto const& one : members) {
        auto const bit = sieve_bit(one.key);
        auto* const end = copy + kept;
        auto* same = end;
        if ((sieve & bit) != 0) {
            same = std::find_if(copy, end, [&](member const& other) { return other.key == one.key; });
        }
        sieve |= bit;
        if (same != end) {
            same->value = one.value;
            duplicates = true;
            continue;
        }
        copy[kept++] = one;
    }
    return object_over({copy, kept}, tag::object);
}

value value::large_object(std::span<member const> members, arena& where, bool& duplicates) {
    auto const slot_count = slots_for(members.size());
    auto* const copy = static_cast<member*>(
        where.allocate(members.size_bytes() + slot_count * sizeof(std::uint32_t), alignof(member)));
    auto* const slots = reinterpret_cast<std::uint32_t*>(copy + members.size());
    std::memset(slots, 0, slot_count * sizeof(std::uint32_t));
    std::size_t kept = 0;
    for (auto const& one : members) {
        auto slot = hash_of(one.key) & (slot_count - 1);
        while (slots[slot] != 0 && copy[slots[slot] - 1].key != one.key) {
            slot = (slot + 1) & (slot_count - 1);
        }
        if (slots[slot] != 0) {
            copy[slots[slot] - 1].value = one.value;
            duplicates = true;
            continue;
        }
        copy[kept] = one;
        slots[slot] = static_cast<std::uint32_t>(++kept);
    }
    // The table's place and size follow from the count, so without the doubles it is made once more.
    if (kept < members.size()) return object({copy, kept}, where);
    return object_over({copy, kept}, tag::indexed_object);
}

value value::appended(value base, std::span<value const> more, arena& where, std::size_t& costs_bytes) {
    auto const old = base.items();
    auto const size = old.size() + more.size();
    auto found = sum_up(more);
    found.depth = std::max<std::size_t>(base.depth(), found.depth);
    HEADGATE_CHECK(found.depth <= nesting_max && size <= size_max, "an array beyond the limits");
    costs_bytes = 0;
    void* data = const_cast<void*>(base.data_);
    if ((base.marks_ & mark_growable) && fits_behind(data, old.size(), more.size())) {
        growth_of(data)->used = static_cast<std::uint32_t>(size);
    } else {
        data = allocate_growable(size, capacity_for(size, 4), sizeof(value), where, costs_bytes);
        if (!old.empty()) std::memcpy(data, old.data(), old.size_bytes());
    }
    if (!more.empty()) std::memcpy(static_cast<value*>(data) + old.size(), more.data(), more.size_bytes());
    return {tag::array, size, found.depth, data, mark_growable | base.marks_ | found.marks};
}

value value::appended(value base, std::string_view more, arena& where, std::size_t& costs_bytes) {
    auto const old = base.as_string();
    auto const size = old.size() + more.size();
    HEADGATE_CHECK(size <= size_max, "a string of 4 GiB");
    costs_bytes = 0;
    void* data = const_cast<void*>(base.data_);
    if ((base.marks_ & mark_growable) && fits_behind(data, old.size(), more.size())) {
        growth_of(data)->used = static_cast<std::uint32_t>(size);
    } else {
        data = allocate_growable(size, capacity_for(size, 256), 1, where, costs_bytes);
        std::memcpy(data, old.data(), old.size());
    }
    std::memcpy(static_cast<char*>(data) + old.size(), more.data(), more.size());
    return {tag::string, size, 0, data, mark_growable};
}

double value::as_double() const {
    if (tag_ == tag::integer) return static_cast<double>(integer_);
    if (tag_ == tag::real) return real_;
    HEADGATE_CHECK(tag_ == tag::literal, "not a number");
    return double_of({static_cast<char const*>(data_), size_});
}

void value::append_number_text(std::string& out) const {
    if (tag_ == tag::literal) {
        out.append(static_cast<char const*>(data_), size_);
    } else if (tag_ == tag::integer) {
        std::array<char, 24> digits;
        out.append(digits.data(), std::to_chars(digits.data(), digits.data() + digits.size(), integer_).ptr);
    } else {
        HEADGATE_CHECK(tag_ == tag::real, "not a number");
        append_real(real_, out);
    }
}

std::string value::number_text() const {
    std::string text;
    append_number_text(text);
    return text;
}

value const* value::find_pointer(std::string_view key) const noexcept {
    if (tag_ == tag::indexed_object) return find_indexed(key);
    if (tag_ != tag::object) return nullptr;
    auto const* one = static_cast<member const*>(data_);
    for (auto const* const end = one + size_; one != end; ++one) {
        if (one->key == key) return &one->value;
    }
    return nullptr;
}

value const* value::find_indexed(std::string_view key) const noexcept {
    auto const* const members = static_cast<member const*>(data_);
    auto const* const slots = reinterpret_cast<std::uint32_t const*>(members + size_);
    auto const mask = slots_for(size_) - 1;
    for (auto slot = hash_of(key) & mask; slots[slot] != 0; slot = (slot + 1) & mask) {
        auto const& one = members[slots[slot] - 1];
        if (one.key == key) return &one.value;
    }
    return nullptr;
}

}  // namespace headgate::json
