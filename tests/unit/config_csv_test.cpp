#include "config/csv.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace headgate::config {
namespace {

// "a|b" and a line end for each record, and the fault behind it all.
std::string records_of(std::string_view text) {
    std::string all;
    for (csv_reader from{text};;) {
        auto const record = from.next();
        if (!record) return all + fmt::format("line {}: {}", from.line(), record.error().message);
        if (!*record) return all;
        all += fmt::format("{}:{}\n", from.line(), fmt::join(**record, "|"));
    }
}

struct row {
    std::string_view text;
    std::string_view records;  // Those of Python's csv.reader(io.StringIO(text, newline=""), strict=True).
};

constexpr row rows[]{
    {"", ""},
    {"a,b\n1,2\n", "1:a|b\n2:1|2\n"},
    {"a,b\r\n1,2", "1:a|b\n2:1|2\n"},
    {"a,,\n", "1:a||\n"},
    {"\"a,b\",\"c\"\"d\"\n", "1:a,b|c\"d\n"},
    {"\"two\nlines\",x\ny,z\n", "1:two\nlines|x\n3:y|z\n"},
    {"\"\"\n", "1:\n"},
    {"\"\"\"\"\n", "1:\"\n"},
    {" a , b \n", "1: a | b \n"},
    {"\"ends\"", "1:ends\n"},
    {"a;b\tc\n", "1:a;b\tc\n"},
    {"\"cr\rinside\",x\n", "1:cr\rinside|x\n"},
};

TEST(csv, is_read_as_pythons_csv_reads_it) {
    for (auto const& [text, records] : rows) EXPECT_EQ(records_of(text), records) << text;
}

TEST(csv, leaves_out_the_byte_order_mark_that_spreadsheets_write) {
    EXPECT_EQ(records_of("\xEF\xBB\xBFkey,value\n"), "1:key|value\n");
}

// RFC 4180, 2: what the first two are to Python's reader is a field with a quote in it.
constexpr row faults[]{
    {"a,b\n1,x\"y\"\n", "1:a|b\nline 2: a quote stands inside a field that does not begin with one"},
    {"a, \"b\"\n", "line 1: a quote stands inside a field that does not begin with one"},
    {"a\n\"b\"c\n", "1:a\nline 2: a field goes on behind its closing quote"},
    {"a\n\"b\nc\n", "1:a\nline 2: a quote is not closed"},
    {"a\rb\n", "line 1: a carriage return has no line feed behind it"},
    {"\"a\"\r", "line 1: a carriage return has no line feed behind it"},
};

TEST(csv, that_may_mean_two_things_is_refused_with_its_line) {
    for (auto const& [text, records] : faults) EXPECT_EQ(records_of(text), records) << text;
}

TEST(csv, has_nothing_more_after_a_fault) {
    csv_reader from{"a\"\nb\n"};
    EXPECT_FALSE(from.next());
    auto const after = from.next();
    ASSERT_TRUE(after);
    EXPECT_FALSE(*after);
}

}  // namespace
}  // namespace headgate::config
