#include "core/secret.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <utility>

namespace headgate {
namespace {

// Fits into a string's own buffer, where a move copies it.
constexpr auto const* bytes = "short-secret";

// The memory of an object that is still there, moved-from or not.
bool holds_the_secret(auto const& object) {
    std::string_view const memory{reinterpret_cast<char const*>(&object), sizeof object};
    return memory.find(bytes) != memory.npos;
}

TEST(secret, leaves_nothing_where_it_was_moved_from) {
    secret first{bytes};
    ASSERT_TRUE(holds_the_secret(first)) << "the row sees it where it is";
    secret second{std::move(first)};
    EXPECT_FALSE(holds_the_secret(first));  // NOLINT(bugprone-use-after-move)
    secret third{"another-one"};
    third = std::move(second);
    EXPECT_FALSE(holds_the_secret(second));  // NOLINT(bugprone-use-after-move)
    EXPECT_EQ(third.reveal(), bytes);
}

TEST(secret, leaves_nothing_in_the_string_it_was_made_of) {
    std::string given{bytes};
    secret const made{std::move(given)};
    EXPECT_FALSE(holds_the_secret(given));  // NOLINT(bugprone-use-after-move)
    EXPECT_EQ(made.reveal(), bytes);
}

TEST(secret, leaves_nothing_of_the_longer_one_that_it_replaces) {
    secret changed{bytes};
    secret const other{"x"};
    changed = other;
    EXPECT_FALSE(holds_the_secret(changed));
    EXPECT_EQ(changed.reveal(), "x");
}

}  // namespace
}  // namespace headgate
