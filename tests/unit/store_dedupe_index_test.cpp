#include "store/sqlite/dedupe_index.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace headgate::store::sqlite {
namespace {

dedupe_key key_of(std::uint64_t number) {
    return make_dedupe_key("default", "github", dedupe_kind::id, std::to_string(number));
}

std::vector<std::uint64_t> find(dedupe_index const& in, dedupe_key const& key, std::uint64_t newest) {
    std::vector<std::uint64_t> found;
    in.find(key, newest, found);
    return found;
}

TEST(dedupe_index, finds_every_key_it_was_given_and_next_to_nothing_else) {
    dedupe_index index{1'000'000};
    for (std::uint64_t i = 1; i <= 60'000; ++i) index.add(key_of(i), i, 1);
    std::size_t strangers = 0;
    for (std::uint64_t i = 1; i <= 60'000; ++i) {
        ASSERT_THAT(find(index, key_of(i), 60'000), testing::Contains(i));
        strangers += find(index, key_of(i + 1'000'000), 60'000).size();
    }
    EXPECT_EQ(index.size(), 60'000U);
    EXPECT_LE(strangers,
              20U);  // Some forty bits of each key are kept: 60,000 of 2^40 slots, looked at 60,000 times.
}

TEST(dedupe_index, holds_ten_million_keys_in_less_than_512_mib) {
    // A slot is eight bytes, and a table is at least three eighths full after growing.
    dedupe_index index{1'000'000};
    for (std::uint64_t i = 1; i <= 100'000; ++i) index.add(key_of(i), i, 1);
    EXPECT_LT(index.bytes() / index.size() * 10'000'000, 512U << 20);
}

TEST(dedupe_index, forgets_what_was_removed_and_keeps_its_neighbours) {
    dedupe_index index{1'000'000};
    for (std::uint64_t i = 1; i <= 100'000; ++i) index.add(key_of(i), i, 1);
    for (std::uint64_t i = 1; i <= 100'000; i += 2) index.remove(key_of(i), i, 1);
    for (std::uint64_t i = 1; i <= 100'000; ++i) {
        auto const found = find(index, key_of(i), 100'000);
        if (i % 2 == 0)
            ASSERT_THAT(found, testing::Contains(i));
        else
            ASSERT_THAT(found, testing::Not(testing::Contains(i)));
    }
    EXPECT_EQ(index.size(), 50'000U);
    index.remove(key_of(1), 1, 1);
    EXPECT_EQ(index.size(), 50'000U);
}

TEST(dedupe_index, loses_nothing_when_room_is_made_for_many) {
    dedupe_index index{1'000'000};
    for (std::uint64_t i = 1; i <= 1'000; ++i) index.add(key_of(i), i, 1);
    index.reserve(500'000);
    auto const bytes = index.bytes();
    for (std::uint64_t i = 1'001; i <= 100'000; ++i) index.add(key_of(i), i, 1);
    EXPECT_EQ(index.bytes(), bytes);
    for (std::uint64_t i = 1; i <= 100'000; ++i)
        ASSERT_THAT(find(index, key_of(i), 100'000), testing::Contains(i));
}

TEST(dedupe_index, completes_row_numbers_past_32_bits) {
    dedupe_index index{10};
    auto const base = std::uint64_t{5} << 32;
    index.add(key_of(1), base - 1, 1);
    index.add(key_of(2), base + 7, 1);
    EXPECT_THAT(find(index, key_of(1), base + 10), testing::ElementsAre(base - 1));
    EXPECT_THAT(find(index, key_of(2), base + 10), testing::ElementsAre(base + 7));
}

TEST(dedupe_index, keeps_two_rows_of_one_key) {
    dedupe_index index{10};
    index.add(key_of(1), 1, 1);
    index.add(key_of(1), 9, 1);
    EXPECT_THAT(find(index, key_of(1), 9), testing::UnorderedElementsAre(1, 9));
}

TEST(dedupe_index, has_room_for_a_source_while_its_keys_are_fewer_than_the_free_ones) {
    constexpr source_number loud = 1;
    constexpr source_number quiet = 2;
    dedupe_index index{10};
    EXPECT_TRUE(index.has_room_for(10, loud));
    EXPECT_FALSE(index.has_room_for(11, loud));
    for (std::uint64_t i = 1; i <= 5; ++i) index.add(key_of(i), i, loud);
    EXPECT_FALSE(index.has_room_for(1, loud));
    EXPECT_TRUE(index.has_room_for(5, quiet));
    EXPECT_FALSE(index.has_room_for(6, quiet));
    for (std::uint64_t i = 6; i <= 7; ++i) index.add(key_of(i), i, quiet);
    EXPECT_TRUE(index.has_room_for(1, quiet));
    EXPECT_FALSE(index.has_room_for(2, quiet));
    index.remove(key_of(1), 1, loud);
    index.remove(key_of(2), 2, loud);
    EXPECT_TRUE(index.has_room_for(2, loud));
    index.clear();
    EXPECT_TRUE(index.has_room_for(10, loud));
    EXPECT_TRUE(find(index, key_of(3), 7).empty());
}

}  // namespace
}  // namespace headgate::store::sqlite
