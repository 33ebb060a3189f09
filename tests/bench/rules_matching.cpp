// What matching one event costs beside the number of rules: ten rules for each source, and 100 or 10,000 in
// all.
//
//   rules_matching
//
// Prints microseconds for each, in turn in one run, and how many times the larger one costs the smaller: 1 is
// flat.

#include "dispatch/rulebook.hpp"
#include "tests/bench/median.hpp"

#include <fmt/format.h>

#include <cstdlib>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace headgate {
namespace {

constexpr std::size_t rules_of_a_source = 10;

std::shared_ptr<dispatch::rulebook const> rules_over(std::size_t sources) {
    dispatch::settings all;
    for (std::size_t i = 0; i < sources; ++i) {
        all.sources.push_back({.name = fmt::format("github-{}", i), .body = {}});
        for (std::size_t j = 0; j < rules_of_a_source; ++j) {
            dispatch::rule_settings one;
            one.name = fmt::format("sync-{}-{}", i, j);
            one.source = all.sources.back().name;
            one.when = fmt::format(R"x(.body.ref | test("^refs/heads/release-{}-{}$"))x", i, j);
            one.target = "platform";
            one.workflow = "SyncThenBuild";
            one.task_queue = "data-platform";
            one.id = R"x("push-\(.body.after)")x";
            one.inputs = {"{commits: [.body.commits[].id]}"};
            all.rules.push_back(std::move(one));
        }
    }
    problems found;
    return dispatch::rulebook::compile(all, found);
}

event push_to(std::string source) {
    event made{0, {}, "default", std::move(source), {"github", "signing#0", coverage::full}, {}};
    made.received.head = {.method = "POST",
                          .target = "/webhooks/github",
                          .fields = {{"content-type", "application/json"}},
                          .peer = "127.0.0.1"};
    made.received.body =
        R"({"ref":"refs/heads/release-7-3","after":"6113728f","commits":[{"id":"6113728f"}]})";
    return made;
}

int run() {
    constexpr int batches = 400;
    auto const few = rules_over(10);
    auto const many = rules_over(1000);
    if (!few || !many) return EXIT_FAILURE;
    auto const event = push_to("github-7");
    std::vector<std::byte> room(std::size_t{1} << 20);
    std::size_t matched = 0;
    auto const cost = [&](dispatch::rulebook const& rules) {
        return bench::median_of(
            [&] {
                json::arena scratch{room.data(), room.size()};
                matched += rules.evaluate(event, scratch).matches.size();
            },
            batches);
    };
    (void)cost(*few);
    auto const small = cost(*few);
    auto const large = cost(*many);
    fmt::print(
        "one event, 10 rules of its source: {:.2f} us with 100 rules in all, {:.2f} us with 10,000: "
        "{:.2f}x\n",
        small, large, large / small);
    return matched > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

}  // namespace
}  // namespace headgate

int main() {
    return headgate::run();
}
