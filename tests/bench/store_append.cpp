// What an append costs, beside the bound: a raw file, one write and one fdatasync a group.
//
//   store_append [--seconds N] [--coroutines N] [--folder F] [--routed]
//
// Appends events of 994 bytes of body and about 500 bytes of head, each with a random key of its own, from
// one thread for 60 seconds (shorter runs do not see the checkpointer at work). With `--routed` a
// dispatcher takes the events and records two deliveries for every tenth. Prints events a second, CPU for
// each event (the whole process and the writer alone), latency of an append, the longest log, and the bound
// with groups of the same size.

#include "core/digest.hpp"
#include "core/io_thread.hpp"
#include "core/nursery.hpp"
#include "store/sqlite/sqlite_store.hpp"

#include <boost/asio/io_context.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <sys/resource.h>
#include <unistd.h>
#include <vector>

namespace headgate {
namespace {

using std::chrono::steady_clock;
constexpr std::size_t body_bytes = 994;
constexpr std::size_t head_bytes = 500;

double microseconds(steady_clock::duration took) {
    return std::chrono::duration<double, std::micro>(took).count();
}

struct load {
    store::event_store& into;
    steady_clock::time_point until;
    std::vector<float> latencies;  // microseconds
    std::uint64_t failed = 0;
    std::uint64_t routed = 0;
    std::uint64_t longest_log = 0;
};

event make_event() {
    identity sender{"mac", "signing#0", coverage::full};
    event made{0, {}, "default", "github", std::move(sender), {}};
    made.received.head.method = "POST";
    made.received.head.target = "/webhooks/github";
    made.received.head.peer = "192.0.2.7";
    for (int i = 0; i < 8; ++i)
        made.received.head.fields.push_back(
            {fmt::format("x-header-{}", i), std::string(head_bytes / 8 - 11, 'h')});
    made.received.body = std::string(body_bytes, 'b');
    made.received.received_at = system_clock().now();
    return made;
}

asio::awaitable<void> send(load& all) {
    while (true) {
        auto const started = steady_clock::now();
        if (started >= all.until) co_return;
        dedupe_key key;
        fill_random(key.hash);
        auto appending = all.into.append(make_event(), {key}, from_now(std::chrono::seconds{60}));
        auto const stored = co_await std::move(appending);
        if (!stored) ++all.failed;
        all.latencies.push_back(static_cast<float>(microseconds(steady_clock::now() - started)));
        all.longest_log = std::max(all.longest_log, all.into.health().wal_bytes);
    }
}

delivery make_delivery(event const& of, std::string rule) {
    delivery made;
    made.event_id = of.id;
    made.tenant = of.tenant;
    made.source = of.source;
    made.rule = std::move(rule);
    made.order.target = "platform";
    made.order.workflow = "SyncThenBuild";
    made.order.inputs = {std::string(200, 'i')};
    return made;
}

asio::awaitable<void> route(load& all) {
    while (true) {
        auto leasing = all.into.lease_events(64);
        auto const leased = co_await std::move(leasing);
        if (!leased) co_return;
        std::vector<store::routing> done;
        for (auto const& each : *leased) {
            store::routing one{each.sequence, event_state::unmatched, "", {}, {}};
            if (each.sequence % 10 == 0) {
                one.state = event_state::routed;
                one.deliveries = {make_delivery(each, "first"), make_delivery(each, "second")};
            }
            done.push_back(std::move(one));
        }
        all.routed += done.size();
        auto recording = all.into.record_routing(std::move(done));
        auto const recorded = co_await std::move(recording);
        if (!recorded) co_return;
    }
}

double cpu_seconds() {
    rusage used{};
    getrusage(RUSAGE_SELF, &used);
    auto const seconds = [](timeval t) {
        return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
    };
    return seconds(used.ru_utime) + seconds(used.ru_stime);
}

// CPU of the threads of this process with this name, from /proc (proc(5): utime and stime are fields 14 and
// 15).
double cpu_seconds_of(std::string const& name) {
    double ticks = 0;
    for (auto const& task : std::filesystem::directory_iterator{"/proc/self/task"}) {
        std::ifstream stat{task.path() / "stat"};
        std::string text{std::istreambuf_iterator<char>{stat}, {}};
        auto const close = text.rfind(')');
        if (text.substr(text.find('(') + 1, name.size()) != name || close == std::string::npos) continue;
        std::istringstream fields{text.substr(close + 2)};
        std::string field;
        for (int i = 3; fields >> field && i <= 15; ++i)
            if (i >= 14) ticks += std::stod(field);
    }
    return ticks / static_cast<double>(sysconf(_SC_CLK_TCK));
}

void print_quantiles(std::string_view what, std::vector<float>& all) {
    if (all.empty()) return;
    std::ranges::sort(all);
    auto const at = [&](double share) {
        return all[static_cast<std::size_t>(share * static_cast<double>(all.size() - 1))];
    };
    fmt::print("{:<28} p50 {:.2f} ms, p99 {:.2f} ms, max {:.2f} ms\n", what, at(0.5) / 1000, at(0.99) / 1000,
               at(1) / 1000);
}

std::uint64_t counted(metrics const& registry, std::string const& name) {
    auto const text = registry.render();
    auto const at = text.find("\n" + name + " ");
    return at == std::string::npos ? 0 : std::strtoull(text.c_str() + at + name.size() + 2, nullptr, 10);
}

void print_bound(std::string const& folder, std::size_t group, double seconds) {
    auto const path = folder + "/raw";
    int const file = ::open(path.c_str(), O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0600);
    std::string const bytes(group * (body_bytes + head_bytes), 'r');
    std::vector<float> groups;
    auto const started = steady_clock::now();
    auto const until =
        started + std::chrono::duration_cast<steady_clock::duration>(std::chrono::duration<double>{seconds});
    while (steady_clock::now() < until) {
        auto const begun = steady_clock::now();
        if (::write(file, bytes.data(), bytes.size()) < 0 || ::fdatasync(file) != 0) break;
        groups.push_back(static_cast<float>(microseconds(steady_clock::now() - begun)));
    }
    auto const took = std::chrono::duration<double>(steady_clock::now() - started).count();
    ::close(file);
    std::filesystem::remove(path);
    fmt::print("bound: raw file              {:.0f} events/s in groups of {}\n",
               static_cast<double>(groups.size() * group) / took, group);
    print_quantiles("bound: a group", groups);
}

struct options {
    double seconds = 60;
    std::size_t coroutines = 128;
    std::string folder = (std::filesystem::temp_directory_path() / "headgate-bench").string();
    bool routed = false;
};

bool read_options(std::vector<std::string> const& given, options& into) {
    for (std::size_t i = 0; i < given.size(); ++i) {
        auto const& name = given[i];
        if (name == "--routed") {
            into.routed = true;
            continue;
        }
        if (i + 1 == given.size()) return false;
        auto const& value = given[++i];
        if (name == "--seconds")
            into.seconds = std::stod(value);
        else if (name == "--coroutines")
            into.coroutines = std::stoul(value);
        else if (name == "--folder")
            into.folder = value;
        else
            return false;
    }
    return true;
}

int measure(options const& asked) {
    auto const& [seconds, coroutines, folder, routed] = asked;
    metrics registry;
    store::settings chosen;
    chosen.sqlite.path = folder + "/bench.db";
    auto opened = store::open_sqlite_store(chosen, system_clock(), registry);
    if (!opened) {
        fmt::print(stderr, "{}\n", opened.error().message);
        return 3;
    }
    auto const started = steady_clock::now();
    load all{
        **opened,
        started + std::chrono::duration_cast<steady_clock::duration>(std::chrono::duration<double>{seconds}),
        {}};
    io_thread dispatching{"bench-route"};
    nursery routing{dispatching.executor()};
    if (routed) asio::post(dispatching.context(), [&] { routing.spawn("route", route(all)); });
    asio::io_context context{1};
    nursery sending{context.get_executor()};
    for (std::size_t i = 0; i < coroutines; ++i) sending.spawn("send", send(all));
    auto const cpu_before = cpu_seconds();
    context.run();
    auto const took = std::chrono::duration<double>(steady_clock::now() - started).count();
    auto const cpu = cpu_seconds() - cpu_before;
    auto const cpu_of_writer = cpu_seconds_of("store-write");
    auto const cpu_of_log = cpu_seconds_of("store-wal");
    auto const backlog = (*opened)->health().backlog;
    (*opened)->close();
    dispatching.finish();

    auto const events = static_cast<double>(all.latencies.size());
    auto const groups = std::max<std::uint64_t>(1, counted(registry, "headgate_store_groups_total"));
    auto const group = std::max<std::size_t>(1, all.latencies.size() / groups);
    fmt::print(
        "store                        {:.0f} events/s over {:.0f} s, {} failed, groups of {}, routed {}, "
        "backlog {}\n",
        events / took, took, all.failed, group, all.routed, backlog);
    fmt::print("CPU of an event              {:.1f} us, of that writer {:.1f} us, checkpointer {:.1f} us\n",
               cpu / events * 1e6, cpu_of_writer / events * 1e6, cpu_of_log / events * 1e6);
    fmt::print("longest log                  {} bytes, its bound {}; {} bytes of bodies\n", all.longest_log,
               chosen.sqlite.wal_bytes_bound, all.latencies.size() * body_bytes);
    print_quantiles("an append", all.latencies);
    print_bound(folder, group, std::min(seconds, 5.0));
    return all.failed == 0 ? 0 : 1;
}

}  // namespace
}  // namespace headgate

int main(int count, char** arguments) {
    headgate::options asked;
    if (!headgate::read_options({arguments + 1, arguments + count}, asked)) {
        fmt::print(stderr, "store_append [--seconds N] [--coroutines N] [--folder F] [--routed]\n");
        return 2;
    }
    std::filesystem::remove_all(asked.folder);
    std::filesystem::create_directories(asked.folder);
    int const status = headgate::measure(asked);
    std::filesystem::remove_all(asked.folder);
    return status;
}
