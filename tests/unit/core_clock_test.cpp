#include "core/clock.hpp"

#include <gtest/gtest.h>

namespace headgate {
namespace {

using namespace std::chrono_literals;

TEST(to_rfc3339, writes_utc_with_milliseconds) {
    // date -u -d @1700000000 +%FT%TZ  ->  2023-11-14T22:13:20Z
    EXPECT_EQ(to_rfc3339(wall_time{1'700'000'000'123ms}), "2023-11-14T22:13:20.123Z");
    EXPECT_EQ(to_rfc3339(wall_time{0ms}), "1970-01-01T00:00:00.000Z");
}

TEST(parse_rfc3339, reads_offsets_and_fractions) {
    EXPECT_EQ(parse_rfc3339("2023-11-14T22:13:20Z"), wall_time{1'700'000'000s});
    EXPECT_EQ(parse_rfc3339("2023-11-14t23:43:20.5+01:30"), wall_time{1'700'000'000'500ms});
    EXPECT_EQ(parse_rfc3339("2023-11-14T17:13:20.123456789-05:00"), wall_time{1'700'000'000'123ms});
}

class malformed_times : public testing::TestWithParam<char const*> {};

TEST_P(malformed_times, are_refused) {
    auto const time = parse_rfc3339(GetParam());
    ASSERT_FALSE(time);
    EXPECT_EQ(time.error().code, errc::invalid_argument);
}

INSTANTIATE_TEST_SUITE_P(rows, malformed_times,
                         testing::Values("", "2023", "2023-11-14", "2023-11-14T22:13:20",
                                         "2023-13-14T22:13:20Z", "2023-02-29T22:13:20Z",
                                         "2023-11-14T24:13:20Z", "2023-11-14T22:60:20Z",
                                         "2023-11-14T22:13:61Z", "2023-11-14T22:13:20.Z",
                                         "2023-11-14T22:13:20.1234567890Z", "2023-11-14T22:13:20+25:00",
                                         "2023-11-14T22:13:20+0100", "2023-11-14T22:13:20Zx",
                                         "+023-11-14T22:13:20Z", " 2023-11-14T22:13:20Z"));

}  // namespace
}  // namespace headgate
