#include "json/parse.hpp"
#include "json/write.hpp"
#include "transforms/program.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <memory>
#include <string>
#include <string_view>

namespace headgate::transforms {
namespace {

struct example {
    std::string program;
    std::string input;
    std::string expected;
};

std::shared_ptr<lookup_tables const> tables_of_the_page() {
    auto made = std::make_shared<lookup_tables>();
    made->by_name = json::parse(R"({"connections": {"acme/orders": {"id": "c-1", "team": "sales"},
                                                    "17": {"id": "c-2", "team": "finance"}}})",
                                made->kept)
                        ->root;
    return made;
}

// "output:  …" or "error:   …", as the page writes it.
std::string made_of(example const& one) {
    auto const failed = [](error const& why) {
        return "error:   " + why.message.substr(0, why.message.find('\n'));
    };
    auto const compiled = program::compile(one.program, {}, tables_of_the_page());
    if (!compiled) return failed(compiled.error());
    json::arena own;
    auto const input = json::parse(one.input, own);
    if (!input) return failed(input.error());
    auto const outputs = compiled->run(input->root, own, {});
    if (!outputs) return failed(outputs.error());
    std::string text = "output: ";
    for (auto const& output : *outputs) text += " " + json::write(output);
    return text;
}

TEST(rule_language_page, its_examples_are_true) {
    std::ifstream page{HEADGATE_SOURCE_DIR "/docs/reference/rule-language.md"};
    ASSERT_TRUE(page);
    example one;
    std::size_t count = 0;
    for (std::string line; std::getline(page, line);) {
        if (line.starts_with("program: ")) one.program = line.substr(9);
        if (line.starts_with("input:   ")) one.input = line.substr(9);
        if (!line.starts_with("output:  ") && !line.starts_with("error:   ")) continue;
        EXPECT_EQ(made_of(one), line) << one.program;
        ++count;
    }
    EXPECT_GT(count, 10U);
}

}  // namespace
}  // namespace headgate::transforms
