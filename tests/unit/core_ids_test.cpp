#include "core/ids.hpp"

#include <gtest/gtest.h>

namespace headgate {
namespace {

using namespace std::chrono_literals;

// RFC 9562, A.4; the other by Python's uuid.uuid5.
TEST(uuid_of_name, agrees_with_the_published_vector) {
    auto const dns = parse_uuid("6ba7b810-9dad-11d1-80b4-00c04fd430c8");
    EXPECT_EQ(to_string(uuid_of_name(*dns, "www.example.com")), "2ed6657d-e927-568b-95e1-2665a8aea6a2");
    auto const own = parse_uuid("0192f3c0-7b1e-7cc3-9a4f-0123456789ab");
    EXPECT_EQ(to_string(uuid_of_name(*own, "orders/42")), "534d59fe-c79f-5e80-913e-af3453b32892");
}

TEST(uuid_sequence, gives_version_7_with_the_time_in_front) {
    uuid_sequence ids;
    // RFC 9562, appendix A.6: 2022-02-22T19:22:22Z is 017F22E2-79B0-7...
    auto const text = to_string(ids.next(*parse_rfc3339("2022-02-22T14:22:22.00-05:00")));
    EXPECT_EQ(text.substr(0, 15), "017f22e2-79b0-7");
    EXPECT_NE(std::string{"89ab"}.find(text[19]), std::string::npos);
}

TEST(uuid_sequence, always_gives_a_greater_one_also_when_the_clock_steps_back) {
    uuid_sequence ids;
    wall_time now{1'700'000'000s};
    auto last = ids.next(now);
    for (int i = 0; i < 10'000; ++i) {
        auto const next = ids.next(now);
        ASSERT_GT(next, last);
        last = next;
        if (i % 100 == 0) now -= 10ms;
    }
}

TEST(uuid_sequence, goes_on_after_the_last_one_of_an_earlier_life) {
    auto const last = *parse_uuid("ffffffff-ffff-7fff-bfff-fffffffffffe");
    uuid_sequence ids{last};
    EXPECT_EQ(to_string(ids.next(wall_time{0s})), "ffffffff-ffff-7fff-bfff-ffffffffffff");
}

TEST(parse_uuid, reads_what_to_string_writes_and_nothing_else) {
    EXPECT_EQ(to_string(*parse_uuid("0192F3C0-7b1e-7cc3-9a4f-0123456789ab")),
              "0192f3c0-7b1e-7cc3-9a4f-0123456789ab");
    for (char const* wrong :
         {"", "0192f3c0", "0192f3c0-7b1e-7cc3-9a4f-0123456789a", "0192f3c0x7b1e-7cc3-9a4f-0123456789ab",
          "0192f3c0-7b1e-7cc3-9a4f-0123456789ag", "{192f3c0-7b1e-7cc3-9a4f-0123456789ab}"}) {
        EXPECT_FALSE(parse_uuid(wrong)) << wrong;
    }
}

}  // namespace
}  // namespace headgate
