#include "json/parse.hpp"
#include "json/write.hpp"
#include "transforms/builtins.hpp"
#include "transforms/program.hpp"
#include "transforms/runtime.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace headgate::transforms {
namespace {

using testing::HasSubstr;

// How a run ended, and what it took.
struct spent {
    std::uint64_t steps = 0;
    std::string ending = "nothing";  // The last output, or the error.
};

spent spend(std::string_view source, std::string_view input, run_options const& options = {}) {
    auto const tables = std::make_shared<lookup_tables>();
    tables->by_name = json::parse(R"({"table": {}})", tables->kept)->root;
    auto const compiled = program::compile(source, {}, tables);
    if (!compiled) return {.steps = 0, .ending = compiled.error().message};
    json::arena own;
    auto const read = json::parse(input, own, {.depth_max = 64, .values_max = 10'000'000});
    if (!read) return {.steps = 0, .ending = read.error().message};
    auto running = compiled->start(read->root, own, options);
    spent all;
    while (true) {
        auto const output = running.next();
        all.steps = running.steps();
        if (!output) return all.ending = output.error().message, all;
        if (!*output) return all;
        all.ending = json::write(**output);
    }
}

// Far more than any row of the tables needs.
run_options const generous{.limits = {.steps_max = 1'000'000'000, .memory_bytes_max = std::size_t{1} << 30},
                           .now = {},
                           .variables = {}};

constexpr std::size_t size = 64 * 1024;  // Bytes of a text; a sixteenth of it are the items of an array.

// What the rows work on: members of one shape each.
std::string const& big_input() {
    static std::string const made = [] {
        std::string text;
        std::string numbers;
        std::string words;
        std::string entries;
        std::string object;
        for (std::size_t i = 0; i < size / 16; ++i) {
            auto const number = std::to_string((i * 7919) % 4093);
            auto const comma = i > 0 ? "," : "";
            text += "abcdefghijklmno ";
            numbers += comma + number;
            words += comma + ("\"" + number + "\"");
            entries += comma + (R"({"key":"k)" + std::to_string(i) + R"(","value":)" + number + "}");
            object += comma + ("\"k" + std::to_string(i) + "\":" + number);
        }
        std::string digits(size, '7');
        return R"({"text":")" + text + R"(","numbers":[)" + numbers + R"(],"words":[)" + words +
               R"(],"entries":[)" + entries + R"(],"object":{)" + object + R"(},"digits":)" + digits +
               R"(,"quoted":")" + digits + R"(","nested":[[)" + numbers + "],[" + numbers + "]]}";
    }();
    return made;
}

// Names of natives that do the same little whatever they are given.
std::set<std::string_view> const constant_work{
    "not",       "type",        "toarray",    "_append", "_count",
    "toboolean", "now",         "gmtime",     "mktime",  "utf8bytelength",
    "infinite",  "nan",         "isinfinite", "isnan",   "isnormal",
    "floor",     "ceil",        "round",      "trunc",   "rint",
    "nearbyint", "fabs",        "sqrt",       "cbrt",    "exp",
    "exp2",      "exp10",       "expm1",      "log",     "log2",
    "log10",     "log1p",       "logb",       "sin",     "cos",
    "tan",       "asin",        "acos",       "atan",    "sinh",
    "cosh",      "tanh",        "pow",        "atan2",   "fmod",
    "fmin",      "fmax",        "hypot",      "abs",     "strftime",
    "_captured", "isfinite",    "asinh",      "acosh",   "atanh",
    "erf",       "erfc",        "gamma",      "lgamma",  "tgamma",
    "lgamma_r",  "significand", "frexp",      "modf",    "ldexp",
    "scalb",     "scalbln",     "copysign",   "drem",    "remainder",
    "fdim",      "nextafter",   "nexttoward", "fma",     "j0",
    "j1",        "y0",          "y1",         "jn",      "yn"};

struct row {
    std::string_view name;  // Of the native or the operator.
    std::string_view source;
};

// Each looks at all of something that has `size` bytes of text, or sixteen bytes for each of its items.
constexpr auto rows = std::to_array<row>({
    {"length", ".text | length"},
    {"length", ".digits | length"},
    {"keys", ".object | keys"},
    {"keys_unsorted", ".object | keys_unsorted"},
    {"keys_unsorted", ".numbers | keys_unsorted"},
    {"has", ".quoted as $key | .object | has($key)"},
    {"contains", ".text | contains(\"abcdefghijklmnop\")"},
    {"contains", ".numbers | contains([-1])"},
    {"contains", ".object as $all | .object | contains($all)"},
    {"add", ".numbers | add"},
    {"add", ".words | add"},
    {"to_entries", ".object | to_entries"},
    {"from_entries", ".entries | from_entries"},
    {"flatten", ".nested | flatten"},
    {"flatten", ".nested | flatten(1)"},
    {"reverse", ".numbers | reverse"},
    {"transpose", ".nested | transpose"},
    {"getpath", ".quoted as $key | getpath([$key])"},
    {"setpath", ".numbers | setpath([0]; 1)"},
    {"setpath", ".object | setpath([\"k0\"]; 1)"},
    {"delpaths", ".numbers | delpaths([[0]])"},
    {"delpaths", ".object | delpaths([[\"k0\"]])"},
    {"sort", ".numbers | sort"},
    {"_sort_by", ".entries | sort_by(.value)"},
    {"_group_by", ".entries | group_by(.value)"},
    {"unique", ".numbers | unique"},
    {"unique", "[.text, .text] | unique"},
    {"_unique_by", ".entries | unique_by(.value)"},
    {"min", ".numbers | min"},
    {"max", ".numbers | max"},
    {"_min_by", ".entries | min_by(.value)"},
    {"_max_by", ".entries | max_by(.value)"},
    {"bsearch", ".text as $text | [$text] | bsearch($text)"},
    {"tostring", ".numbers | tostring"},
    {"tostring", ".digits | tostring"},
    {"tojson", ".text | tojson"},
    {"tojson", ".numbers | tojson"},
    {"fromjson", ".quoted | fromjson"},
    {"tonumber", ".quoted | tonumber"},
    {"startswith", ".text as $text | .text | startswith($text)"},
    {"endswith", ".text as $text | .text | endswith($text)"},
    {"ltrimstr", ".text as $text | .text | ltrimstr($text)"},
    {"rtrimstr", ".text as $text | .text | rtrimstr($text)"},
    {"trimstr", ".text as $text | .text | trimstr($text)"},
    {"trim", ".text | trim"},
    {"ltrim", ".text | ltrim"},
    {"rtrim", ".text | rtrim"},
    {"ascii_downcase", ".text | ascii_downcase"},
    {"ascii_upcase", ".text | ascii_upcase"},
    {"explode", ".text | explode"},
    {"implode", ".numbers | implode"},
    {"split", ".text | split(\"x\")"},
    {"split", ".text | split(\"\")"},
    {"_join", ".words | join(\",\")"},
    {"_join", ".text as $text | [1, 2] | join($text)"},
    {"indices", ".text | indices(\"o a\")"},
    {"indices", ".numbers | indices([1, 2])"},
    {"indices", ".numbers | indices(1)"},
    {"index", ".text | index(\"x\")"},
    {"rindex", ".text | rindex(\"x\")"},
    {"format", ".text | format(\"html\")"},
    {"@html", ".text | @html"},
    {"@uri", ".text | @uri"},
    {"@base64", ".text | @base64"},
    {"@urid", ".quoted | @urid"},
    {"@base64d", ".quoted | @base64d"},
    {"@base64d", ".text | try @base64d catch ."},
    {"@csv", ".words | @csv"},
    {"@tsv", ".words | @tsv"},
    {"@sh", ".words | @sh"},
    {"@json", ".text | @json"},
    {"text", "\"\\(.text)\""},
    {"_test", ".text | test(\"x\")"},
    {"_match", ".text | [match(\"x\")]"},
    {"_split", ".text | split(\"x\"; null)"},
    {"sha256", ".text | sha256"},
    {"hmac_sha256", ".text | hmac_sha256(\"key\")"},
    {"hmac_sha256", ".text as $text | \"x\" | hmac_sha256($text)"},
    {"uuid5", ".text | uuid5(\"url\")"},
    {"_entry", ".text as $key | lookup(\"table\"; $key)"},
    {"_has_entry", ".text as $key | lookup(\"table\"; $key; 1)"},
    {"strptime", ".text | try strptime(\"%Y\") catch ."},
    {"strptime", ".text as $text | \"2026\" | try strptime($text) catch ."},
    {"+", ".text + \"x\""},
    {"+", ".numbers + [1]"},
    {"+", ".object + {a: 1}"},
    {"+", ".digits + 1"},
    {"-", ".numbers - [1]"},
    {"*", ".object * {a: 1}"},
    {"*", ".text * 2"},
    {"/", ".text / \"x\""},
    {"==", ".text == .text + \"\""},
    {"==", ".numbers == .numbers"},
    {"==", ".object == .object"},
    {"<", ".text < .text"},
    {"<", ".object < .object"},
    {"[slice]", ".text[1:2]"},
    {"[key]", ".quoted as $key | .object[$key]"},
    {"[number]", ".digits as $number | [1][$number]"},
    {"{key}", "{(.text): 1}"},
    {"range", "range(.digits; 1)"},
});

TEST(budget, everything_that_looks_at_n_bytes_takes_at_least_n_by_256_steps) {
    for (auto const& [name, source] : rows) {
        auto const taken = spend(source, big_input(), generous);
        // Reading the input's member, building the operands: a few steps at most. Texts are `size` long, and
        // arrays take sixteen bytes for each item, which is `size` too.
        EXPECT_GE(taken.steps, size / bytes_per_step)
            << source << " ended with " << taken.ending.substr(0, 80);
    }
}

TEST(budget, no_native_is_forgotten) {
    std::set<std::string_view> seen{constant_work};
    for (auto const& one : rows) seen.insert(one.name);
    for (auto const table : native_tables()) {
        for (auto const& entry : table) EXPECT_TRUE(seen.contains(entry.name)) << entry.name << " has no row";
    }
}

TEST(budget, what_does_little_takes_little_however_large_its_input) {
    for (std::string_view const source :
         {".numbers | length", ".object | length", ".object | type", ".numbers | not", ".object.k7",
          ".numbers[7]", ".numbers[7:9]", ".object | has(\"k7\")", ".numbers | first", ".text == 1",
          ".text == \"x\""}) {
        EXPECT_LE(spend(source, big_input(), generous).steps, 4U) << source;
    }
}

// Bombs: each is small to send and to write, and ends within the default budget.
TEST(budget, bombs_end_with_the_limit_they_meet) {
    auto const a_lot = "\"" + std::string(1'000'000, 'a') + "\"";
    struct bomb {
        std::string source;
        std::string input;
        std::string_view setting;
    };
    std::vector<bomb> const bombs{
        {"[indices(\"" + std::string(1'000, 'a') + "\")]", a_lot, "steps"},
        {"[range(1e9) as $i | contains(\"b\")]", a_lot, "steps"},
        {"[range(1e9) as $i | ascii_downcase | length]", a_lot, "steps"},
        {"[range(1e9) as $i | test(\"b$\")]", a_lot, "steps"},
        {"[range(1e9) as $i | . == \"a\" + .[1:]]", a_lot, "steps"},
        {"[range(1e9) as $i | length]", a_lot, "steps"},
        {"[range(1e9) as $i | try @base64d catch 0]", "\"" + std::string(1'000'000, '!') + "\"", "steps"},
        {"[range(1e9) as $i | try has(.) catch 0]", a_lot, "steps"},
        {". as $key | [range(1e9) as $i | try ([] | .[$key]) catch 0]", a_lot, "steps"},
        {"[range(1e9) as $i | \"\" * 1e15]", "1", "steps"},
        {". as $n | [range(1e9) as $i | $n + $i]", std::string(100'000, '9'), "steps"},
        {"[scan(\"a.*b|a\")] | length", a_lot, "steps"},
        {"[match(\"(a|aa)*b|a\"; \"g\")] | length", a_lot, "steps"},
        {"gsub(\"a\"; \"b\") | length", a_lot, "steps"},
        {"[range(1e9)]", "1", "steps"},
        {"[limit(1e9; repeat(.))] | length", "1", "steps"},
        {"repeat(.)", "1", "outputs"},
        {"reduce range(1e9) as $i (\"x\"; . + .)", "1", "memory"},
        {"explode | length", a_lot, "memory"},
        {"def f: 1 + f; f", "1", "depth"},
        {"def f: def g: f; [g]; f", "1", "depth"},
    };
    for (auto const& [source, input, setting] : bombs) {
        auto const ending = spend(source, input).ending;
        auto const shown = source.substr(0, 60);
        EXPECT_EQ(ending, "the program went over its limit of " + std::string{setting}) << shown;
    }
}

// These look as if they went on for long, and do not.
TEST(budget, harmless_ones_are_done_within_it) {
    auto const a_lot = "\"" + std::string(1'000'000, 'a') + "\"";
    EXPECT_EQ(spend("index(\"" + std::string(100'000, 'a') + "b\")", a_lot).ending, "null");
    EXPECT_EQ(spend("split(\"" + std::string(100'000, 'a') + "b\") | length", a_lot).ending, "1");
    EXPECT_EQ(spend("test(\"^(a|aa)+$\"), test(\"(a+)+b\")", a_lot).ending, "false");
    EXPECT_EQ(spend("[., .] | unique | length", a_lot).ending, "1");
    EXPECT_EQ(spend("[range(5000)] | sort | group_by(. % 7) | length", "null").ending, "7");
    EXPECT_THAT(spend("\"[\" * 100000 | fromjson", "null").ending,
                HasSubstr("nested deeper than 1000 levels"));
    EXPECT_THAT(spend("test(\"((a{30}){30}){30}\")", a_lot).ending, HasSubstr("is not valid"));
}

// Each limit, at it and one past it, with what the operator reads.
TEST(budget, one_more_than_a_limit_is_too_much_and_the_remedy_names_the_setting) {
    struct edge {
        budget limits;
        std::string_view source;
        std::string_view one_past;
        std::string_view message;
        std::string_view remedy;
    };
    std::vector<edge> const edges{
        {{.steps_max = 4},
         "1, 2, 3, 4",
         "1, 2, 3, 4, 5",
         "steps",
         "make the program look at less, or raise dispatch.rule_steps_max"},
        {{.memory_bytes_max = 1'000},
         "\"a\" * 1000 | length",
         "\"a\" * 1001 | length",
         "memory",
         "make the program keep less at once, or raise dispatch.rule_memory_bytes_max"},
        {{.outputs_max = 2},
         "1, 2",
         "1, 2, 3",
         "outputs",
         "make the program give fewer outputs, with first(...) or limit(...; ...), or raise "
         "dispatch.rule_outputs_max"},
        {{.depth_max = 3},
         "def f: if . < 2 then . + 1 | [f] else . end; 0 | f",
         "def f: if . < 3 then . + 1 | [f] else . end; 0 | f",
         "depth",
         "make the program's calls end sooner, or let them be the last thing a function does, or raise "
         "dispatch.rule_depth_max"},
        {{},
         "reduce range(998) as $i ([]; [.]) | [.] | length",
         "reduce range(1000) as $i ([]; [.]) | length",
         "nesting",
         "make the program nest values less: a thousand levels are the most"},
    };
    for (auto const& [limits, source, one_past, message, remedy] : edges) {
        run_options options{.limits = limits, .now = {}, .variables = {}};
        options.limits.configured_by = "dispatch.rule_";
        EXPECT_THAT(spend(source, "null", options).ending, testing::Not(HasSubstr("limit"))) << source;
        json::arena own;
        auto const outputs = program::compile(one_past)->run({}, own, options);
        ASSERT_FALSE(outputs) << one_past;
        EXPECT_EQ(outputs.error().code, errc::resource_exhausted);
        EXPECT_EQ(outputs.error().message, "the program went over its limit of " + std::string{message});
        EXPECT_EQ(outputs.error().remedy, remedy);
    }
}

TEST(budget, an_output_is_walked_through_only_where_it_may_be_longer_than_what_it_was_made_of) {
    std::string const doubled = "reduce range(40) as $i ([1]; [., .])";
    for (auto const* const part : {"", " | .[:1]", " | .[0]", " | .[1:][0]"}) {
        EXPECT_THAT(spend(doubled + part, "null").ending, HasSubstr("limit of memory")) << part;
    }
    EXPECT_LE(spend(".numbers", big_input()).steps, 2U);
    EXPECT_GE(spend("{numbers}", big_input()).steps, size / bytes_per_step);
}

// A clock on which a millisecond goes by each time it is asked.
class hurried_clock final : public work_clock {
public:
    [[nodiscard]] std::chrono::nanoseconds worked() const override {
        return std::chrono::milliseconds{asked_++};
    }
    [[nodiscard]] int times_asked() const { return asked_; }

private:
    mutable int asked_ = 0;
};

TEST(budget, time_is_looked_at_every_thousand_steps) {
    using namespace std::chrono_literals;
    hurried_clock clock;
    run_options options{.limits = {.time_max = 5ms, .configured_by = "dispatch.rule_"},
                        .now = {},
                        .variables = {},
                        .clock = &clock};
    json::arena own;
    auto const endless = program::compile("[range(1e9)]");
    auto running = endless->start({}, own, options);
    auto const output = running.next();
    ASSERT_FALSE(output);
    EXPECT_EQ(output.error().code, errc::resource_exhausted);
    EXPECT_EQ(output.error().message, "the program went over its limit of time");
    EXPECT_EQ(output.error().remedy, "make the program do less, or raise dispatch.rule_time_max");
    EXPECT_EQ(clock.times_asked(), 7);  // At the beginning, and until more than five milliseconds had gone.
    EXPECT_NEAR(static_cast<double>(running.steps()), 5'000, 50);
    EXPECT_FALSE(running.next()) << "and it stays so";

    options.limits.time_max = 0ms;
    EXPECT_THAT(spend("[range(1e9)]", "null", options).ending, HasSubstr("limit of steps"));
    EXPECT_EQ(clock.times_asked(), 7) << "without a limit nobody asks";
}

// jq's order of objects: the sets of keys as sorted arrays, then the values, key by key. The results are
// jq's.
TEST(compare, orders_objects_by_their_keys_and_then_by_their_values) {
    constexpr std::array<std::array<std::string_view, 3>, 9> pairs{{
        {R"({"a":1})", R"({"b":0})", "true"},
        {R"({"b":0})", R"({"a":1})", "false"},
        {R"({"a":1})", R"({"a":0,"b":0})", "true"},
        {R"({"a":9,"c":9})", R"({"a":0,"b":0})", "false"},
        {R"({"a":9,"b":9})", R"({"a":0,"c":0})", "true"},
        {R"({"b":1,"a":2})", R"({"a":2,"b":2})", "true"},
        {R"({"b":1,"a":3})", R"({"a":2,"b":2})", "false"},
        {R"({"a":1,"b":2})", R"({"b":2,"a":1})", "false"},
        {R"({})", R"({"":null})", "true"},
    }};
    for (auto const& [a, b, is_less] : pairs) {
        auto const pair = "[" + std::string{a} + "," + std::string{b} + "]";
        EXPECT_EQ(spend(".[0] < .[1]", pair).ending, is_less) << pair;
    }
}

// Whole numbers that no double tells apart, between reals that do not: no order that a sort could rely on.
TEST(compare, sorting_ends_where_numbers_beyond_2_to_53_are_mixed_with_reals) {
    std::string all = "[";
    for (int i = 0; i < 3'000; ++i) {
        constexpr std::array<std::string_view, 3> numbers{"9007199254740993", "9007199254740992.0",
                                                          "9007199254740992"};
        all += (i > 0 ? "," : "") + std::string{numbers[static_cast<std::size_t>(i * i) % 3]};
    }
    EXPECT_EQ(spend("sort | length", all + "]").ending, "3000");
    EXPECT_EQ(spend("unique | length > 0", all + "]").ending, "true");
}

}  // namespace
}  // namespace headgate::transforms
