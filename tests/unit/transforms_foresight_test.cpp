#include "json/parse.hpp"
#include "transforms/builtins.hpp"
#include "transforms/foresight.hpp"
#include "transforms/program.hpp"

#include <gtest/gtest.h>

#include <array>
#include <fstream>
#include <ostream>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace headgate::transforms {
namespace {

outlook event() {
    static std::vector<std::string> const names{"connection", "team"};
    return of_events({.path_parameters = names});
}

struct foreseen_row {
    std::string_view program;
    std::string_view message;  // Its first line.
    std::string_view remedy;
};
void PrintTo(foreseen_row const& row, std::ostream* out) {
    *out << row.program;
}

class foresight_refuses : public testing::TestWithParam<foreseen_row> {};

TEST_P(foresight_refuses, what_can_only_fail) {
    auto const& row = GetParam();
    ASSERT_TRUE(program::compile(row.program)) << "the row is about what compiles";
    auto const seen = foresee(row.program, event());
    ASSERT_FALSE(seen);
    auto const& said = seen.error().message;
    EXPECT_EQ(said.substr(0, said.find('\n')), row.message);
    EXPECT_EQ(seen.error().remedy, row.remedy);
}

constexpr std::string_view page = "docs/reference/rule-language.md lists what a rule sees";
constexpr auto refusals = std::to_array<foreseen_row>({
    {".boddy.action", "there is no \"boddy\" here at line 1, column 1", "did you mean \"body\"?"},
    {".zzzzzzzzzzzz", "there is no \"zzzzzzzzzzzz\" here at line 1, column 1", page},
    {".[\"header\"]", "there is no \"header\" here at line 1, column 2", "did you mean \"headers\"?"},
    {"{id, hedders}", "there is no \"hedders\" here at line 1, column 6", "did you mean \"headers\"?"},
    {".identity.emai", "there is no \"emai\" here at line 1, column 10", "did you mean \"email\"?"},
    {". as $event | $event.sorce", "there is no \"sorce\" here at line 1, column 21",
     "did you mean \"source\"?"},
    {".source.name", "string has no members, and \"name\" is one at line 1, column 8", ""},
    {".params.team.id // \"x\" | .a", "string has no members, and \"a\" is one at line 1, column 26", ""},
    {".params.conection", "there is no \"conection\" here at line 1, column 8",
     "did you mean \"connection\"?"},
    {".headers[0]", "object has nothing at number at line 1, column 9", ""},
    {".source[]", "string has no items at line 1, column 8", "only an array or an object has"},
    {"now[1:]", "number has no parts at line 1, column 4", ""},
    {".source + 1", "string + number cannot be computed at line 1, column 9", ""},
    {"true + true", "boolean + boolean cannot be computed at line 1, column 6", ""},
    {".received_at - 3600", "string - number cannot be computed at line 1, column 14", ""},
    {"{} * []", "object * array cannot be computed at line 1, column 4", ""},
    {".headers | startswith(\"x\")", "object cannot be given to startswith at line 1, column 12",
     "it takes string"},
    {"(.body | length) | test(\"1\")", "number cannot be given to test at line 1, column 20",
     "it takes string"},
    {"{(now): 1}", "number cannot be a key at line 1, column 3",
     "only a string can, for example with tostring"},
    {"if .type == \"a\" then .sourc else 1 end", "there is no \"sourc\" here at line 1, column 22",
     "did you mean \"source\"?"},
    {"[.body.a[] | select(.b)] | map(.c) | .x | first(1 + \"a\")",
     "number + string cannot be computed at line 1, column 51", ""},
    {"def f: 1 + {}; f", "number + object cannot be computed at line 1, column 10", ""},
    {"reduce .body.a[] as $x (0; . + $x) | 1 - \"a\"",
     "number - string cannot be computed at line 1, column 40", ""},
});
INSTANTIATE_TEST_SUITE_P(rows, foresight_refuses, testing::ValuesIn(refusals));

class foresight_passes : public testing::TestWithParam<std::string_view> {};

TEST_P(foresight_passes, what_may_work) {
    ASSERT_TRUE(program::compile(GetParam()));
    auto const seen = foresee(GetParam(), event());
    EXPECT_TRUE(seen) << seen.error().message;
}

constexpr std::array<std::string_view, 19> may_work{
    ".",
    ".boddy? // 1 | .a",  // Before `?` names are still looked at where they can be.
    ".body.anything[0].at.all[]",
    ".headers[\"x-github-event\"] == \"push\"",
    ".headers[.body.name]",
    ".query.page | tonumber",
    ".type | startswith(\"release\")",
    "(.source.name)? // \"x\"",
    "(.source | .[]) // 1",
    "try (.source + 1) catch .",
    ".source[0]?",
    ".extra = .body.x | .extra",
    "def sha256: .a; {a: 1} | sha256",
    "def f(g): g + 1; f(.body)",
    "reduce .body[] as $x (null; . + $x)",
    ". as {body: $b} ?// [$b] | $b + 1",
    "error(\"no\") + 1",
    "[limit(3; .body[])] | add + 1",
    "label $out | foreach .body[] as $x (0; . + $x; if . > 3 then ., break $out else empty end)",
};
INSTANTIATE_TEST_SUITE_P(rows, foresight_passes, testing::ValuesIn(may_work));

struct outlook_row {
    std::string_view program;
    std::string_view of;
    bool may_be_blank = false;
    std::string_view null_in_text;
};
void PrintTo(outlook_row const& row, std::ostream* out) {
    *out << row.program;
}

class foresight_knows : public testing::TestWithParam<outlook_row> {};

TEST_P(foresight_knows, what_will_come) {
    auto const& row = GetParam();
    auto const seen = foresee(row.program, event(), {{"tag", outlook{}}});
    ASSERT_TRUE(seen) << seen.error().message;
    EXPECT_EQ(name_of(seen->of), row.of);
    EXPECT_EQ(seen->may_be_blank, row.may_be_blank);
    EXPECT_EQ(seen->null_in_text, row.null_in_text);
}

constexpr std::string_view anything = "null or boolean or number or string or array or object";
constexpr auto outlooks = std::to_array<outlook_row>({
    {".source", "string"},
    {".type", "null or string"},
    {".type // \"none\"", "string"},
    {".type // \"\"", "string", true},
    {"\"\"", "string", true},
    {"\"\\(\"\")\"", "string", true},
    {"\"\" + \"\"", "string", true},
    {"\"a\" + \"\"", "string"},
    {"empty", ""},
    {"error(\"no\")", ""},
    {".body", anything},
    {".body | length", "number"},
    {".params.connection", "string"},
    {".params[]", "string"},
    {".headers.host", "null or string"},
    {".query_all.page", "null or array"},
    {".headers[]", "null or string"},
    {"\"orders-\\(.body.tag)\"", "string", false, "line 1, column 16"},
    {"\"orders-\" + .body.tag", "string", false, "line 1, column 11"},
    {"\"orders-\\($tag)\"", "string", false, "line 1, column 11"},
    {"\"orders-\\(.body.tag // error(\"none\"))\"", "string"},
    {"\"\\(.source)-\\(.type)\"", "string", false, "line 1, column 15"},
    {"(.body.tag // error(\"none\")) as $t | \"orders-\\($t)\"", "string"},
    {"if .type then 1 else \"\" end", "number or string", true},
    {"[.body[]]", "array"},
    {"{a: 1}", "object"},
    {".type == null", "boolean"},
    {"\"a\" * 2", "null or string"},
    {"\"a,b\" / \",\"", "array"},
    {"try error(\"x\") catch .", anything},
});
INSTANTIATE_TEST_SUITE_P(rows, foresight_knows, testing::ValuesIn(outlooks));

TEST(foresight, knows_that_there_is_no_id_before_the_event_is_kept) {
    auto const incoming = of_new_events({});
    auto const seen = foresee(".id", incoming);
    ASSERT_FALSE(seen);
    EXPECT_TRUE(seen.error().message.starts_with("there is no \"id\" here at line 1, column 1"));
    EXPECT_TRUE(foresee(".source", incoming));
}

TEST(foresight, takes_what_a_schema_has_looked_at_to_be_there) {
    auto const checked = of_events({.path_parameters = {}, .body_has_schema = true});
    for (auto const* const program :
         {R"r("\(.body.release.tag_name)")r", R"r("\(.body.commits[0].id)")r", R"r("\(.body.names[])")r"}) {
        auto const seen = foresee(program, checked);
        ASSERT_TRUE(seen) << program;
        EXPECT_EQ(seen->null_in_text, "") << program;
    }
}

// Whether every output is of the kinds, and what was foreseen to fail does.
void expect_true(std::string_view source, json::value input, json::arena& own) {
    auto const compiled = program::compile(source);
    if (!compiled) return;
    auto const seen = foresee(source, {});
    auto running = compiled->start(input, own, {.limits = {}, .now = wall_time{}, .variables = {}});
    for (int i = 0; i < 10'000; ++i) {
        auto const output = running.next();
        if (!output) return;
        if (!*output) break;
        if (!seen) continue;
        EXPECT_TRUE(seen->of.has((*output)->type()))
            << source << " gives " << json::name_of((*output)->type()) << ", not " << name_of(seen->of);
    }
    EXPECT_TRUE(seen) << source << " works, but: " << seen.error().message;
}

TEST(foresight, is_true_of_what_libjq_was_asked) {
    std::ifstream rows{HEADGATE_SOURCE_DIR "/tests/unit/data/jq_rows.txt"};
    std::size_t count = 0;
    for (std::string line; std::getline(rows, line);) {
        if (line.starts_with('#')) continue;
        auto const first = line.find('\t');
        auto const second = line.find('\t', first + 1);
        json::arena own;
        auto const input = json::parse(std::string_view{line}.substr(first + 1, second - first - 1), own);
        if (input) expect_true(std::string_view{line}.substr(0, first), input->root, own);
        ++count;
    }
    EXPECT_GT(count, 1000U);
}

constexpr std::array<std::string_view, 9> samples{"null",    "true",     "1.5",
                                                  R"("12")", R"("{}")",  R"("2026-11-22T00:00:00Z")",
                                                  "[1,2]",   R"(["a"])", R"({"a":1})"};

TEST(foresight, is_true_of_every_function_it_knows) {
    std::vector<std::string> sources;
    std::size_t known = 0;
    auto const all = builtin_names();
    for (auto const name : std::set(all.begin(), all.end())) {
        for (std::size_t arity = 0; arity < 4; ++arity) {
            if (find_function_outlook(name, arity) == nullptr) continue;
            ++known;
            for (auto const given : arity == 0 ? std::vector<std::string_view>{""}
                                               : std::vector<std::string_view>{"\"a\"", "1", "\"\""}) {
                std::string call{name};
                if (arity > 0) call += "(" + std::string{given};
                for (std::size_t i = 1; i < arity; ++i) call += "; \"g\"";
                sources.push_back(arity > 0 ? call + ")" : call);
            }
        }
    }
    EXPECT_EQ(known, 39U);
    for (auto const& source : sources) {
        for (auto const sample : samples) {
            json::arena own;
            auto const input = json::parse(sample, own);
            ASSERT_TRUE(input);
            expect_true(std::string{sample} + " | " + source, input->root, own);
        }
    }
}

// Every pair of kinds, every sign.
TEST(foresight, is_true_of_every_operator) {
    for (auto const sign : {"+", "-", "*", "/", "%", "==", "<"}) {
        for (auto const left : samples) {
            for (auto const right : samples) {
                json::arena own;
                expect_true(std::string{left} + " " + sign + " " + std::string{right}, {}, own);
            }
        }
    }
}

}  // namespace
}  // namespace headgate::transforms
