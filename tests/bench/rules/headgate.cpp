// One program on one event, by our engine: see run.
//
//   rules_headgate EVENT PROGRAM
//
// Prints microseconds: compile, parse, evaluate, parse and evaluate; how many times memory is allocated for
// one event; then the outputs, compact, a line each.

#include "json/parse.hpp"
#include "json/write.hpp"
#include "transforms/program.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

namespace headgate {
namespace {

using std::chrono::steady_clock;

std::size_t allocations = 0;  // Counted below.
std::size_t kept = 0;         // What is measured ends here, so that it is not left out.

double microseconds_since(steady_clock::time_point begin) {
    return std::chrono::duration<double, std::micro>(steady_clock::now() - begin).count();
}

// The median of 31 batches of at least two milliseconds each.
double measure(auto const& once) {
    std::size_t times = 1;
    for (double took = 0; took < 2'000; times *= 2) {
        auto const begin = steady_clock::now();
        for (std::size_t i = 0; i < times; ++i) once();
        took = microseconds_since(begin);
    }
    std::array<double, 31> batches{};
    for (auto& batch : batches) {
        auto const begin = steady_clock::now();
        for (std::size_t i = 0; i < times; ++i) once();
        batch = microseconds_since(begin) / static_cast<double>(times);
    }
    std::ranges::sort(batches);
    return batches[batches.size() / 2];
}

int run(char const* file, std::string_view source) {
    std::ifstream from{file, std::ios::binary};
    std::string const text{std::istreambuf_iterator{from}, {}};
    auto const program = transforms::program::compile(source);
    json::arena whole;
    auto const event = json::parse(text, whole);
    if (!program || !event) return EXIT_FAILURE;

    std::vector<std::byte> room(std::size_t{32} * 1024 * 1024);
    auto const compile = measure([&] { kept += transforms::program::compile(source).has_value() ? 1U : 0U; });
    auto const parse = measure([&] {
        json::arena own{room.data(), room.size()};
        kept += json::parse(text, own).has_value() ? 1U : 0U;
    });
    auto const evaluate = measure([&] {
        json::arena own{room.data(), room.size()};
        kept += program->run(event->root, own, {})->size();
    });
    auto const both = measure([&] {
        json::arena own{room.data(), room.size()};
        kept += program->run(json::parse(text, own)->root, own, {})->size();
    });
    auto const before = allocations;
    {
        json::arena own{room.data(), room.size()};
        kept += program->run(json::parse(text, own)->root, own, {})->size();
    }
    fmt::print("{} {} {} {} {}\n", compile, parse, evaluate, both, allocations - before);
    json::arena own;
    for (auto const& output : *program->run(event->root, own, {})) fmt::print("{}\n", json::write(output));
    return kept > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

}  // namespace
}  // namespace headgate

void* operator new(std::size_t bytes) {
    ++headgate::allocations;
    if (auto* const memory = std::malloc(bytes)) return memory;  // NOLINT(*-no-malloc)
    std::abort();
}
void operator delete(void* memory) noexcept {
    std::free(memory);  // NOLINT(*-no-malloc)
}
void operator delete(void* memory, std::size_t) noexcept {
    std::free(memory);  // NOLINT(*-no-malloc)
}

int main(int count, char** given) {
    return count == 3 ? headgate::run(given[1], given[2]) : EXIT_FAILURE;
}
