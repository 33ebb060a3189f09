#include "json/parse.hpp"
#include "json/write.hpp"
#include "transforms/program.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace headgate::transforms {
namespace {

using testing::Each;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

std::shared_ptr<lookup_tables const> tables_of(std::string_view text) {
    auto made = std::make_shared<lookup_tables>();
    made->by_name = json::parse(text, made->kept)->root;
    return made;
}

std::shared_ptr<lookup_tables const> some_tables() {
    return tables_of(R"({"connections": {"acme/orders": {"id": "c-1", "team": "sales"}, "acme/empty": null},
                         "teams": {"17": "sales", "true": "yes", "1.50": "exact"}})");
}

std::string made_by(std::string_view source, std::string_view input = "null",
                    std::shared_ptr<lookup_tables const> tables = some_tables()) {
    auto const compiled = program::compile(source, {}, std::move(tables));
    if (!compiled) return compiled.error().message + "\n" + compiled.error().remedy;
    json::arena own;
    auto const outputs = compiled->run(json::parse(input, own)->root, own, {});
    if (!outputs) return outputs.error().message;
    std::string text;
    for (auto const& output : *outputs) text += (text.empty() ? "" : " ") + json::write(output);
    return text;
}

TEST(lookup, gives_what_the_table_has_under_the_key) {
    EXPECT_EQ(made_by(R"(lookup("connections"; .repository) | .id)", R"({"repository": "acme/orders"})"),
              R"("c-1")");
    EXPECT_EQ(made_by(R"(lookup("connections"; "acme/empty"))"), "null");
}

TEST(lookup, takes_numbers_and_booleans_as_they_are_written) {
    EXPECT_EQ(made_by(R"(lookup("teams"; 17, true, 1.50))"), R"("sales" "yes" "exact")");
    EXPECT_THAT(made_by(R"(lookup("teams"; {"a": "PAYLOAD"}))"),
                HasSubstr(R"(object cannot be a key of the table "teams")"));
    EXPECT_THAT(made_by(R"(lookup("teams"; null))"), HasSubstr("null cannot be a key"));
}

TEST(lookup, says_which_table_lacks_a_key_and_not_which_key) {
    auto const said = made_by(R"(lookup("teams"; "PAYLOAD"))");
    EXPECT_THAT(said, HasSubstr(R"(the table "teams" has no such key)"));
    EXPECT_THAT(said, Not(HasSubstr("PAYLOAD")));
    EXPECT_EQ(made_by(R"(try lookup("teams"; "no") catch .)"), R"("the table \"teams\" has no such key")");
    EXPECT_EQ(made_by(R"(lookup("teams"; "no")? // "none")"), R"("none")");
}

TEST(lookup, gives_the_default_only_where_the_key_is_missing) {
    EXPECT_EQ(made_by(R"(lookup("teams"; "no"; "none"))"), R"("none")");
    EXPECT_EQ(made_by(R"(lookup("connections"; "acme/empty"; "none"))"), "null");
    EXPECT_EQ(made_by(R"(lookup("teams"; "17"; error("asked in vain")))"), R"("sales")");
    EXPECT_EQ(made_by(R"([lookup("teams"; "17", "no", "true"; .a, .b)])", R"({"a": 1, "b": 2})"),
              R"(["sales",1,2,"yes"])");
    EXPECT_EQ(made_by(R"([lookup("teams"; "no"; empty)])"), "[]");
    EXPECT_EQ(made_by(R"(lookup("teams"; "no"; lookup("connections"; "acme/orders").team))"), R"("sales")");
}

TEST(lookup, of_a_table_that_is_not_there_is_found_at_load) {
    EXPECT_THAT(made_by(R"(.a | lookup("conections"; .b))"),
                HasSubstr("there is no table \"conections\" at line 1, column 13"));
    EXPECT_THAT(made_by(R"(lookup("conections"; .b))"), HasSubstr("did you mean connections?"));
    EXPECT_THAT(made_by(R"(lookup("x"; .b))"), HasSubstr("one of: connections, teams"));
    EXPECT_THAT(made_by(R"(lookup("teams"; .b))", "null", nullptr), HasSubstr("there are no tables"));
    EXPECT_THAT(made_by(R"(lookup("teams"))"), HasSubstr("takes another number of arguments"));
}

TEST(lookup, of_a_computed_name_that_is_no_table_is_an_error) {
    EXPECT_EQ(made_by(R"(lookup(.t; "17"))", R"({"t": "teams"})"), R"("sales")");
    EXPECT_THAT(made_by(R"(lookup(.t; "17"))", R"({"t": "PAYLOAD"})"),
                StartsWith("there is no table of that name at line"));
    EXPECT_THAT(made_by(R"(lookup(.t; "17"))", R"({"t": 3})"),
                StartsWith("number cannot be the name of a table"));
    EXPECT_THAT(made_by(R"(lookup(.t; "17"; 1))", R"({"t": "PAYLOAD"})"),
                StartsWith("there is no table of that name"));
}

TEST(lookup, is_no_place_to_write_to) {
    EXPECT_THAT(made_by(R"(lookup("teams"; "17") = 1)"), HasSubstr("Invalid path expression"));
    EXPECT_EQ(made_by(R"(def lookup(a; b): "mine"; lookup("teams"; 1))"), R"("mine")");
}

// The values belong to the tables: a program that was compiled with them keeps them.
TEST(lookup, serves_many_threads_after_everybody_else_let_go_of_the_tables) {
    auto tables = some_tables();
    auto const compiled =
        program::compile(R"(lookup("connections"; .) | .team)", {}, std::exchange(tables, {}));
    std::vector<std::string> made(4);
    std::vector<std::jthread> threads;
    for (auto& into : made) {
        threads.emplace_back([&compiled, &into] {
            json::arena own;
            auto const input = json::value::string("acme/orders", own);
            for (int i = 0; i < 200; ++i) into = json::write(compiled->run(input, own, {})->front());
        });
    }
    threads.clear();
    EXPECT_THAT(made, Each(std::string{R"("sales")"}));
}

// A table of a megabyte costs a lookup no more than a small one.
TEST(lookup, costs_the_key_and_not_the_table) {
    std::string text = R"({"large": {"wanted": 1)";
    for (int i = 0; i < 50'000; ++i) text += ", \"key-" + std::to_string(i) + "\": " + std::to_string(i);
    text += "}}";
    auto const compiled =
        program::compile(R"([range(100) | lookup("large"; "wanted")] | add)", {}, tables_of(text));
    json::arena own;
    run_options const options{.limits = {.steps_max = 500}, .now = {}, .variables = {}};
    auto const outputs = compiled->run({}, own, options);
    ASSERT_TRUE(outputs) << outputs.error().message;
    EXPECT_EQ(json::write(outputs->front()), "100");
}

}  // namespace
}  // namespace headgate::transforms
