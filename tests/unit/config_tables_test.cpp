#include "config/load.hpp"
#include "config/notes.hpp"
#include "config/tables.hpp"
#include "json/write.hpp"
#include "tests/support/scratch_folder.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

namespace headgate::config {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class tables : public ::testing::Test {
protected:
    void write(std::string_view name, std::string_view text) {
        std::ofstream{folder_.path() / name, std::ios::binary} << text;
    }

    // What the tables are, as one JSON text, and what is wrong with them. `text` begins on line 2.
    void read(std::string_view text) {
        write("headgate.yaml", "sources: {s: {path: /s, verify: {insecure: true}}}\n" + std::string{text});
        outcome_ = load(folder_.path() / "headgate.yaml");
        said_.clear();
        for (auto const& one : outcome_.found) {
            if (one.weighs == problem::weight::mistake) said_.push_back(to_text(one));
        }
        auto const& all = outcome_.made ? *outcome_.made : outcome_.readable;
        made_ = all.dispatch.tables ? json::write(all.dispatch.tables->by_name) : "";
    }

    testing_support::scratch_folder folder_;
    loaded outcome_;
    std::vector<std::string> said_;
    std::string made_;
};

TEST_F(tables, of_csv_files_have_a_row_for_each_key) {
    write("connections.csv", "repository,connection,team\nacme/orders,c-1,sales\n\"acme/\"\"x\"\"\",c-2,\n");
    read("tables: {connections: {file: connections.csv}}\n");
    EXPECT_THAT(said_, IsEmpty());
    EXPECT_EQ(
        made_,
        R"({"connections":{"acme/orders":{"repository":"acme/orders","connection":"c-1","team":"sales"},)"
        R"("acme/\"x\"":{"repository":"acme/\"x\"","connection":"c-2","team":""}}})");
}

TEST_F(tables, of_csv_files_have_the_columns_that_are_named) {
    write("connections.csv", "repository,connection\nacme/orders,c-1\n");
    read("tables: {by_id: {file: connections.csv, key: connection, value: repository}}\n");
    EXPECT_THAT(said_, IsEmpty());
    EXPECT_EQ(made_, R"({"by_id":{"c-1":"acme/orders"}})");
}

TEST_F(tables, of_yaml_and_json_files_have_any_values) {
    write("a.yaml", "x: {n: 12345678901234567890.50, list: [1, two, \"3\", ~, true]}\n17: yes\nempty:\n");
    write("b.json", R"({"k": [1e400, null]})");
    read("tables:\n  a: {file: a.yaml}\n  b: {file: b.json}\n  c: {entries: {on: {f: 0x10}}}\n");
    EXPECT_THAT(said_, IsEmpty());
    EXPECT_EQ(
        made_,
        R"({"a":{"x":{"n":12345678901234567890.50,"list":[1,"two","3",null,true]},"17":"yes","empty":null},)"
        R"("b":{"k":[1e400,null]},"c":{"on":{"f":"0x10"}}})");
}

struct csv_row {
    std::string_view name;
    std::string_view text;
    std::string_view said;
};

constexpr csv_row csv_rows[]{
    {"empty", "", "tables.t.file (t.csv): is empty — begin with a line that names the columns"},
    {"ragged", "a,b\n1,2\n3\n",
     "tables.t.file (t.csv, line 3): has 1 fields, and there are 2 columns — give every "},
    {"too_many_fields", "a,b\n1,2,3\n",
     "tables.t.file (t.csv, line 2): has 3 fields, and there are 2 columns — "},
    {"blank_line", "a,b\n\n1,2\n", "tables.t.file (t.csv, line 2): has 1 fields"},
    {"key_twice", "a,b\nx,1\n\"y\n\",2\nx,3\n",
     "tables.t.file (t.csv, line 5): has the key \"x\" of line 2 — keep one of the two, or choose another "},
    {"column_twice", "a,a\n",
     "tables.t.file (t.csv, line 1): \"a\" names two columns — give each column a name"},
    {"column_unnamed", "a,\n", "tables.t.file (t.csv, line 1): a column has no name — "},
    {"not_csv", "a,b\n1,\"2\n",
     "tables.t.file (t.csv, line 2): a quote is not closed — close it, and double"},
    {"not_utf8", "a,b\n1,\xFF\n", "tables.t.file (t.csv): is not UTF-8 text — save it as UTF-8"},
};

TEST_F(tables, of_csv_files_with_a_mistake_refuse_the_configuration_with_file_and_line) {
    for (auto const& one : csv_rows) {
        write("t.csv", one.text);
        read("tables: {t: {file: t.csv}}\n");
        EXPECT_FALSE(outcome_.made) << one.name;
        EXPECT_THAT(said_, ElementsAre(HasSubstr(one.said))) << one.name;
    }
}

constexpr csv_row setting_rows[]{
    {"unknown_key", "{file: t.csv, key: repositry}",
     "tables.t.file (t.csv, line 1): has no column \"repositry\" — did you mean repository? one of: "
     "repository, id"},
    {"unknown_value", "{file: t.csv, value: x}",
     "(t.csv, line 1): has no column \"x\" — one of: repository, id"},
    {"nothing", "{}",
     "tables.t (line 2): needs exactly one of `file` and `entries` — write for example {file: "},
    {"both", "{file: t.csv, entries: {}}", "tables.t (line 2): needs exactly one of"},
    {"kind", "{file: t.txt}", "tables.t.file (t.txt): is of no kind that can be a table — name it *.csv, "},
    {"no_file", "{file: none.csv}", "none.csv cannot be read — name a file that exists"},
    {"folder", "{file: .}", "cannot be read — "},
    {"key_of_yaml", "{file: t.yaml, key: a}",
     "(t.yaml): has no columns: `key` and `value` are for CSV files — "},
    {"yaml_list", "{file: list.yaml}", "tables.t.file (list.yaml): is not a mapping — "},
    {"yaml_twice", "{file: twice.yaml}",
     "tables.t.file (twice.yaml, line 2): a is set twice, first on line 1 — "},
    {"yaml_anchor", "{file: anchor.yaml}", "tables.t.file (anchor.yaml, line 1): a has an anchor"},
    {"json_broken", "{file: broken.json}",
     "tables.t.file (broken.json): JSON text is malformed at line 2, column 1"},
    {"json_twice", "{file: twice.json}",
     "tables.t.file (twice.json): has an object with the same key twice — "},
    {"entries_list", "{entries: []}", "tables.t.entries (line 2): is not a mapping — "},
    {"unknown_setting", "{fil: t.csv, entries: {}}",
     "tables.t.fil (line 2): is not a setting — did you mean file?"},
};

TEST_F(tables, refuse_what_cannot_be_meant) {
    write("t.csv", "repository,id\na,1\n");
    write("t.txt", "a\n");
    write("t.yaml", "a: 1\n");
    write("list.yaml", "- a\n");
    write("twice.yaml", "a: 1\na: 2\n");
    write("anchor.yaml", "a: &b 1\n");
    write("broken.json", "{\n]");
    write("twice.json", R"({"a": 1, "a": 2})");
    for (auto const& one : setting_rows) {
        read(fmt::format("tables: {{t: {}}}\n", one.text));
        EXPECT_THAT(said_, ElementsAre(HasSubstr(one.said))) << one.name;
    }
}

TEST_F(tables, have_so_many_rows_and_bytes_and_no_more) {
    write("t.csv", "k,v\na,1\nb,2\n");
    write("t.yaml", "a: 1\nb: 2\n");
    for (auto const* file : {"t.csv", "t.yaml"}) {
        read(fmt::format("tables: {{t: {{file: {}, rows_max: 2, bytes_max: {}}}}}\n", file,
                         std::filesystem::file_size(folder_.path() / file)));
        EXPECT_THAT(said_, IsEmpty()) << file;
        read(fmt::format("tables: {{t: {{file: {}, rows_max: 1}}}}\n", file));
        EXPECT_THAT(said_,
                    ElementsAre(HasSubstr("has more than 1 rows — take rows out, or raise its rows_max")));
        read(fmt::format("tables: {{t: {{file: {}, bytes_max: {}}}}}\n", file,
                         std::filesystem::file_size(folder_.path() / file) - 1));
        EXPECT_THAT(said_, ElementsAre(HasSubstr("make it smaller, or raise its limit"))) << file;
    }
}

// Equal keys are looked for in every mapping: by hand that would take minutes.
TEST_F(tables, of_a_hundred_thousand_keys_are_read) {
    std::string text;
    for (int i = 0; i < 100'000; ++i) text += fmt::format("repository-{}: {}\n", i, i);
    write("large.yaml", text);
    read("tables: {t: {file: large.yaml}}\n");
    EXPECT_THAT(said_, IsEmpty());
    EXPECT_THAT(made_, HasSubstr("\"repository-99999\":99999"));
}

TEST_F(tables, are_what_a_configuration_is_made_from) {
    write("t.csv", "k,v\na,1\n");
    read("tables: {t: {file: t.csv}}\n");
    EXPECT_THAT(outcome_.made_from, Contains(testing::Key(folder_.path() / "t.csv")));
    EXPECT_FALSE(have_changed(outcome_.made_from));
    auto const before = outcome_.made->revision;
    write("t.csv", "k,v\na,2\n");
    EXPECT_TRUE(have_changed(outcome_.made_from));
    read("tables: {t: {file: t.csv}}\n");
    EXPECT_NE(outcome_.made->revision, before);
}

TEST_F(tables, of_several_files_are_united) {
    std::filesystem::create_directory(folder_.path() / "parts");
    write("parts/a.yaml",
          "sources: {s: {path: /s, verify: {insecure: true}}}\ntables: {a: {entries: {x: 1}}}\n");
    write("parts/b.yaml", "tables: {b: {file: ../t.yaml}}\n");
    write("t.yaml", "y: 2\n");
    auto const outcome = load(folder_.path() / "parts");
    ASSERT_TRUE(outcome.made);
    EXPECT_EQ(json::write(outcome.made->dispatch.tables->by_name), R"({"a":{"x":1},"b":{"y":2}})");
}

}  // namespace
}  // namespace headgate::config
