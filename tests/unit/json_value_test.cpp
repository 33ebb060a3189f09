#include "json/parse.hpp"
#include "json/value.hpp"
#include "json/write.hpp"

#include <gtest/gtest.h>

#include <array>
#include <limits>
#include <string>
#include <utility>
#include <vector>

namespace headgate::json {
namespace {

TEST(json_value, is_null_unless_made_otherwise) {
    value const nothing{};
    EXPECT_EQ(nothing.type(), kind::null);
    EXPECT_EQ(name_of(nothing.type()), "null");
    EXPECT_FALSE(nothing.is_truthy());
    EXPECT_FALSE(value::boolean(false).is_truthy());
    EXPECT_TRUE(value::integer(0).is_truthy());
}

// Expected: libjq 1.8.2, `(<number>) * 1 | tojson`; up to 2^53 integers are integers here, and written as
// such.
TEST(json_value, writes_computed_numbers_with_the_fewest_exact_digits) {
    constexpr std::array<std::pair<double, std::string_view>, 19> rows{{
        {0.0, "0"},
        {-0.0, "-0"},
        {3.0, "3"},
        {-2.5, "-2.5"},
        {0.1, "0.1"},
        {1.0 / 3.0, "0.3333333333333333"},
        {0.1 + 0.2, "0.30000000000000004"},
        {9007199254740992.0, "9007199254740992"},
        {9007199254740994.0, "9007199254740994"},
        {1e17, "1e+17"},
        {123e15, "123000000000000000"},
        {-1e19, "-1e+19"},
        {12345678901234567890.0, "12345678901234567000"},
        {0.00001, "1e-05"},
        {1e300, "1e+300"},
        {1.5e-7, "1.5e-07"},
        {0.0001, "0.0001"},
        {std::numeric_limits<double>::infinity(), "1.7976931348623157e+308"},
        {std::numeric_limits<double>::quiet_NaN(), "null"},
    }};
    for (auto const& [number, text] : rows) EXPECT_EQ(value::real(number).number_text(), text);
}

TEST(json_value, gives_the_last_of_equal_keys_the_first_ones_place) {
    arena own;
    std::vector<member> const members{
        {"a", value::integer(1)}, {"b", value::integer(2)}, {"a", value::integer(3)}};
    EXPECT_EQ(write(value::object(members, own)), R"({"a":3,"b":2})");
}

TEST(json_value, goes_down_by_pointer) {
    arena own;
    // The document and the expected values are RFC 6901's, section 5.
    auto const root =
        parse(R"({"foo":["bar","baz"],"":0,"a/b":1,"c%d":2,"e^f":3,"g|h":4,"i\\j":5,"k\"l":6," ":7,"m~n":8})",
              own)
            ->root;
    constexpr std::array<std::pair<std::string_view, std::string_view>, 11> rows{{
        {"/foo", R"(["bar","baz"])"},
        {"/foo/0", R"("bar")"},
        {"/", "0"},
        {"/a~1b", "1"},
        {"/c%d", "2"},
        {"/e^f", "3"},
        {"/g|h", "4"},
        {"/i\\j", "5"},
        {"/k\"l", "6"},
        {"/ ", "7"},
        {"/m~0n", "8"},
    }};
    for (auto const& [pointer, text] : rows) {
        auto const found = root.at_pointer(pointer);
        ASSERT_TRUE(found) << pointer;
        EXPECT_EQ(write(*found), text);
    }
    EXPECT_EQ(write(*root.at_pointer("")), write(root));
    for (std::string_view const nowhere :
         {"foo", "/foo/2", "/foo/-", "/foo/00", "/foo/bar", "/bar", "/~", "//0"}) {
        EXPECT_FALSE(root.at_pointer(nowhere)) << nowhere;
    }
}

TEST(json_value, adds_to_arrays_and_strings_without_changing_what_was_there) {
    arena own;
    std::size_t bytes = 0;
    std::size_t total = 0;
    auto list = value::array({}, own);
    auto text = value::string("", own);
    std::vector<value> lists;
    for (int i = 0; i < 1000; ++i) {
        list = value::appended(list, std::array{value::integer(i)}, own, bytes);
        total += bytes;
        text = value::appended(text, "x", own, bytes);
        total += bytes;
        lists.push_back(list);
    }
    for (std::size_t i = 0; i < lists.size(); ++i) {
        ASSERT_EQ(lists[i].items().size(), i + 1);
        EXPECT_EQ(lists[i].items().back().held_integer(), i);
    }
    EXPECT_EQ(text.as_string(), std::string(1000, 'x'));
    EXPECT_LT(total, 120'000U) << "adding one must not copy the whole each time";

    auto const left = value::appended(lists[9], std::array{value::integer(-1)}, own, bytes);
    EXPECT_EQ(left.items()[10].held_integer(), -1);
    EXPECT_EQ(lists[10].items()[10].held_integer(), 10) << "another end of the same beginning";
}

TEST(json_value, knows_that_something_in_it_could_not_be_read) {
    arena own;
    auto const broken = value::unreadable("the body is not JSON", own);
    EXPECT_TRUE(broken.is_null());
    auto const list = value::array(std::array{value::integer(1), broken}, own);
    auto const root = value::object(std::array{member{"a", value{}}, member{"b", list}}, own);
    EXPECT_TRUE(root.holds_unreadable());
    EXPECT_FALSE(root.find("a")->holds_unreadable());
    EXPECT_EQ(root.why_unreadable(), "the body is not JSON");
    std::size_t bytes = 0;
    EXPECT_TRUE(value::appended(value::array({}, own), std::array{root}, own, bytes).holds_unreadable());
}

TEST(json_value, knows_how_deep_it_is) {
    arena own;
    EXPECT_EQ(value::integer(1).depth(), 0U);
    EXPECT_EQ(parse("[]", own)->root.depth(), 1U);
    EXPECT_EQ(parse(R"([1,{"a":[[]]}])", own)->root.depth(), 4U);
}

}  // namespace
}  // namespace headgate::json
