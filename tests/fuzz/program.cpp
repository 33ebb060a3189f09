#include "transforms/program.hpp"

#include "core/check.hpp"
#include "json/parse.hpp"
#include "json/write.hpp"
#include "tests/fuzz/counted_memory.hpp"
#include "tests/fuzz/looks.hpp"

#include <string>

namespace headgate::fuzz {
namespace {

constexpr transforms::budget little{
    .steps_max = 20'000, .memory_bytes_max = std::size_t{1} << 20, .outputs_max = 100, .depth_max = 64};

// How a run ended, and all that it gave.
struct ending {
    std::string outputs;
    bool is_well = false;
};

ending run(transforms::program const& program, json::value input) {
    counted_memory memory;
    json::arena own{&memory};
    auto running = program.start(input, own, {.limits = little, .now = wall_time{}, .variables = {}});
    ending all;
    while (true) {
        auto const output = running.next();
        if (!output) {
            auto const code = output.error().code;
            HEADGATE_CHECK(code == errc::failed_precondition || code == errc::resource_exhausted,
                           "a run fails by itself, or by its budget");
        }
        all.is_well = output.has_value();
        if (!output || !*output) break;
        auto const text = json::write(**output);
        json::arena again;
        HEADGATE_CHECK(json::parse(text, again, {.depth_max = json::nesting_max}), "an output is JSON");
        all.outputs += text + '\n';
    }
    HEADGATE_CHECK(running.steps() <= 2 * little.steps_max, "a run ends by its steps");
    // An arena grows by half, and what is added to may take twice its size.
    HEADGATE_CHECK(memory.taken() <= 8 * little.memory_bytes_max, "a run takes memory by its budget");
    return all;
}

}  // namespace

bool look_at_program(std::string_view input) {
    auto const end = input.find('\n');
    auto const event = input.substr(0, end);
    auto const source = end == std::string_view::npos ? std::string_view{} : input.substr(end + 1);
    auto const compiled = transforms::program::compile(source);
    HEADGATE_CHECK(compiled || compiled.error().code == errc::invalid_argument,
                   "a program that does not compile is a mistake of its author");
    json::arena own;
    auto const read = json::parse(event, own);
    if (!compiled || !read) return false;
    auto const once = run(*compiled, read->root);
    auto const twice = run(*compiled, read->root);
    // A pattern that is made while it runs costs the first run more: that may end by its budget.
    bool const are_well = once.is_well && twice.is_well;
    HEADGATE_CHECK(!are_well || once.outputs == twice.outputs, "a run gives the same each time");
    return once.is_well;
}

}  // namespace headgate::fuzz
