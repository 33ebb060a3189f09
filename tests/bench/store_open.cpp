// How long a store takes to open, beside the number of keys in its window.
//
//   store_open [events] [keys of an event] [folder]
//
// Fills a store with small events of several keys each (default 1,000,000 of 10), opens it again, and prints
// the time, the memory of the index, and what a plain scan of the same table takes in the same minute: one
// thread, SQLite alone, every column read. The budget is 5 s and 512 MiB for 10,000,000 keys.

#include "core/clock.hpp"
#include "core/digest.hpp"
#include "store/sqlite/write_session.hpp"

#include <fmt/format.h>

#include <chrono>
#include <ctime>
#include <filesystem>
#include <string>
#include <vector>

namespace headgate {
namespace {

using namespace store::sqlite;

bool fill(store::settings const& chosen, std::uint64_t events, std::size_t keys) {
    dedupe_index index{chosen.dedupe_keys_max};
    auto opened = write_session::open(chosen, {}, index);
    if (!opened) return false;
    auto& session = **opened;
    std::vector<dedupe_key> drawn(keys);
    for (std::uint64_t i = 0; i < events; ++i) {
        if (i % 1000 == 0 && !session.begin()) return false;
        event fresh{0, {}, "default", "github", identity{"mac", "signing#0", coverage::full}, {}};
        for (auto& key : drawn) fill_random(key.hash);
        auto const stored = session.append(fresh, pack(fresh), drawn, system_clock().now());
        if (!stored || !*stored) return false;
        bool const is_last = i % 1000 == 999 || i + 1 == events;
        if (is_last && !session.commit()) return false;
        if (is_last && !session.database().checkpoint(checkpoint_mode::passive)) return false;
    }
    return true;
}

double scan_seconds(std::string const& path) {
    auto const started = std::chrono::steady_clock::now();
    auto database = connection::open(path, access::read_only, {});
    if (!database) return 0;
    auto const scanned = database->number(
        "SELECT count(*) FROM dedupe WHERE sequence + source + length(hash) + length(event_id) + checksum IS "
        "NOT 0");
    auto const took = std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
    return scanned ? took : 0;
}

int measure(std::string const& folder, std::uint64_t events, std::size_t keys) {
    store::settings chosen;
    chosen.sqlite.path = folder + "/bench.db";
    if (!fill(chosen, events, keys)) {
        fmt::print(stderr, "the store could not be filled\n");
        return 3;
    }
    auto const scanned_before = scan_seconds(chosen.sqlite.path);
    dedupe_index index{chosen.dedupe_keys_max};
    auto const started = std::chrono::steady_clock::now();
    auto const cpu_before = std::clock();
    auto const opened = write_session::open(chosen, {}, index);
    auto const took = std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
    auto const cpu = static_cast<double>(std::clock() - cpu_before) / CLOCKS_PER_SEC;
    fmt::print("opened in {:.2f} s ({:.2f} s of CPU) with {} keys; the index takes {} MiB\n", took, cpu,
               index.size(), index.bytes() >> 20);
    fmt::print("a plain scan took {:.2f} s before and {:.2f} s after\n", scanned_before,
               scan_seconds(chosen.sqlite.path));
    return opened ? 0 : 3;
}

}  // namespace
}  // namespace headgate

int main(int count, char** arguments) {
    std::vector<std::string> const given(arguments + 1, arguments + count);
    auto const events = !given.empty() ? std::stoull(given[0]) : 1'000'000;
    std::size_t const keys = given.size() > 1 ? std::stoul(given[1]) : 10;
    std::string const folder =
        given.size() > 2 ? given[2]
                         : (std::filesystem::temp_directory_path() / "headgate-bench-open").string();
    std::filesystem::remove_all(folder);
    std::filesystem::create_directories(folder);
    int const status = headgate::measure(folder, events, keys);
    std::filesystem::remove_all(folder);
    return status;
}
