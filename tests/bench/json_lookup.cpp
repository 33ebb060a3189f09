// What finding two members of a JSON text costs, beside reading the whole of it and beside the bound: a
// parser that keeps nothing.
//
//   json_lookup FILE...
//
// For each file, in turn and interleaved: `json::lookup` of /action and /repository/full_name, `json::parse`
// into an arena that is used again, and Boost.JSON's basic_parser with a handler that does nothing. Prints
// the lowest of nine medians of each in microseconds.

#include "json/lookup.hpp"
#include "json/parse.hpp"

#include <boost/json/basic_parser_impl.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <limits>
#include <string>
#include <vector>

namespace headgate {
namespace {

namespace bj = boost::json;
using std::chrono::steady_clock;

struct nothing {
    static constexpr std::size_t max_object_size = std::numeric_limits<std::size_t>::max();
    static constexpr std::size_t max_array_size = std::numeric_limits<std::size_t>::max();
    static constexpr std::size_t max_key_size = std::numeric_limits<std::size_t>::max();
    static constexpr std::size_t max_string_size = std::numeric_limits<std::size_t>::max();
    bool on_document_begin(bj::error_code&) { return true; }
    bool on_document_end(bj::error_code&) { return true; }
    bool on_array_begin(bj::error_code&) { return true; }
    bool on_array_end(std::size_t, bj::error_code&) { return true; }
    bool on_object_begin(bj::error_code&) { return true; }
    bool on_object_end(std::size_t, bj::error_code&) { return true; }
    bool on_key_part(bj::string_view, std::size_t, bj::error_code&) { return true; }
    bool on_key(bj::string_view, std::size_t, bj::error_code&) { return true; }
    bool on_string_part(bj::string_view, std::size_t, bj::error_code&) { return true; }
    bool on_string(bj::string_view, std::size_t, bj::error_code&) { return true; }
    bool on_number_part(bj::string_view, bj::error_code&) { return true; }
    bool on_int64(std::int64_t, bj::string_view, bj::error_code&) { return true; }
    bool on_uint64(std::uint64_t, bj::string_view, bj::error_code&) { return true; }
    bool on_double(double, bj::string_view, bj::error_code&) { return true; }
    bool on_bool(bool, bj::error_code&) { return true; }
    bool on_null(bj::error_code&) { return true; }
    bool on_comment_part(bj::string_view, bj::error_code&) { return true; }
    bool on_comment(bj::string_view, bj::error_code&) { return true; }
};

std::uint64_t kept = 0;  // What is measured ends here, so that it is not left out.

void look_up(std::string const& text) {
    static json::lookup const two{std::vector<std::string>{"/action", "/repository/full_name"}};
    auto const places = two.find_in(text);
    kept += places && places->front().raw ? places->front().raw->size() : 0;
}

void parse(std::string const& text) {
    json::arena own;
    auto const read = json::parse(text, own);
    kept += read ? 1U : 0U;
}

void skip(std::string const& text) {
    bj::basic_parser<nothing> parser{bj::parse_options{}};
    bj::error_code ec;
    kept += parser.write_some(false, text.data(), text.size(), ec);
}

double median_of(void (*measured)(std::string const&), std::string const& text) {
    std::array<double, 21> batches{};
    for (auto& batch : batches) {
        constexpr int times = 200;
        auto const begin = steady_clock::now();
        for (int i = 0; i < times; ++i) measured(text);
        batch = std::chrono::duration<double, std::micro>(steady_clock::now() - begin).count() / times;
    }
    std::ranges::sort(batches);
    return batches[batches.size() / 2];
}

void measure(char const* file) {
    std::ifstream from{file, std::ios::binary};
    std::string const text{std::istreambuf_iterator{from}, {}};
    std::array<double, 3> lowest{1e9, 1e9, 1e9};
    for (int round = 0; round < 9; ++round) {
        lowest[0] = std::min(lowest[0], median_of(look_up, text));
        lowest[1] = std::min(lowest[1], median_of(parse, text));
        lowest[2] = std::min(lowest[2], median_of(skip, text));
    }
    fmt::print(
        "{:>8} bytes: lookup {:8.2f} us, parse {:8.2f} us ({:4.1f} times), no-op parser {:8.2f} us "
        "({:4.1f})\n",
        text.size(), lowest[0], lowest[1], lowest[1] / lowest[0], lowest[2], lowest[2] / lowest[0]);
}

}  // namespace
}  // namespace headgate

int main(int count, char** given) {
    if (count < 2) {
        fmt::print("json_lookup FILE...\n");
        return EXIT_FAILURE;
    }
    for (int i = 1; i < count; ++i) headgate::measure(given[i]);
    return headgate::kept > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
