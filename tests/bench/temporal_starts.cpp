// What one start costs the Temporal target alone: no store, no rule. Against minimal_workflow_service it is
// our own cost, against a real server it is mostly Temporal's.
//
//   temporal_starts HOST:PORT [starts = 20000] [in flight = 64]

#include "core/nursery.hpp"
#include "targets/temporal/temporal.hpp"

#include <boost/asio/io_context.hpp>
#include <fmt/format.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <ctime>
#include <string>

namespace headgate {
namespace {

struct tally {
    std::size_t left = 0;
    std::size_t started = 0;
    std::string first_trouble;
};

uuid delivery(std::size_t n) {
    uuid id;
    for (std::size_t i = 0; i < sizeof n; ++i) id.bytes[15 - i] = static_cast<std::uint8_t>(n >> (8 * i));
    return id;
}

asio::awaitable<void> start_many(targets::target& asked, tally& counted) {
    start_order order;
    order.workflow = "SyncThenBuild";
    order.task_queue = "data-platform";
    order.inputs = {'"' + std::string(1024, 'x') + '"'};
    while (counted.left > 0) {
        auto const n = counted.left--;
        order.workflow_id = fmt::format("bench-{}-{}", std::time(nullptr), n);
        auto starting = asked.start(order, delivery(n), from_now(std::chrono::seconds{30}));
        auto const answer = co_await std::move(starting);
        if (answer.what == targets::start_answer::kind::started) {
            ++counted.started;
        } else if (counted.first_trouble.empty()) {
            counted.first_trouble = answer.message;
        }
    }
}

int measure(std::string address, std::size_t starts, std::size_t in_flight) {
    asio::io_context context{1};
    targets::temporal_settings settings;
    settings.address = std::move(address);
    auto const made = targets::make_temporal_target(settings, context.get_executor());
    if (!made) {
        fmt::print(stderr, "{}\n", made.error().message);
        return 3;
    }
    tally counted{.left = starts};
    nursery lanes{context.get_executor()};
    auto const began = std::chrono::steady_clock::now();
    auto const began_using = std::clock();
    for (std::size_t i = 0; i < in_flight; ++i) lanes.spawn("lane", start_many(**made, counted));
    context.run();
    std::chrono::duration<double> const took = std::chrono::steady_clock::now() - began;
    auto const used = static_cast<double>(std::clock() - began_using) / CLOCKS_PER_SEC;
    fmt::print("{} of {} started, {:.0f} starts/s, {:.1f} us of CPU each\n", counted.started, starts,
               static_cast<double>(starts) / took.count(), used * 1e6 / static_cast<double>(starts));
    if (!counted.first_trouble.empty()) fmt::print("first trouble: {}\n", counted.first_trouble);
    return counted.started == starts ? 0 : 1;
}

}  // namespace
}  // namespace headgate

int main(int count, char** arguments) {
    if (count < 2) {
        fmt::print(stderr, "usage: temporal_starts HOST:PORT [starts] [in flight]\n");
        return 2;
    }
    auto const number = [&](int at, std::size_t otherwise) {
        return count > at ? static_cast<std::size_t>(std::strtoull(arguments[at], nullptr, 10)) : otherwise;
    };
    return headgate::measure(arguments[1], number(2, 20'000), number(3, 64));
}
