#include "core/encoding.hpp"
#include "transforms/content_coding.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace headgate::transforms {
namespace {

constexpr std::string_view document = R"({"action":"published","n":1.10})";

// Made by Node's zlib (gzipSync, brotliCompressSync) and by zstd 1.5.4, of `document`.
constexpr std::string_view by_gzip = "H4sIAAAAAAAAA6tWSkwuyczPU7JSKihNyskszkhNUdJRylOyMtQzNKgFAK3qN6cfAAAA";
constexpr std::string_view by_zstd = "KLUv/SQf+QAAeyJhY3Rpb24iOiJwdWJsaXNoZWQiLCJuIjoxLjEwfRszvh4=";
constexpr std::string_view by_br = "Cw+AeyJhY3Rpb24iOiJwdWJsaXNoZWQiLCJuIjoxLjEwfQM=";

// The same in two pieces, each packed by itself, one after the other.
constexpr std::string_view by_gzip_twice =
    "H4sIAAAAAAAAA6tWSkwuyczPU7JSKihNyskszkhNUdIBAAFj1+gWAAAAH4sIAAAAAAAAA1PKU7Iy1DM0qAUAkv1begkAAAA=";
constexpr std::string_view by_zstd_twice =
    "KLUv/SQWsQAAeyJhY3Rpb24iOiJwdWJsaXNoZWQiLN091GAotS/9JAlJAAAibiI6MS4xMH327swY";

// 1001 times the letter a.
constexpr std::string_view letters_by_gzip = "H4sIAAAAAAAAA0tMHAWjYBQMewAAI9ckcekDAAA=";
constexpr std::string_view letters_by_zstd = "KLUv/WTpAk0AABBhYQEA5CuABdXJByQ=";
constexpr std::string_view letters_by_br = "G+gD+CXCorFAQDQ=";

std::string bytes_of(std::string_view base64) {
    return decode_base64(base64, base64_alphabet::standard).value_or("not base64");
}

std::string unpacked(content_coding which, std::string_view packed, std::size_t bytes_max = 4096) {
    auto const done = unpack(which, packed, bytes_max);
    return done ? *done : done.error().message;
}

TEST(content_coding, unpacks_what_others_packed) {
    EXPECT_EQ(unpacked(content_coding::gzip, bytes_of(by_gzip)), document);
    EXPECT_EQ(unpacked(content_coding::zstd, bytes_of(by_zstd)), document);
    EXPECT_EQ(unpacked(content_coding::br, bytes_of(by_br)), document);
}

TEST(content_coding, takes_one_part_after_the_other_as_one_text) {
    EXPECT_EQ(unpacked(content_coding::gzip, bytes_of(by_gzip_twice)), document);
    EXPECT_EQ(unpacked(content_coding::zstd, bytes_of(by_zstd_twice)), document);
}

TEST(content_coding, ends_where_the_limit_is) {
    struct row {
        content_coding which;
        std::string_view packed;
        std::string_view name;
    };
    for (auto const& [which, packed, name] :
         {row{content_coding::gzip, letters_by_gzip, "gzip"},
          row{content_coding::zstd, letters_by_zstd, "zstd"}, row{content_coding::br, letters_by_br, "br"}}) {
        EXPECT_EQ(unpacked(which, bytes_of(packed), 1001), std::string(1001, 'a')) << name;
        auto const too_much = unpack(which, bytes_of(packed), 1000);
        ASSERT_FALSE(too_much) << name;
        EXPECT_EQ(too_much.error().code, errc::resource_exhausted);
        EXPECT_EQ(too_much.error().message,
                  "the body is larger than 1000 bytes once its " + std::string{name} + " is decoded");
        EXPECT_EQ(unpacked(which, bytes_of(packed), 0),
                  "the body is larger than 0 bytes once its " + std::string{name} + " is decoded");
    }
}

// A packed body has one reading: whole, and nothing behind it.
TEST(content_coding, refuses_what_is_cut_short_changed_or_goes_on) {
    struct row {
        content_coding which;
        std::string_view packed;
        std::string said;
    };
    for (auto const& [which, packed, said] :
         {row{content_coding::gzip, by_gzip, "the body is not the gzip that its Content-Encoding says"},
          row{content_coding::zstd, by_zstd, "the body is not the zstd that its Content-Encoding says"},
          row{content_coding::br, by_br, "the body is not the br that its Content-Encoding says"}}) {
        auto const whole = bytes_of(packed);
        for (std::size_t kept = 0; kept < whole.size(); ++kept) {
            EXPECT_EQ(unpacked(which, std::string_view{whole}.substr(0, kept)), said) << kept;
        }
        EXPECT_EQ(unpacked(which, whole + "{}"), said);
        EXPECT_EQ(unpacked(which, whole + std::string(1, '\0')), said);
        EXPECT_EQ(unpacked(which, document), said);
    }
    auto changed = bytes_of(by_gzip);
    changed[changed.size() - 6] ^= 1;  // Its checksum.
    EXPECT_EQ(unpacked(content_coding::gzip, changed),
              "the body is not the gzip that its Content-Encoding says");
    changed = bytes_of(by_zstd);
    changed.back() ^= 1;
    EXPECT_EQ(unpacked(content_coding::zstd, changed),
              "the body is not the zstd that its Content-Encoding says");
}

// A frame of five letters (RFC 8878, 3.1.1) that asks for a window of 8 MiB, and for one of 16.
TEST(content_coding, takes_no_larger_window_than_http_has) {
    using namespace std::string_view_literals;
    EXPECT_EQ(unpacked(content_coding::zstd, "\x28\xb5\x2f\xfd\x00\x68\x2b\x00\x00\x61"sv), "aaaaa");
    EXPECT_EQ(unpacked(content_coding::zstd, "\x28\xb5\x2f\xfd\x00\x70\x2b\x00\x00\x61"sv),
              "the body is not the zstd that its Content-Encoding says");
}

std::string named(headers const& fields) {
    auto const coding = content_coding_of(fields);
    if (!coding) return coding.error().message;
    return *coding ? std::string{name_of(**coding)} : "plain";
}

TEST(content_coding, is_one_that_the_headers_name) {
    EXPECT_EQ(named({}), "plain");
    EXPECT_EQ(named({{"content-encoding", "identity"}}), "plain");
    EXPECT_EQ(named({{"content-encoding", "GZip"}}), "gzip");
    EXPECT_EQ(named({{"content-encoding", "x-gzip"}}), "gzip");
    EXPECT_EQ(named({{"content-encoding", "zstd"}}), "zstd");
    EXPECT_EQ(named({{"content-encoding", "br"}}), "br");
    for (std::string_view const other :
         {"", "deflate", "gzip, br", "gzip,gzip", "gzip;q=1", "compress", "dcb"}) {
        EXPECT_EQ(named({{"content-encoding", std::string{other}}}),
                  "the body has a Content-Encoding that is not decoded here")
            << other;
    }
    EXPECT_EQ(named({{"content-encoding", "gzip"}, {"content-encoding", "gzip"}}),
              "the body has a Content-Encoding that is not decoded here");
}

}  // namespace
}  // namespace headgate::transforms
