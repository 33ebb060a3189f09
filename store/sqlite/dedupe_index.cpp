#include "store/sqlite/dedupe_index.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

namespace headgate::store::sqlite {
namespace {

constexpr std::size_t shard_count = 4096;
constexpr std::size_t first_slots = 64;

// Keys are SHA-256, so any of their bits spread evenly.
std::size_t shard_number(dedupe_key const& key) {
    return (static_cast<std::size_t>(key.hash[0]) << 8 | key.hash[1]) % shard_count;
}

std::uint64_t fragment_of(dedupe_key const& key) {
    std::uint32_t bits = 0;
    std::memcpy(&bits, key.hash.data() + 2, sizeof bits);
    return bits == 0 ? 1 : bits;
}

std::uint64_t slot_of(dedupe_key const& key, std::uint64_t row) {
    return fragment_of(key) << 32 | (row & 0xffff'ffff);
}

std::size_t home_of(std::uint64_t slot, std::size_t slots) {
    return (slot >> 32) & (slots - 1);
}

// The greatest number up to `newest` with these low bits.
std::uint64_t complete(std::uint64_t low, std::uint64_t newest) {
    std::uint64_t row = (newest & ~std::uint64_t{0xffff'ffff}) | low;
    if (row > newest) row -= std::uint64_t{1} << 32;
    return row;
}

}  // namespace

dedupe_index::dedupe_index(std::uint64_t keys_max) : shards_(shard_count), keys_max_{keys_max} {}

dedupe_index::shard& dedupe_index::shard_of(dedupe_key const& key) {
    return shards_[shard_number(key)];
}

dedupe_index::shard const& dedupe_index::shard_of(dedupe_key const& key) const {
    return shards_[shard_number(key)];
}

void dedupe_index::find(dedupe_key const& key, std::uint64_t newest,
                        std::vector<std::uint64_t>& candidates) const {
    auto const& slots = shard_of(key).slots;
    if (slots.empty()) return;
    auto const fragment = fragment_of(key);
    auto const mask = slots.size() - 1;
    for (auto at = home_of(fragment << 32, slots.size()); slots[at] != 0; at = (at + 1) & mask) {
        if (slots[at] >> 32 == fragment) candidates.push_back(complete(slots[at] & 0xffff'ffff, newest));
    }
}

void dedupe_index::insert(std::vector<slot>& slots, slot filled) {
    auto const mask = slots.size() - 1;
    auto at = home_of(filled, slots.size());
    while (slots[at] != 0) at = (at + 1) & mask;
    slots[at] = filled;
}

void dedupe_index::resize(shard& of, std::size_t slots) {
    std::vector<slot> larger(slots);
    for (auto const each : of.slots) {
        if (each != 0) insert(larger, each);
    }
    of.slots = std::move(larger);
}

void dedupe_index::reserve(std::uint64_t more) {
    // Keys do not spread quite evenly; a shard that gets more than this grows by itself.
    auto const more_each = more / shard_count * 17 / 16;
    for (auto& each : shards_) {
        auto const slots = std::bit_ceil((each.used + more_each) * 4 / 3 + 1);
        if (slots > std::max(first_slots, each.slots.size())) resize(each, slots);
    }
}

void dedupe_index::add(dedupe_key const& key, std::uint64_t row, source_number source) {
    auto& home = shard_of(key);
    bool const is_full = (std::size_t{home.used} + 1) * 4 > home.slots.size() * 3;
    if (is_full) resize(home, std::max(first_slots, home.slots.size() * 2));
    insert(home.slots, slot_of(key, row));
    ++home.used;
    ++size_;
    if (source >= by_source_.size()) by_source_.resize(source + 1);
    ++by_source_[source];
}

void dedupe_index::remove(dedupe_key const& key, std::uint64_t row, source_number source) {
    auto& home = shard_of(key);
    auto& slots = home.slots;
    if (slots.empty()) return;
    auto const mask = slots.size() - 1;
    auto const wanted = slot_of(key, row);
    auto hole = home_of(wanted, slots.size());
    while (slots[hole] != wanted) {
        if (slots[hole] == 0) return;
        hole = (hole + 1) & mask;
    }
    // Close the hole: whoever was pushed past it by it moves back, so that no search stops early.
    for (auto next = (hole + 1) & mask; slots[next] != 0; next = (next + 1) & mask) {
        auto const home_slot = home_of(slots[next], slots.size());
        bool const may_move = ((next - home_slot) & mask) >= ((next - hole) & mask);
        if (!may_move) continue;
        slots[hole] = slots[next];
        hole = next;
    }
    slots[hole] = 0;
    --home.used;
    --size_;
    --by_source_.at(source);
}

void dedupe_index::clear() {
    for (auto& each : shards_) each = {};
    size_ = 0;
    by_source_.clear();
}

bool dedupe_index::has_room_for(std::size_t keys, source_number source) const noexcept {
    auto const its_own = source < by_source_.size() ? by_source_[source] : 0;
    return size_ + its_own + keys <= keys_max_;
}

std::uint64_t dedupe_index::bytes() const noexcept {
    std::uint64_t total = shards_.size() * sizeof(shard);
    for (auto const& each : shards_) total += each.slots.capacity() * sizeof(slot);
    return total;
}

}  // namespace headgate::store::sqlite
