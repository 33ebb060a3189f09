#include "core/log_line.hpp"
#include "core/text.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

namespace headgate {
namespace {

using namespace std::chrono_literals;

std::string line(log_format format, std::vector<log_field> const& fields, std::string_view message = "said") {
    return log_line(format, *parse_rfc3339("2026-11-21T03:24:05.123Z"), log_level::info, message, fields);
}

// What stands behind the message.
std::string as_text(std::string value) {
    auto const whole = line(log_format::text, {{"a", std::move(value)}});
    std::string const begin = "2026-11-21T03:24:05.123Z info    said ";
    EXPECT_EQ(whole.substr(0, begin.size()), begin);
    return whole.substr(begin.size());
}

TEST(log_line, is_one_json_object) {
    EXPECT_EQ(
        line(log_format::json, {{"a", "b \"c\"\n"}, {"d", "\xc3\xa4"}}),
        R"({"time":"2026-11-21T03:24:05.123Z","level":"info","message":"said","a":"b \"c\"\n","d":"ä"})");
}

TEST(log_line, a_value_in_text_cannot_look_like_another_field_or_line) {
    EXPECT_EQ(as_text("plain-word/1"), "a=plain-word/1");
    EXPECT_EQ(as_text("grün"), "a=grün");
    EXPECT_EQ(as_text(""), R"(a="")");
    EXPECT_EQ(as_text("two words"), R"(a="two words")");
    EXPECT_EQ(as_text("b=c"), R"(a="b=c")");
    EXPECT_EQ(as_text("\"quoted\""), R"(a="\"quoted\"")");
    EXPECT_EQ(as_text("x\n2026-11-21T03:24:05.123Z error forged"),
              R"(a="x\n2026-11-21T03:24:05.123Z error forged")");
    EXPECT_EQ(as_text("x\r\x1b[2J\x7f"), R"(a="x\r\u001b[2J\u007f")");
    EXPECT_EQ(as_text("c:\\x"), R"(a="c:\\x")");
}

TEST(log_line, a_message_in_text_stays_on_its_line) {
    EXPECT_EQ(line(log_format::text, {}, "a\nb\x7f"), "2026-11-21T03:24:05.123Z info    a b ");
}

TEST(log_line, replaces_what_is_no_utf_8_and_what_acts_on_a_terminal) {
    EXPECT_EQ(as_text("a\xff"), "a=\"a\xef\xbf\xbd\"");
    EXPECT_EQ(as_text("a\xc2\x9b"), "a=\"a\xef\xbf\xbd\"");    // CSI, one of the C1 controls
    EXPECT_EQ(as_text("a\xe2\x80\xa8z"), "a=a\xef\xbf\xbdz");  // LINE SEPARATOR
    EXPECT_NE(line(log_format::json, {{"a", "a\xff"}}).find("\"a\":\"a\xef\xbf\xbd\""), std::string::npos);
}

TEST(log_line, cuts_a_long_value_between_characters) {
    std::string const almost(log_value_bytes_max - 1, 'x');
    for (auto const format : {log_format::json, log_format::text}) {
        auto const fits = line(format, {{"a", almost + "y"}});
        EXPECT_NE(fits.find("xy"), std::string::npos);
        EXPECT_EQ(fits.find("…"), std::string::npos);
        auto const cut = line(format, {{"a", almost + "\xc3\xa4"}});
        EXPECT_TRUE(is_utf8(cut));
        EXPECT_NE(cut.find("x…\""), std::string::npos);
    }
}

TEST(log_line, is_never_longer_than_its_limit) {
    std::string const worst(log_value_bytes_max + 1, '\x01');
    for (auto const format : {log_format::json, log_format::text}) {
        auto const whole = line(format, {{"a", worst}, {"b", worst}, {"c", "short"}}, worst);
        EXPECT_LE(whole.size(), log_line_bytes_max);
        EXPECT_NE(whole.find("short"), std::string::npos) << "a field that does not fit hides no other";
    }
}

TEST(repetition, lets_one_a_second_through_and_counts_the_rest) {
    repetition repeated;
    repetition::instant const start{};
    EXPECT_EQ(repeated.admit("refused", "github", start + 1s), 0U);
    EXPECT_FALSE(repeated.admit("refused", "github", start + 1s));
    EXPECT_FALSE(repeated.admit("refused", "github", start + 1999ms));
    EXPECT_EQ(repeated.admit("refused", "github", start + 2s), 2U);
    EXPECT_EQ(repeated.admit("refused", "github", start + 3s), 0U);
}

TEST(repetition, keeps_sources_apart) {
    repetition repeated;
    repetition::instant const start{1s};
    EXPECT_TRUE(repeated.admit("refused", "github", start));
    EXPECT_TRUE(repeated.admit("refused", "stripe", start)) << "not hidden by the flood of another";
    EXPECT_TRUE(repeated.admit("full", "github", start));
    EXPECT_FALSE(repeated.admit("refused", "stripe", start));
}

TEST(repetition, knows_a_bounded_number_of_kinds) {
    repetition repeated;
    repetition::instant const start{1s};
    for (std::size_t i = 0; i < repetition::kinds_max; ++i) {
        EXPECT_TRUE(repeated.admit("refused", std::to_string(i), start));
    }
    EXPECT_TRUE(repeated.admit("refused", "one more", start));
    EXPECT_FALSE(repeated.admit("refused", "and another", start)) << "counted with the one before";
    EXPECT_FALSE(repeated.admit("refused", "0", start)) << "known kinds stay apart";
}

}  // namespace
}  // namespace headgate
