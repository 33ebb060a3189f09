#include "app/rule_trials.hpp"

#include "app/asked_request.hpp"
#include "app/differences.hpp"
#include "app/printable.hpp"
#include "core/check.hpp"
#include "http/raw_request.hpp"
#include "json/parse.hpp"
#include "json/write.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <limits>
#include <optional>
#include <utility>

namespace headgate::app {
namespace {

// What a rule makes of an event.
struct outcome {
    std::vector<start_order> starts;
    std::optional<std::string> failure;     // The reason that its delivery would be dead with.
    std::optional<std::string> not_for_it;  // Why no rule sees the event.
};

std::string counted_starts(std::size_t count) {
    if (count == 0) return "nothing";
    return fmt::format("{} start{}", count, count == 1 ? "" : "s");
}

std::string in_one_line(error const& why) {
    return printable(why.remedy.empty() ? why.message : why.message + " — " + why.remedy);
}

gateway::source const& source_of(plan const& by, dispatch::rule const& of) {
    auto const& all = by.sources->sources;
    auto const found = std::ranges::find_if(
        all, [&](gateway::source const& each) { return each.settings.name == of.settings.source; });
    HEADGATE_CHECK(found != all.end(), "a rule of a source that is not there was planned");
    return *found;
}

result<request> request_of(plan const& by, gateway::source const& of, config::rule_trial const& test) {
    if (test.raw_request) {
        HEADGATE_TRY(auto incoming, http::parse_raw_request(*test.raw_request, {}));
        incoming.received_at = test.given.incoming.received_at;
        if (auto const routed = put_on_route(*by.sources, of, incoming); !routed)
            return std::unexpected{routed.error()};
        return incoming;
    }
    auto incoming = test.given.incoming;
    if (!incoming.head.target.starts_with('/')) incoming.head.target.insert(0, of.settings.path);
    if (incoming.head.method.empty()) incoming.head.method = of.methods.front();
    return incoming;
}

identity sender_of(gateway::source const& of, request const& incoming, config::written_event const& given) {
    auto sender = of.sender.taken_as_genuine(incoming);
    if (!given.type.empty()) sender.event_type = given.type;
    if (!given.verified_by.empty()) sender.verified_by = given.verified_by;
    if (!given.key_id.empty()) sender.key_id = given.key_id;
    if (given.covers) sender.covers = *given.covers;
    if (!given.delivery_id.empty()) sender.delivery_id = given.delivery_id;
    sender.subject = given.subject;
    sender.email = given.email;
    sender.groups = given.groups;
    return sender;
}

// As it would be stored. Fails where such a request never becomes an event.
result<event> event_of(plan const& by, dispatch::rule const& rule, config::rule_trial const& test) {
    auto const& source = source_of(by, rule);
    HEADGATE_TRY(auto incoming, request_of(by, source, test));
    if (source.sender.handshake_for(incoming) != nullptr) {
        return refuse(errc::invalid_argument, "the request is a handshake: it is answered and makes no event",
                      "take one that makes an event");
    }
    if (std::ranges::find(source.methods, incoming.head.method) == source.methods.end()) {
        return refuse(errc::invalid_argument,
                      fmt::format("the source takes no events with {}", incoming.head.method),
                      fmt::format("one of: {}", fmt::join(source.methods, ", ")));
    }
    auto sender = sender_of(source, incoming, test.given);
    source.sender.redact(incoming);
    return event{.sequence = 0,
                 .id = test.given.id,
                 .tenant = rule.settings.tenant,
                 .source = rule.settings.source,
                 .sender = std::move(sender),
                 .received = std::move(incoming)};
}

// Of several items one that fails is enough.
outcome outcome_of(dispatch::verdict const& found) {
    outcome all;
    for (auto const& each : found.matches) {
        if (each.order) all.starts.push_back(*each.order);
        if (each.order || all.failure) continue;
        all.failure = printable(dispatch::reason_of(each));
        if (each.item) all.failure = fmt::format("item {}: {}", *each.item, *all.failure);
    }
    return all;
}

void write_input(json::writer& out, std::vector<std::string> const& inputs) {
    if (inputs.size() == 1) {
        out.raw(inputs.front());
        return;
    }
    out.begin_array();
    for (auto const& each : inputs) out.raw(each);
    out.end_array();
}

void write_started(json::writer& out, start_order const& order) {
    out.key("workflow").string(order.workflow);
    out.key("task_queue").string(order.task_queue);
    out.key("input");
    write_input(out, order.inputs);
    out.key("memo").begin_object();
    for (auto const& [name, json] : order.memo) out.key(name).raw(json);
    out.end_object();
    out.key("search_attributes").begin_object();
    for (auto const& each : order.search_attributes) out.key(each.name).raw(each.json);
    out.end_object();
}

// What tests may expect of a start, called as the rule calls it.
std::string json_of(start_order const& order) {
    json::writer out;
    out.begin_object();
    out.key("target").string(order.target);
    out.key("id").string(order.workflow_id);
    if (order.kind != order_kind::signal) write_started(out, order);
    if (order.kind != order_kind::start) {
        out.key("signal").begin_object().key("name").string(order.signal.name).key("input");
        write_input(out, order.signal.inputs);
        out.end_object();
    }
    out.end_object();
    return std::move(out).take();
}

json::value value_of(std::string const& json, json::arena& where) {
    auto const read = json::parse(
        json, where, {.depth_max = json::nesting_max, .values_max = std::numeric_limits<std::size_t>::max()});
    HEADGATE_CHECK(read.has_value(), "what we wrote is not JSON");
    return read->root;
}

void compare_start(std::string const& place, std::string const& expected, start_order const& order,
                   differences& into) {
    json::arena scratch;
    auto const found_json = json_of(order);
    auto const found = value_of(found_json, scratch);
    for (auto const& [key, value] : value_of(expected, scratch).members()) {
        auto const here = place + std::string{key};
        auto const there = found.find(key).value_or(json::value{});  // Not every rule has all parts.
        bool const has_names = key == "memo" || key == "search_attributes" || key == "signal";
        if (has_names && there.is_object()) {
            into.compare_named(here, value, there);
        } else {
            into.compare(here, value, there);
        }
    }
}

std::string said_of(outcome const& found) {
    if (found.failure) return "a failure: " + *found.failure;
    auto const starts = counted_starts(found.starts.size());
    return found.not_for_it ? starts + ", because " + *found.not_for_it : starts;
}

std::vector<std::string> compare_starts(std::vector<std::string> const& expected, outcome const& found) {
    if (found.failure || expected.size() != found.starts.size())
        return {fmt::format("expected {}, found {}", counted_starts(expected.size()), said_of(found))};
    differences all;
    for (std::size_t i = 0; i < expected.size(); ++i) {
        auto const place = expected.size() == 1 ? std::string{} : fmt::format("starts[{}].", i);
        compare_start(place, expected[i], found.starts[i], all);
    }
    return std::move(all).take();
}

std::vector<std::string> compare_failure(std::string const& expected, outcome const& found) {
    if (found.failure && found.failure->contains(expected)) return {};
    return {fmt::format("expected a failure with \"{}\", found {}", printable(expected), said_of(found))};
}

}  // namespace

rule_trial try_rule(plan const& by, config::rule_trial const& test) {
    rule_trial tried{.test = &test};
    auto const* const rule = by.rules->find(test.rule);
    HEADGATE_CHECK(rule != nullptr, "a test of a rule that is not there was planned");
    auto const from = event_of(by, *rule, test);
    if (!from) {
        tried.wrong = {in_one_line(from.error())};
        return tried;
    }
    json::arena scratch;
    outcome found;
    if (auto const looked = by.rules->look_at_body(*from, scratch); !looked) {
        found.not_for_it = in_one_line(looked.error());
    } else {
        auto verdict = by.rules->verdict_of(*rule, *from, scratch);
        found = outcome_of(verdict);
        tried.steps = std::move(verdict.steps);
    }
    tried.starts = found.starts.size();
    if (found.failure || found.not_for_it) tried.instead = found.failure ? *found.failure : *found.not_for_it;
    tried.wrong = test.fails ? compare_failure(*test.fails, found) : compare_starts(test.starts, found);
    return tried;
}

std::vector<rule_trial> try_rules(plan const& by, std::string_view of_rule) {
    std::vector<rule_trial> all;
    for (auto const& test : by.settings.rule_trials) {
        if (of_rule.empty() || test.rule == of_rule) all.push_back(try_rule(by, test));
    }
    return all;
}

problems problems_of(std::vector<rule_trial> const& tried) {
    problems found;
    for (auto const& each : tried) {
        if (each.wrong.empty()) continue;
        found.push_back(
            {.path = each.test->path,
             .what = fmt::format("\"{}\" fails: {}", each.test->name, fmt::join(each.wrong, "; ")),
             .remedy = "mend the rule or the test; `headgate test` shows what each program gave"});
    }
    return found;
}

}  // namespace headgate::app
