#include "config/addresses.hpp"
#include "config/declare.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <string>
#include <utility>

// Where work is started, and how insistently: targets, dispatch.

namespace headgate::config {
namespace {

using namespace std::chrono_literals;

void declare_temporal_tls(section& at, targets::temporal_tls& into) {
    at.file(
        "server_ca", into.server_ca,
        {.says =
             "PEM file: authorities that the server's certificate may come from; without it the system's."});
    at.file("certificate", into.certificate, {.says = "PEM file: the client's certificate, for mutual TLS."});
    at.file("key", into.key, {.says = "PEM file: the private key of `certificate`."});
    at.text("server_name", into.server_name, {.says = "Name that is checked instead of the address's host."});
    if (into.certificate.empty() != into.key.empty()) {
        at.mistake(into.key.empty() ? "certificate" : "key", "stands alone",
                   "give both `certificate` and `key`, or neither");
    }
}

void declare_temporal(section& at, targets::temporal_settings& into) {
    bool const given = at.text("address", into.address,
                               {.says = "Host and port of the frontend service.",
                                .is = presence::required,
                                .example = "temporal:7233"});
    if (given) {
        if (auto const wrong = what_is_wrong_with_host_and_port(into.address)) {
            at.mistake("address", wrong->what, wrong->remedy);
        }
    }
    at.text("namespace", into.name_space, {.says = "The namespace that runs are started in."});
    auto tls = targets::temporal_tls{};
    bool const has_tls = at.inside(
        "tls", {.says = "Encrypts; with nothing below it (`tls: {}`), against the system's authorities."},
        [&](section& inner) { declare_temporal_tls(inner, tls); });
    if (has_tls) into.tls = std::move(tls);
    secret key;
    if (at.reference("api_key", key, {.says = "Sent as a bearer token; makes TLS the default."})) {
        into.api_key = std::move(key);
    }
    at.duration("attempt_within", into.attempt_within, 100ms, 5min,
                {.says = "For the answer to one call; later the call counts as unanswered."});
    at.text("identity", into.identity,
            {.says = "Who started it, as the run's history shows.",
             .fallback_says = "`headgate@` and the host's name"});
    at.whole("answer_bytes_max", into.answer_bytes_max, 64 * kibibyte, 1 * gibibyte,
             {.says = "The largest answer that is taken."});
}

constexpr std::array<std::string_view, 4> kinds_unavailable{"airbyte", "airflow", "http", "command"};

// Whoever wrote another kind of target is told about that, and not about a missing one too.
presence temporal_presence(section const& at) {
    auto const written = [&](std::string_view kind) {
        return at.reads() != nullptr && at.reads()->has(kind);
    };
    return std::ranges::any_of(kinds_unavailable, written) ? presence::optional : presence::required;
}

}  // namespace

void declare_targets(section& root, dispatch::settings& into) {
    root.named("targets", {.says = "Places where work is started, by name."},
               [&](section& at, std::string const& name) {
                   dispatch::target_settings one;
                   one.name = name;
                   at.inside(
                       "temporal",
                       {.says = "A Temporal namespace; server 1.23 or later.", .is = temporal_presence(at)},
                       [&](section& temporal) { declare_temporal(temporal, one.temporal); });
                   for (auto const kind : kinds_unavailable) {
                       at.unavailable(kind, "use `temporal: {address: …}`");
                   }
                   at.number("starts_per_second_max", one.starts_per_second_max, 0, 1'000'000,
                             {.says = "Starts a second; 0: no limit."});
                   at.whole("starts_in_flight_max", one.starts_in_flight_max, 1, 100'000,
                            {.says = "Starts that wait for their answer at the same time."});
                   into.targets.push_back(std::move(one));
               });
}

void declare_dispatch(section& root, dispatch::settings& into) {
    root.inside("dispatch", {.says = "How insistently work is started and followed."}, [&](section& at) {
        at.duration(
            "retry_first", into.retry_first, 10ms, 1h,
            {.says = "Wait before the second attempt; doubled for each further one, at random up to that."});
        at.duration("retry_longest", into.retry_longest, 1s, 24h,
                    {.says = "The longest wait between attempts."});
        if (into.retry_longest < into.retry_first) {
            at.mistake("retry_longest",
                       fmt::format("{} is shorter than retry_first, {}", to_text(into.retry_longest),
                                   to_text(into.retry_first)),
                       "make it at least as long");
        }
        at.duration(
            "give_up_after", into.give_up_after, 1h, 8'760h,
            {.says = "Age at which a delivery that was certainly never started is given up as dead."});
        at.duration(
            "probe_every", into.probe_every, 100ms, 1h,
            {.says = "How often a target that is away is tried; held deliveries twelve times as seldom."});
        at.duration("learn_every", into.learn_every, 1s, 24h,
                    {.says = "How often a target that is there is asked again how long it keeps runs and how "
                             "much it takes."});
        at.number(
            "share_min", into.share_min, 0, 1,
            {.says =
                 "Share of the time that routing keeps when accepting is busy. However small it is, routing "
                 "rests no longer than 10 s."});
        at.whole("route_batch_max", into.route_batch_max, 1, 10'000,
                 {.says = "Events routed in one transaction."});
        at.whole("route_bytes_max", into.route_bytes_max, 64 * kibibyte, 1 * gibibyte,
                 {.says = "What the rules made of them, together; one event may make more."});
        at.whole("deliveries_in_memory_max", into.deliveries_in_memory_max, 1, 10'000'000,
                 {.says = "Deliveries of one target waiting in memory; others wait in the store."});
        at.whole("deliveries_in_memory_bytes_max", into.deliveries_in_memory_bytes_max, 1 * mebibyte,
                 1 * tebibyte, {.says = "The same in bytes, of what is going to be sent."});
        at.whole("same_id_in_line_max", into.same_id_in_line_max, 1, 10'000'000,
                 {.says = "Deliveries with the workflow id of one that is being started that are remembered "
                          "to go next; others wait in the store."});
        at.whole("attempts_kept_max", into.attempts_kept_max, 1, 1'000'000,
                 {.says = "Attempts of one delivery that are kept: the first, and this many of the last. All "
                          "are counted."});
        at.duration("follow_every", into.follow_every, 100ms, 1h,
                    {.says = "Pause between two looks at the outcome of one run."});
        at.whole("follows_in_flight_max", into.follows_in_flight_max, 1, 10'000,
                 {.says = "Looks at outcomes at the same time."});
        at.whole("follows_in_memory_max", into.follows_in_memory_max, 1, 100'000'000,
                 {.says = "Runs followed at the same time; others are followed when there is room."});
        at.duration(
            "sweep_every", into.sweep_every, 1s, 24h,
            {.says = "How often the store is searched for deliveries that are ready but not in memory."});
        at.whole("rule_steps_max", into.rule_steps_max, 100, 1'000'000'000,
                 {.says = "Steps that one program of a rule may take on one event."});
        at.whole("rule_memory_bytes_max", into.rule_memory_bytes_max, 64 * kibibyte, 1 * gibibyte,
                 {.says = "Memory that one program of a rule may use on one event."});
        at.whole("rule_outputs_max", into.rule_outputs_max, 1, 10'000'000,
                 {.says = "Outputs that one program of a rule may give on one event, before it is told that "
                          "one is wanted."});
        at.whole("rule_depth_max", into.rule_depth_max, 8, 1'000'000,
                 {.says = "Calls within calls that one program of a rule may make."});
        at.duration("rule_time_max", into.rule_time_max, 0ms, 1min,
                    {.says = "Time that one program of a rule may work on one event, waiting not counted; "
                             "0s: no limit."});
        at.whole("rule_values_max", into.rule_values_max, 100, 10'000'000,
                 {.says = "Values that a body may have for rules to read it."});
        at.whole(
            "rule_decoded_bytes_max", into.rule_decoded_bytes_max, 64 * kibibyte, 1 * gibibyte,
            {.says = "Size of a body with a Content-Encoding once it is decoded; rules cannot read a larger "
                     "one."});
        at.whole("schema_steps_max", into.schema_steps_max, 100, 1'000'000'000,
                 {.says = "Steps that looking whether a body matches its source's `schema` may take."});
        at.duration("schema_time_max", into.schema_time_max, 0ms, 1min,
                    {.says = "Time that this may take, waiting not counted; 0s: no limit."});
        at.whole(
            "each_items_max", into.each_items_max, 1, 100'000,
            {.says = "Items that the `each` of one rule may give of one event. One that gives more starts "
                     "nothing, as with the next two."});
        at.whole("each_bytes_max", into.each_bytes_max, 64 * kibibyte, 1 * gibibyte,
                 {.says = "What may be sent for all of them together."});
        at.duration("each_time_max", into.each_time_max, 0ms, 1min,
                    {.says = "Time that work on all of them may take together, waiting not counted; 0s: no "
                             "limit."});
    });
}

}  // namespace headgate::config
