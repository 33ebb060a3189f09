#include "json/slices.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

namespace headgate::json {
namespace {

using slices = std::vector<std::string_view>;

TEST(raw_slices, are_all_values_at_a_pointer_and_of_all_items_before_it) {
    std::string_view const text = R"({"a":[{"t":1},{"t":"x","t":[2]},3], "a":{"t":4} ,"b":[[{"t":5}]]})";
    EXPECT_EQ(raw_slices(text, {"/a/1/t"}), (slices{R"("x")", "[2]"}));
    EXPECT_EQ(raw_slices(text, {"/a", "/t"}), (slices{"1", R"("x")", "[2]"}));
    EXPECT_EQ(raw_slices(text, {"/b", "", "/t"}), (slices{"5"}));
    EXPECT_EQ(raw_slices(text, {"/c"}), slices{});
    EXPECT_EQ(raw_slices(text, {"a"}), slices{}) << "malformed";
    EXPECT_EQ(raw_slices(text, {""}), slices{text});
}

TEST(raw_slices, are_the_bytes_as_they_stand) {
    std::string_view const text =
        R"( {"a" : { "b": [ 1.10 , {"c":"x\"]}"} , -0 ] }, "":[[]], "k~/":true, "\u0065":3} )";
    EXPECT_EQ(raw_slices(text, {""}), slices{text.substr(1, text.size() - 2)});
    EXPECT_EQ(raw_slices(text, {"/a/b"}), slices{R"([ 1.10 , {"c":"x\"]}"} , -0 ])"});
    EXPECT_EQ(raw_slices(text, {"/a/b/1/c"}), slices{R"("x\"]}")"});
    EXPECT_EQ(raw_slices(text, {"//0"}), slices{"[]"});
    EXPECT_EQ(raw_slices(text, {"/k~0~1"}), slices{"true"});
    EXPECT_EQ(raw_slices(text, {"/e"}), slices{"3"});
}

TEST(raw_slices, of_invalid_text_stay_within_it) {
    for (std::string_view const text :
         {"", " ", "{", "[", "{\"a", "{\"a\\", "{\"a\":", "[1,", "[[[", "]", "}", ",", "{]", "nul"}) {
        using pointers = std::vector<std::string>;
        for (auto const& path : {pointers{""}, pointers{"/a"}, pointers{"/0/0"}, pointers{"", "/a"}}) {
            for (auto const slice : raw_slices(text, path)) {
                EXPECT_GE(slice.data(), text.data());
                EXPECT_LE(slice.data() + slice.size(), text.data() + text.size());
            }
        }
    }
}

}  // namespace
}  // namespace headgate::json
