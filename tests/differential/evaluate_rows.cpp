// Runs programs of the rule language for tests/differential: one line in, one line out.
//
// In:  [program, input], both texts in a JSON array.
// Out: {"outputs": [JSON, ...], "ended": "well" | "failed" | "refused", "message": TEXT}; "refused" where the
// program does not compile.

#include "json/parse.hpp"
#include "json/write.hpp"
#include "transforms/program.hpp"

#include <iostream>
#include <string>
#include <string_view>

namespace headgate {
namespace {

void end(json::writer& out, std::string_view how, std::string_view message) {
    out.end_array().key("ended").string(how).key("message").string(message).end_object();
}

std::string evaluate(std::string_view source, std::string_view input) {
    json::writer out;
    out.begin_object().key("outputs").begin_array();
    auto const compiled = transforms::program::compile(source);
    json::arena own;
    auto const read = json::parse(input, own);
    if (!compiled || !read) {
        end(out, "refused", compiled ? read.error().message : compiled.error().message);
        return std::move(out).take();
    }
    auto running = compiled->start(read->root, own, {.limits = {}, .now = wall_time{}, .variables = {}});
    while (true) {
        auto const output = running.next();
        if (!output || !*output) {
            end(out, output ? "well" : "failed", output ? "" : output.error().message);
            return std::move(out).take();
        }
        out.write(**output);
    }
}

}  // namespace
}  // namespace headgate

int main() {
    for (std::string line; std::getline(std::cin, line);) {
        headgate::json::arena own;
        auto const row = headgate::json::parse(line, own);
        if (!row || !row->root.is_array() || row->root.items().size() != 2) return 2;
        auto const items = row->root.items();
        std::cout << headgate::evaluate(items[0].as_string(), items[1].as_string()) << std::endl;
    }
    return 0;
}
