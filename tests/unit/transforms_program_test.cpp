#include "json/parse.hpp"
#include "json/write.hpp"
#include "transforms/program.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace headgate::transforms {
namespace {

using testing::HasSubstr;

result<std::vector<std::string>> run(std::string_view source, std::string_view input = "null",
                                     run_options const& options = {}) {
    HEADGATE_TRY(auto const compiled, program::compile(source));
    json::arena own;
    HEADGATE_TRY(auto const read, json::parse(input, own));
    HEADGATE_TRY(auto const outputs, compiled.run(read.root, own, options));
    std::vector<std::string> texts;
    for (auto const& output : outputs) texts.push_back(json::write(output));
    return texts;
}

std::string first_of(std::string_view source, std::string_view input = "null",
                     run_options const& options = {}) {
    auto const outputs = run(source, input, options);
    if (!outputs) return outputs.error().message;
    return outputs->empty() ? "nothing" : outputs->front();
}

std::string compile_message(std::string_view source) {
    auto const compiled = program::compile(source);
    return compiled ? "compiles" : compiled.error().message + "\n" + compiled.error().remedy;
}

TEST(program, gives_its_outputs_one_by_one_and_then_nothing_for_ever) {
    json::arena own;
    auto const compiled = program::compile("1, (2, 3 | . * 10)");
    auto running = compiled->start({}, own, {});
    EXPECT_EQ(json::write(**running.next()), "1");
    EXPECT_EQ(json::write(**running.next()), "20");
    EXPECT_EQ(json::write(**running.next()), "30");
    EXPECT_FALSE(*running.next());
    EXPECT_FALSE(*running.next());
}

TEST(program, after_an_error_it_gives_the_same_error_for_ever) {
    json::arena own;
    auto const compiled = program::compile("1, error(\"stop\"), 2");
    auto running = compiled->start({}, own, {});
    EXPECT_EQ(json::write(**running.next()), "1");
    for (int i = 0; i < 2; ++i) {
        auto const failed = running.next();
        ASSERT_FALSE(failed);
        EXPECT_EQ(failed.error().code, errc::failed_precondition);
        EXPECT_EQ(failed.error().message, "stop at line 1, column 4");
    }
}

TEST(program, sees_the_variables_it_was_compiled_with) {
    auto const compiled = program::compile("[$a, $b.x, (1 | $a)]", {"a", "b"});
    ASSERT_TRUE(compiled);
    json::arena own;
    auto const b = json::parse(R"({"x":"y"})", own)->root;
    run_options const options{
        .limits = {}, .now = {}, .variables = {{"b", b}, {"a", json::value::integer(7)}}};
    auto const outputs = compiled->run({}, own, options);
    ASSERT_TRUE(outputs);
    EXPECT_EQ(json::write(outputs->front()), R"([7,"y",7])");
}

TEST(program, tells_which_variables_it_reads) {
    auto const compiled =
        program::compile("def f: $c; $b, {$a}, f, $b, (1 as $d | $d)", {"a", "b", "c", "d"});
    ASSERT_TRUE(compiled);
    EXPECT_THAT(compiled->variables(), testing::UnorderedElementsAre("a", "b", "c"));
}

TEST(program, takes_now_from_the_run) {
    run_options const options{
        .limits = {}, .now = wall_time{std::chrono::milliseconds{1'700'000'000'250}}, .variables = {}};
    EXPECT_EQ(first_of("now", "null", options), "1700000000.25");
    EXPECT_EQ(first_of("now | todate", "null", options), R"("2023-11-14T22:13:20Z")");
}

TEST(program, runs_from_many_threads_at_once) {
    auto const compiled = program::compile(R"([.[] | select(test("^a")) | ascii_upcase] | unique)");
    ASSERT_TRUE(compiled);
    std::vector<std::string> results(4);
    std::vector<std::thread> threads;
    for (auto& result : results) {
        threads.emplace_back([&result, &compiled] {
            for (int i = 0; i < 50; ++i) {
                json::arena own;
                auto const input = json::parse(R"(["ab","b","aa","ab"])", own)->root;
                result = json::write(compiled->run(input, own, {})->front());
            }
        });
    }
    for (auto& thread : threads) thread.join();
    for (auto const& result : results) EXPECT_EQ(result, R"(["AA","AB"])");
}

TEST(program, keeps_integers_and_literals_exact) {
    constexpr std::array<std::array<std::string_view, 3>, 9> rows{{
        {".", "9007199254740993", "9007199254740993"},
        {". + 1", "9007199254740993", "9007199254740994"},
        {". * 3", "3074457345618258601", "9223372036854775803"},
        {".a | tostring", R"({"a":123456789012345678901234567890})", R"("123456789012345678901234567890")"},
        {"\"\\(.)\"", "1.10", R"("1.10")"},
        {". == 12345678901234567891", "12345678901234567890", "false"},
        {"floor", "9007199254740993", "9007199254740993"},
        {"[.[] | .]", "[1e400,1E5]", "[1e400,1E5]"},
        {"length", "9007199254740993", "9007199254740993"},
    }};
    for (auto const& [source, input, output] : rows) EXPECT_EQ(first_of(source, input), output) << source;
}

TEST(program_budget, ends_what_would_go_on_and_names_the_setting) {
    constexpr std::array<std::pair<std::string_view, std::string_view>, 30> rows{{
        {"[range(1e9)]", "steps"},
        {"[range(1e9) | select(false)]", "steps"},
        {"last(range(1e9))", "steps"},
        {"repeat(.)", "outputs"},
        {"[repeat(.)]", "steps"},
        {"def f: f; f", "steps"},
        {"def f: 1 + f; f", "depth"},
        {"def f: [f]; f", "depth"},
        {"def f: (1, 2) | f; f", "depth"},
        {"def f(g): f(g | g); f(.)", "depth"},
        {"until(false; .)", "steps"},
        {"[limit(1e9; repeat(1))]", "steps"},
        {"reduce range(100) as $i (\"aaaaaaaa\"; . + .)", "memory"},
        {"reduce range(100) as $i ([1]; . + .)", "memory"},
        {"reduce range(100) as $i ({a: 1}; {a: ., b: .})", "memory"},
        {"reduce range(100) as $i ({a: 1}; {a: ., b: .}) | tojson", "memory"},
        {"reduce range(100) as $i ({a: 1}; {a: ., b: .}) | \"\\(.)\"", "memory"},
        {"reduce range(100) as $i ({a: 1}; {a: ., b: .}) | . == {a: .a, b: .b}", "steps"},
        {"reduce range(100) as $i ({a: 1}; {a: ., b: .}) | [., .] | unique", "steps"},
        {"reduce range(100) as $i ({a: 1}; {a: ., b: .}) | contains(.)", "steps"},
        {"reduce range(100) as $i ({a: 1}; {a: ., b: .}) | . * .", "memory"},
        {"reduce range(100) as $i ([1]; [., .]) | flatten", "steps"},
        {"reduce range(100) as $i ([1]; [., .]) | [..] | length", "steps"},
        {"\"a\" * 1e9", "memory"},
        {"[range(10000)] | map(tostring * 500)", "memory"},
        {"[limit(30; repeat(\"x\" * 1000000))]", "memory"},
        {".[500000000] = 1", "memory"},
        {"reduce range(2000) as $i (null; [.])", "nesting"},
        {"[[range(300)] | combinations(3)]", "steps"},
        {"\"x\" * 100000 | [match(\"\"; \"g\")] | length", "steps"},
    }};
    for (auto const& [source, setting] : rows) {
        auto const outputs = run(source);
        ASSERT_FALSE(outputs) << source;
        EXPECT_EQ(outputs.error().code, errc::resource_exhausted) << source;
        EXPECT_EQ(outputs.error().message, "the program went over its limit of " + std::string{setting})
            << source;
    }
}

TEST(program_budget, no_try_hides_that_it_is_used_up) {
    for (std::string_view const source : {"try repeat(.) catch 1", "[range(1e9)]?", "(def f: 1 + f; f)? // 2",
                                          "label $out | try [range(1e9)] catch break $out"}) {
        auto const outputs = run(source);
        ASSERT_FALSE(outputs) << source;
        EXPECT_EQ(outputs.error().code, errc::resource_exhausted) << source;
    }
}

TEST(program_budget, one_more_than_the_limit_is_too_much) {
    run_options two{
        .limits = {.steps_max = 100'000, .memory_bytes_max = 1 << 20, .outputs_max = 2, .depth_max = 3},
        .now = {},
        .variables = {}};
    EXPECT_TRUE(run("1, 2", "null", two));
    EXPECT_EQ(first_of("1, 2, 3", "null", two), "the program went over its limit of outputs");
    EXPECT_EQ(first_of("def f: if . < 2 then . + 1 | [f] else . end; 0 | f", "null", two), "[[2]]");
    EXPECT_EQ(first_of("def f: if . < 3 then . + 1 | [f] else . end; 0 | f", "null", two),
              "the program went over its limit of depth");
    two.limits.memory_bytes_max = 1'000;
    EXPECT_EQ(first_of("\"a\" * 1000 | length", "null", two), "1000");
    EXPECT_EQ(first_of("\"a\" * 1001 | length", "null", two), "the program went over its limit of memory");
}

// A call that ends its function takes no depth, so that loops in the language can be long.
TEST(program_budget, last_calls_take_no_depth) {
    EXPECT_EQ(first_of("def f: if . >= 20000 then . else . + 1 | f end; 0 | f"), "20000");
    EXPECT_EQ(first_of("0 | until(. >= 20000; . + 1)"), "20000");
    EXPECT_EQ(first_of("[0 | while(. < 9000; . + 1)] | length"), "9000");
}

TEST(program_budget, adding_to_what_grows_costs_what_is_added) {
    EXPECT_EQ(first_of("reduce range(20000) as $i ([]; . + [$i]) | length"), "20000");
    EXPECT_EQ(first_of("reduce range(20000) as $i (\"\"; . + \"abcdefgh\") | length"), "160000");
    EXPECT_EQ(first_of("reduce range(20000) as $i ([]; .[$i] = $i) | .[19999]"), "19999");
}

TEST(program, says_where_it_does_not_compile_and_what_to_write) {
    EXPECT_EQ(
        compile_message(".a |\n  .b[ | .c"),
        "unexpected \"|\" at line 2, column 7\n  .b[ | .c\n      ^\nexpected a value, a path or a function");
    EXPECT_EQ(compile_message("lenght"),
              "there is no function lenght/0 at line 1, column 1\nlenght\n^\ndid you mean length?");
    EXPECT_EQ(
        compile_message(".a | selct(.b)"),
        "there is no function selct/1 at line 1, column 6\n.a | selct(.b)\n     ^\ndid you mean select?");
    EXPECT_EQ(compile_message("def double: . * 2; doubl"),
              "there is no function doubl/0 at line 1, column 20\ndef double: . * 2; doubl\n"
              "                   ^\ndid you mean double?");
    EXPECT_THAT(compile_message("select"), HasSubstr("select takes another number of arguments"));
    EXPECT_THAT(compile_message("1 as $event | $evnt"), HasSubstr("did you mean $event?"));
    EXPECT_THAT(compile_message("\"abc"), HasSubstr("a string that does not end at line 1, column 2"));
    EXPECT_THAT(compile_message("\"a\\q\""),
                HasSubstr("an escape that strings do not have at line 1, column 3"));
    EXPECT_THAT(compile_message("1 == 2 == 3"), HasSubstr("use parentheses"));
    EXPECT_THAT(compile_message("if . then 1"), HasSubstr("expected elif, else or end"));
    EXPECT_THAT(compile_message(". as [$a | 1"), HasSubstr("expected ]"));
    EXPECT_THAT(compile_message("break $out"), HasSubstr("there is no label $out"));
    EXPECT_THAT(compile_message("@yaml"), HasSubstr("one of: text json"));
    EXPECT_THAT(compile_message("a\x01"),
                HasSubstr("a character that is no part of the language at line 1, column 2"));
}

TEST(program, refuses_what_reaches_outside) {
    constexpr std::array<std::pair<std::string_view, std::string_view>, 12> rows{{
        {"input", "there is no further input"},
        {"[inputs]", "there is no further input"},
        {"env.HOME", "do not see the environment"},
        {"$ENV", "do not see the environment"},
        {"debug", "no output but their result"},
        {"debug(1)", "no output but their result"},
        {"stderr", "no output but their result"},
        {"halt", "cannot end the process"},
        {"halt_error", "cannot end the process"},
        {"import \"a\" as a; 1", "write the functions here"},
        {"include \"a\"; 1", "write the functions here"},
        {"input_filename", "not a file"},
    }};
    for (auto const& [source, why] : rows)
        EXPECT_THAT(compile_message(source), HasSubstr(std::string{why})) << source;
}

TEST(program, says_where_a_run_failed_and_shows_no_payload) {
    EXPECT_EQ(first_of(".a\n| .b.c", R"({"a":{"b":"secret"}})"),
              "Cannot index string with \"c\" at line 2, column 5");
    EXPECT_EQ(first_of(".[]", "\"secret\""), "Cannot iterate over string at line 1, column 2");
    EXPECT_EQ(first_of("1 + .", "\"secret\""), "number and string cannot be added at line 1, column 3");
    EXPECT_EQ(first_of("tonumber", "\"secret\""), "string cannot be parsed as a number at line 1, column 1");
    EXPECT_EQ(first_of("fromjson", "\"[secret\""),
              "JSON text is malformed at line 1, column 2 at line 1, column 1");
    EXPECT_EQ(first_of("[while(true; .x)]", "1"), "Cannot index number with \"x\" at line 1, column 14");
    EXPECT_EQ(first_of("error({a: 1})"),
              "the program raised an error that is no string: object at line 1, column 1");
}

TEST(program, bounds_its_own_nesting) {
    auto const around = [](std::string_view open, std::size_t times, std::string_view inner,
                           std::string_view close) {
        std::string text;
        for (std::size_t i = 0; i < times; ++i) text += open;
        text += inner;
        for (std::size_t i = 0; i < times; ++i) text += close;
        return text;
    };
    for (auto const& source :
         {around("(", 100'000, "1", ")"), around("[", 100'000, "1", "]"), around("{a:", 50'000, "1", "}"),
          around("-", 100'000, "1", ""), around("1|", 50'000, "1", ""), around("1+", 100'000, "1", ""),
          around("1,", 50'000, "1", ""), around("try ", 50'000, "1", ""), around(".[", 50'000, "0", "]"),
          around("\"\\(", 50'000, "1", ")\""), around("def f:", 30'000, "1", ";1"),
          around("if 1 then ", 15'000, "1", " end"),
          around(". as [", 1, around("[", 50'000, "$a", "]"), "] | 1"),
          around("reduce ", 10'000, "1", " as $x (0;0)"),
          around("", 0, ".a" + around("[0]", 60'000, "", ""), ""), around("label $a | ", 20'000, "1", "")}) {
        EXPECT_THAT(compile_message(source), HasSubstr("nested too deep")) << source.substr(0, 40);
    }
    EXPECT_THAT(compile_message(std::string(300'000, ' ')), HasSubstr("a program of more than 256 KiB"));
    EXPECT_EQ(first_of(around("[", 90, "1", "]") + " | flatten"), "[1]");
}

// By Python's hashlib, hmac and uuid.
TEST(program, makes_names_that_are_the_same_everywhere) {
    EXPECT_EQ(first_of("sha256", "\"h\u00e9llo\""),
              "\"3c48591d8d098a4538f5e013dfcf406e948eac4d3277b10bf614e295d6068179\"");
    EXPECT_EQ(first_of("hmac_sha256(\"Jefe\")", "\"what do ya want for nothing?\""),
              "\"5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843\"");
    EXPECT_EQ(first_of("uuid5(\"dns\")", "\"www.example.com\""), "\"2ed6657d-e927-568b-95e1-2665a8aea6a2\"");
    EXPECT_EQ(first_of("uuid5(\"0192F3C0-7b1e-7cc3-9a4f-0123456789ab\")", "\"orders/42\""),
              "\"534d59fe-c79f-5e80-913e-af3453b32892\"");
    EXPECT_THAT(first_of("sha256", "{}"),
                HasSubstr("object cannot be hashed, only a string can: use tojson"));
    EXPECT_THAT(first_of("hmac_sha256(1)", "\"a\""), HasSubstr("number cannot be a key"));
    EXPECT_THAT(first_of("uuid5(\"DNS\")", "\"a\""), HasSubstr("a UUID, or one of dns, url, oid and x500"));
    EXPECT_THAT(first_of("uuid5(\"dns\")", "null"), HasSubstr("null cannot be a name"));
}

TEST(program, functions_that_would_take_long_are_bounded) {
    EXPECT_THAT(first_of("jn(1e9; 1)"), HasSubstr("beyond 10,000"));
    EXPECT_EQ(first_of("[ldexp(1; 1e18), ldexp(1; nan), ldexp(1; -1e18)]"), "[1.7976931348623157e+308,1,0]");
    EXPECT_THAT(first_of("(\"x\" * 1000000) as $long | [range(100) | $long | sha256]"), HasSubstr("steps"));
}

TEST(program, regular_expressions_take_linear_time) {
    auto const evil = R"(("a" * 5000) + "b" | test("^(a|aa)+$"), test("(a+)+$"))";
    EXPECT_EQ(run(evil), (std::vector<std::string>{"false", "false"}));
}

TEST(program, regular_expressions_that_stand_in_it_are_found_wrong_with_it_and_others_when_it_runs) {
    EXPECT_EQ(
        compile_message(".ref | test(\"(a)\\\\1\")"),
        "the regular expression is not valid: invalid escape sequence: \\1 at line 1, column 13\n"
        ".ref | test(\"(a)\\\\1\")\n            ^\nas RE2 has them: no back references, no look-around");
    EXPECT_THAT(compile_message("gsub(\"a\"; \"b\"; \"gq\")"),
                HasSubstr("these flags are none of regular expressions at line 1, column 16"));
    EXPECT_THAT(compile_message("[splits(\"(\")]"), HasSubstr("missing ): ("));
    EXPECT_THAT(first_of("(\"(a)\" + \"\\\\1\") as $re | \"aa\" | test($re)"),
                HasSubstr("the regular expression is not valid"));
    EXPECT_EQ(first_of("def test(f): f; test(\"(\")"), "\"(\"");
    EXPECT_EQ(run("\"aB\" | test(\"ab\"), test(\"ab\"; \"i\"), test(\"a b\"; \"xi\"), test(\"a b\"; null)"),
              (std::vector<std::string>{"false", "true", "true", "false"}));
}

}  // namespace
}  // namespace headgate::transforms
