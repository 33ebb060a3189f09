#include "json/parse.hpp"
#include "json/write.hpp"
#include "transforms/program.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <string>
#include <string_view>

namespace headgate::transforms {
namespace {

std::string column(std::string& line) {
    auto const tab = line.find('\t');
    auto taken = line.substr(0, tab);
    line.erase(0, tab == line.npos ? line.size() : tab + 1);
    return taken;
}

// What the program makes of the input, in the data file's form.
std::string made_of(std::string_view source, std::string_view input) {
    auto const compiled = program::compile(source);
    if (!compiled) return "refused";
    json::arena own;
    auto const read = json::parse(input, own);
    if (!read) return "the row's input is not JSON";
    auto running = compiled->start(read->root, own, {.limits = {}, .now = wall_time{}, .variables = {}});
    std::string text;
    auto const append = [&](std::string_view more) { (text += text.empty() ? "" : " ") += more; };
    while (true) {
        auto const output = running.next();
        if (!output) return append("error"), text;
        if (!*output) return text;
        append(json::write(**output));
    }
}

TEST(jq_rows, give_what_libjq_gives) {
    std::ifstream rows{HEADGATE_SOURCE_DIR "/tests/unit/data/jq_rows.txt"};
    ASSERT_TRUE(rows);
    std::size_t count = 0;
    for (std::string line; std::getline(rows, line);) {
        if (line.starts_with('#')) continue;
        auto const source = column(line);
        auto const input = column(line);
        EXPECT_EQ(made_of(source, input), line) << source << "\non " << input;
        ++count;
    }
    EXPECT_GT(count, 1000U);
}

}  // namespace
}  // namespace headgate::transforms
