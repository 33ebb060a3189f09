#include "json/lookup.hpp"
#include "json/parse.hpp"
#include "json/write.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace headgate::json {
namespace {

using namespace std::string_literals;

constexpr std::string_view text =
    R"( {"a" : { "b": [ 1.10 , {"c":"x\"]}"} , -0 ] }, "":[[]], "k~/":true, "d":1, "d":2, )"
    R"("\u0065":3, "z": {"d": 4}} )";

std::optional<std::string_view> raw_slice(std::string_view in, std::string const& pointer) {
    auto const places = lookup{std::vector{pointer}}.find_in(in);
    return places ? places->front().raw : std::nullopt;
}

// What stands at each pointer; "-" for nothing, "twice" where it is ambiguous.
std::vector<std::string> found(std::vector<std::string> const& pointers, std::string_view in = text) {
    auto const places = lookup{pointers}.find_in(in);
    if (!places) return {places.error().message};
    std::vector<std::string> all;
    for (auto const& one : *places) all.emplace_back(one.is_ambiguous ? "twice" : one.raw.value_or("-"));
    return all;
}

TEST(json_lookup, gives_the_bytes_of_a_value_by_pointer) {
    EXPECT_EQ(raw_slice(text, ""), text.substr(1, text.size() - 2));
    EXPECT_EQ(raw_slice(text, "/a"), R"({ "b": [ 1.10 , {"c":"x\"]}"} , -0 ] })");
    EXPECT_EQ(raw_slice(text, "/a/b"), R"([ 1.10 , {"c":"x\"]}"} , -0 ])");
    EXPECT_EQ(raw_slice(text, "/a/b/0"), "1.10");
    EXPECT_EQ(raw_slice(text, "/a/b/1/c"), R"("x\"]}")");
    EXPECT_EQ(raw_slice(text, "/a/b/2"), "-0");
    EXPECT_EQ(raw_slice(text, "/"), "[[]]");
    EXPECT_EQ(raw_slice(text, "//0"), "[]");
    EXPECT_EQ(raw_slice(text, "/k~0~1"), "true");
    EXPECT_EQ(raw_slice(text, "/e"), "3");
    EXPECT_EQ(raw_slice(text, "/z/d"), "4");
    for (char const* const nowhere : {"/d", "/d/x", "/x", "/a/b/3", "/a/b/-", "/a/b/01", "/a/b/1/c/d", "a",
                                      "/~2", "/k~0~", "/a/b/99999999999999999999"}) {
        EXPECT_FALSE(raw_slice(text, nowhere)) << nowhere;
    }
}

TEST(json_lookup, finds_all_pointers_in_one_pass) {
    EXPECT_EQ(found({"/z/d", "/a/b/0", "/a/b/1/c", "/x", "/z", "/a/b/0"}),
              (std::vector{"4"s, "1.10"s, R"("x\"]}")"s, "-"s, R"({"d": 4})"s, "1.10"s}));
    EXPECT_EQ(found({}, "[1]"), std::vector<std::string>{});
    EXPECT_EQ(found({"", "/0"}, " [1] "), (std::vector{"[1]"s, "1"s}));
    EXPECT_EQ(found({"/a", "b", "/~"}, R"({"a":null})"), (std::vector{"null"s, "-"s, "-"s}));
}

TEST(json_lookup, says_which_pointers_go_through_a_name_that_stands_twice) {
    EXPECT_EQ(found({"/d", "/z/d"}), (std::vector{"twice"s, "4"s}));
    EXPECT_EQ(found({"/a/b", "/a", "/c"}, R"({"a":{"b":1},"c":2,"\u0061":{"b":3}})"),
              (std::vector{"twice"s, "twice"s, "2"s}));
    EXPECT_EQ(found({"/a/b"}, R"({"a":{"b":1,"x":{},"x":{}}})"), std::vector{"1"s});
    EXPECT_EQ(found({"/a/b"}, R"({"a":1,"a":2})"), std::vector{"twice"s});
}

TEST(json_lookup, knows_where_among_its_pointers_one_is) {
    lookup const two{std::vector{"/a"s, "/b/c"s}};
    EXPECT_EQ(two.index_of("/b/c"), 1U);
    EXPECT_FALSE(two.index_of("/b"));
}

TEST(json_lookup, fails_as_parse_does) {
    EXPECT_EQ(found({"/a"}, "{\"a\":1"), std::vector{"JSON text ends too early at line 1, column 7"s});
    EXPECT_EQ(found({"/a"}, "{\"a\":1}}"), std::vector{"JSON text is malformed at line 1, column 8"s});
    EXPECT_EQ(found({"/0"}, std::string(64, '[') + std::string(64, ']')).size(), 1U);
    EXPECT_EQ(found({"/0"}, std::string(65, '[') + std::string(65, ']')),
              std::vector{"JSON text is nested deeper than 64 levels at line 1, column 65"s});
    EXPECT_EQ(found({"/0"}, std::string(100'000, '[')),
              std::vector{"JSON text is nested deeper than 64 levels at line 1, column 65"s});
    std::string objects;
    for (int i = 0; i < 65; ++i) objects += "{\"a\":";
    EXPECT_EQ(found({"/a/a"}, objects + "1" + std::string(65, '}')),
              std::vector{"JSON text is nested deeper than 64 levels at line 1, column 321"s});
    EXPECT_EQ(found({}, "1e2147483648").size(), 1U);
}

// Every text that is one byte away from a valid one: whatever `parse` says of it, looking up says too.
TEST(json_lookup, is_as_strict_as_parse_one_byte_away_from_what_is_valid) {
    std::string const valid = R"([{"k\u00e9\ud834\udd1e":-0.5e+10,"b":[true,false,null,{}],"":"caf)"
                              "\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80"
                              R"( \\\"\/\b"},[[],12,"plain text of more than eight bytes"] , 1E-7 ])";
    std::string const inserted = "\0\x1f \t\"\\/,:[]{}0159-+.eEtunabx\x7f\x80\xbf\xc2\xe2\xed\xf4\xff"s;
    lookup const two{std::vector{"/0/b/1"s, "/1"s}};
    for (std::size_t at = 0; at < valid.size(); ++at) {
        std::vector<std::string> near{valid.substr(0, at), valid.substr(0, at) + valid.substr(at + 1)};
        for (auto const c : inserted) {
            near.push_back(valid);
            near.back()[at] = c;
            near.push_back(valid);
            near.back().insert(at, 1, c);
        }
        for (auto const& one : near) {
            arena own;
            ASSERT_EQ(two.find_in(one).has_value(), parse(one, own).has_value()) << one;
        }
    }
}

// Where both find something, it is the same.
TEST(json_lookup, finds_what_the_tree_has) {
    constexpr std::string_view in = R"({"a":[1,{"b":"\u0041"},[]],"c":{"d":{"e":[null,"x"]}},"f":12.50})";
    arena own;
    auto const tree = parse(in, own);
    for (std::string const& pointer : {""s, "/a"s, "/a/0"s, "/a/1"s, "/a/1/b"s, "/a/2"s, "/c"s, "/c/d"s,
                                       "/c/d/e"s, "/c/d/e/0"s, "/c/d/e/1"s, "/f"s, "/g"s, "/a/3"s, "/f/0"s}) {
        auto const there = tree->root.at_pointer(pointer);
        auto const raw = raw_slice(in, pointer);
        ASSERT_EQ(there.has_value(), raw.has_value()) << pointer;
        if (there) EXPECT_EQ(write(parse(*raw, own)->root), write(*there)) << pointer;
    }
}

}  // namespace
}  // namespace headgate::json
