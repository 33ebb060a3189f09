#pragma once

#include "model/event.hpp"

#include <cstdint>
#include <vector>

namespace headgate::store::sqlite {

// Number of a source in the table `sources`; small.
using source_number = std::uint32_t;

// Which rows of the table `dedupe` may hold a key, in memory: eight bytes a slot.
//
// Exact it is not: of the 128 bits of a key it remembers some forty, and of a row's number the low 32 bits. A
// candidate is therefore always confirmed in the table; a key without a candidate is certainly unknown. It is
// made of many small open-addressed tables, so that growing never copies more than one of them at a time. A
// row number is complete again as long as the table spans fewer than 2^32 rows.
//
// Belongs to the writer's thread.
class dedupe_index {
public:
    // `keys_max`: how many fit, of all sources together. Nothing is refused here: ask `has_room_for` before.
    explicit dedupe_index(std::uint64_t keys_max);

    // Appends the rows that may hold this key, in no order. `newest` is the greatest row number in use.
    void find(dedupe_key const& key, std::uint64_t newest, std::vector<std::uint64_t>& candidates) const;

    void add(dedupe_key const& key, std::uint64_t row, source_number source);
    void remove(dedupe_key const& key, std::uint64_t row, source_number source);
    void clear();
    // Room for so many more keys without growing on the way.
    void reserve(std::uint64_t more);

    // A source may have as many keys as are left free after it: one alone fills half, n of them leave room
    // for one more of their size. So no source, nor several, ever take the room of another.
    [[nodiscard]] bool has_room_for(std::size_t keys, source_number source) const noexcept;
    [[nodiscard]] std::uint64_t size() const noexcept { return size_; }
    [[nodiscard]] std::uint64_t bytes() const noexcept;

private:
    // A slot holds 32 bits of the key (never 0: that is an empty slot) above 32 bits of the row.
    using slot = std::uint64_t;
    struct shard {
        std::vector<slot> slots;  // A power of two, or none.
        std::uint32_t used = 0;
    };

    static void insert(std::vector<slot>& slots, slot filled);
    static void resize(shard& of, std::size_t slots);
    [[nodiscard]] shard& shard_of(dedupe_key const& key);
    [[nodiscard]] shard const& shard_of(dedupe_key const& key) const;

    std::vector<shard> shards_;
    std::uint64_t keys_max_;
    std::uint64_t size_ = 0;
    std::vector<std::uint64_t> by_source_;  // Keys of each source.
};

}  // namespace headgate::store::sqlite
