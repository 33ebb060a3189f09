#include "config/parse.hpp"
#include "config/reader.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <string>
#include <string_view>

namespace headgate::config {
namespace {

using std::chrono::milliseconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;

// One file in memory, with what was found wrong in it.
struct document {
    explicit document(std::string_view text, parse_limits const& limits = {}) {
        auto parsed = parse(text, into.add_file("headgate.yaml"), into, limits);
        loads = parsed.has_value();
        if (loads) root = std::move(*parsed);
    }

    [[nodiscard]] std::vector<std::string> lines() const {
        std::vector<std::string> all;
        for (auto const& one : into.found()) all.push_back(to_text(one));
        return all;
    }

    notes into;
    node root;
    bool loads = false;
};

TEST(parse, keeps_text_as_it_is_written_and_knows_the_lines) {
    document const file{"a: 0012\nb:\n  - 'x'\n  - [1.50, \"y z\"]\n"};
    ASSERT_TRUE(file.loads);
    EXPECT_THAT(file.lines(), IsEmpty());
    EXPECT_EQ(file.root.find("a")->text, "0012");
    EXPECT_FALSE(file.root.find("a")->quoted);
    auto const& list = *file.root.find("b");
    EXPECT_TRUE(list.items[0].quoted);
    EXPECT_EQ(list.items[1].items[0].text, "1.50");
    EXPECT_EQ(list.items[1].items[1].line, 4);
}

struct refusal {
    std::string name;
    std::string text;
    std::vector<std::string> reads;  // What the operator sees.
};

class refused_files : public ::testing::TestWithParam<refusal> {};

TEST_P(refused_files, say_where_and_why) {
    document const file{GetParam().text};
    EXPECT_THAT(file.lines(), ::testing::ElementsAreArray(GetParam().reads));
}

INSTANTIATE_TEST_SUITE_P(
    parse, refused_files,
    ::testing::Values(
        refusal{"key_twice",
                "sources:\n  github: 1\n  stripe: 2\n  github: 3\n",
                {"sources.github (line 4): is set twice, first on line 2 — keep one of the two"}},
        refusal{"key_twice_deep_in_a_list",
                "a:\n  - b\n  - {c: 1, c: 2}\n",
                {"a[1].c (line 3): is set twice, first on line 3 — keep one of the two"}},
        refusal{"anchor_and_alias",
                "a: &one x\nb: *one\n",
                {"a (line 1): has an anchor (&), which is not allowed — remove it, and write the value out "
                 "wherever it is used",
                 "b (line 2): is an alias (*), which is not allowed — write the value out; this file says "
                 "everything where it is used"}},
        refusal{"alias_to_itself",
                "a: &a [*a]\n",
                {"a (line 1): has an anchor (&), which is not allowed — remove it, and write the value out "
                 "wherever it is used",
                 "a[0] (line 1): is an alias (*), which is not allowed — write the value out; this file "
                 "says everything where it is used"}},
        refusal{"tag",
                "a: !!binary aGk=\n",
                {"a (line 1): has a tag, which is not allowed — remove the word that starts with '!'"}},
        refusal{"list_as_key",
                "? [a, b]\n: c\n",
                {"line 1: has a key that is not a text — write the key as plain text"}},
        refusal{"two_documents",
                "a: 1\n---\nb: 2\n",
                {"line 3: the file has more than one document — remove the line '---' and what follows, or "
                 "make it a file of its own"}},
        refusal{
            "no_yaml",
            "a: [1, 2\nb: 3\n",
            {"line 2: is not YAML: end of sequence flow not found — correct the line, often its indentation, "
             "colon or quotes"}},
        refusal{"not_utf8",
                "a: 1\nb: \xff\n",
                {"line 2: the file is not UTF-8 text — save it as UTF-8, without control characters"}},
        refusal{"a_byte_the_library_takes_for_the_end",
                std::string{"a: 1\nb: \x04 c\n"},
                {"line 2: the file is not UTF-8 text — save it as UTF-8, without control characters"}}),
    [](auto const& row) { return row.param.name; });

TEST(parse, takes_a_file_at_the_size_limit_and_refuses_one_byte_more) {
    std::string text = "a: ";
    text.append(1024 * 1024 - text.size(), 'x');
    EXPECT_TRUE(document{text}.loads);
    document const larger{text + 'x'};
    EXPECT_FALSE(larger.loads);
    EXPECT_THAT(larger.lines(), ElementsAre(HasSubstr("the file has 1048577 bytes, more than 1048576")));
}

TEST(parse, takes_the_deepest_nesting_and_refuses_one_level_more) {
    auto const nested = [](std::size_t levels) {
        return std::string(levels, '[') + std::string(levels, ']');
    };
    EXPECT_TRUE(document{nested(32)}.loads);
    document const deeper{nested(33)};
    EXPECT_FALSE(deeper.loads);
    EXPECT_THAT(deeper.lines(), ElementsAre(HasSubstr("is nested deeper than 32 levels")));
}

TEST(parse, refuses_a_megabyte_of_open_brackets_quickly) {
    document const file{std::string(1024 * 1024, '[')};
    EXPECT_FALSE(file.loads);
}

TEST(reader, says_which_key_was_probably_meant) {
    document file{"webhook: x\noperator: y\n"};
    reader at{file.root, "listen", file.into};
    EXPECT_EQ(at.text("webhooks"), std::nullopt);
    EXPECT_EQ(at.text("operator"), "y");
    EXPECT_EQ(at.text("trusted_proxies"), std::nullopt);
    at.finish();
    EXPECT_THAT(file.lines(),
                ElementsAre("listen.webhook (line 1): is not a setting — did you mean webhooks? "
                            "one of: webhooks, operator, trusted_proxies"));
}

TEST(reader, reads_every_kind_of_value) {
    document file{
        "text: hello\nflag: true\nwhole: 12\nnumber: 0.5\nduration: 5m\ntime: 2026-10-01T00:00:00Z\n"
        "choice: green\ntexts: [a, \"b\"]\npairs: {k: v, l: w}\n"};
    reader at{file.root, "", file.into};
    constexpr std::array<std::string_view, 2> colours{"red", "green"};
    EXPECT_EQ(at.text("text"), "hello");
    EXPECT_EQ(at.flag("flag"), true);
    EXPECT_EQ(at.whole("whole", 0, 12), 12);
    EXPECT_EQ(at.number("number", 0, 1), 0.5);
    EXPECT_EQ(at.duration("duration", milliseconds{1}, milliseconds{300'000}), milliseconds{300'000});
    EXPECT_EQ(to_rfc3339(at.time("time").value()), "2026-10-01T00:00:00.000Z");
    EXPECT_EQ(at.choice("choice", colours), 1U);
    EXPECT_THAT(at.texts("texts"), ElementsAre("a", "b"));
    EXPECT_THAT(at.text_pairs("pairs"), ElementsAre(Pair("k", "v"), Pair("l", "w")));
    at.finish();
    EXPECT_THAT(file.lines(), IsEmpty());
}

TEST(reader, notes_every_wrong_value_and_goes_on) {
    document file{
        "text: [x]\nflag: yes\nwhole: 13\nnumber: \"1\"\nduration: 5\ntime: today\nchoice: blue\n"
        "texts: a\nempty:\nlong: 301s\nsize: 10MiB\n"};
    reader at{file.root, "", file.into};
    constexpr std::array<std::string_view, 2> colours{"red", "green"};
    EXPECT_EQ(at.text("text"), std::nullopt);
    EXPECT_EQ(at.flag("flag"), std::nullopt);
    EXPECT_EQ(at.whole("whole", 0, 12), std::nullopt);
    EXPECT_EQ(at.number("number", 0, 1), std::nullopt);
    EXPECT_EQ(at.duration("duration", milliseconds{1}, milliseconds{300'000}), std::nullopt);
    EXPECT_EQ(at.time("time"), std::nullopt);
    EXPECT_EQ(at.choice("choice", colours), std::nullopt);
    EXPECT_THAT(at.texts("texts"), IsEmpty());
    EXPECT_EQ(at.text("empty"), std::nullopt);
    EXPECT_EQ(at.duration("long", milliseconds{1}, milliseconds{300'000}), std::nullopt);
    EXPECT_EQ(at.whole("size", 1, 1000), std::nullopt);
    at.finish();
    EXPECT_THAT(
        file.lines(),
        ElementsAre(
            "text (line 1): is a list, not one value — write `text: value`",
            "flag (line 2): \"yes\" is neither true nor false — write true or false, without quotes",
            "whole (line 3): \"13\" is not a whole number from 0 to 12 — write digits only, for example 1",
            "number (line 4): \"1\" is not a number from 0 to 1 — write for example 1",
            "duration (line 5): \"5\" is not a duration — write a whole number and a unit (ms, s, m, h, d), "
            "for example 300s",
            "time (line 6): \"today\" is not a time — write it as in RFC 3339, for example "
            "2026-10-01T00:00:00Z",
            "choice (line 7): \"blue\" is not known — one of: red, green",
            "texts (line 8): is a text, not a list — write `texts: [first, second]`",
            "empty (line 9): is empty — give it a value, or remove the line",
            "long (line 10): 301s is not from 1ms to 5m — choose a duration in that range",
            "size (line 11): \"10MiB\" is not a whole number from 1 to 1000 — write digits only, for "
            "example 1"));
}

TEST(reader, takes_an_empty_section_for_a_mistake_but_goes_on) {
    document file{"listen:\nstore: 5\n"};
    reader at{file.root, "", file.into};
    EXPECT_FALSE(at.section("listen"));
    auto store = at.section("store");
    ASSERT_TRUE(store);
    EXPECT_EQ(store->text("path"), std::nullopt);
    EXPECT_THAT(file.lines(), ElementsAre(HasSubstr("listen (line 1): is empty"),
                                          HasSubstr("store (line 2): is a text, not a mapping")));
}

struct written_duration {
    std::string text;
    std::optional<milliseconds> means;
};

TEST(duration, is_a_whole_number_with_a_unit) {
    using namespace std::chrono_literals;
    for (auto const& [text, means] : {
             written_duration{"300s", 300s},
             {"2500ms", 2500ms},
             {"5m", 5min},
             {"24h", 24h},
             {"30d", 720h},
             {"0s", 0ms},
             {"36525d", 876600h},
             {"36526d", std::nullopt},  // More than a hundred years.
             {"99999999999999999999s", std::nullopt},
             {"9223372036854775807d", std::nullopt},
             {"", std::nullopt},
             {"s", std::nullopt},
             {"5", std::nullopt},
             {"5 s", std::nullopt},
             {"-5s", std::nullopt},
             {"+5s", std::nullopt},
             {"1.5s", std::nullopt},
             {"5S", std::nullopt},
             {"5sec", std::nullopt},
             {"1m30s", std::nullopt},
         }) {
        EXPECT_EQ(parse_duration(text), means) << text;
    }
}

TEST(duration, is_shown_in_the_longest_unit_that_fits) {
    using namespace std::chrono_literals;
    EXPECT_EQ(to_text(milliseconds{90s}), "90s");
    EXPECT_EQ(to_text(milliseconds{2500}), "2500ms");
    EXPECT_EQ(to_text(milliseconds{720h}), "30d");
    EXPECT_EQ(to_text(milliseconds{0}), "0s");
}

TEST(notes, keeps_the_first_two_hundred_and_counts_the_rest) {
    notes into;
    node here;
    for (int i = 0; i < 250; ++i) into.mistake(here, "a", "wrong", "");
    auto const all = std::move(into).take();
    ASSERT_EQ(all.size(), 201U);
    EXPECT_EQ(all.back().what, "50 more problems are not listed");
}

}  // namespace
}  // namespace headgate::config
