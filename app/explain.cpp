#include "app/api_client.hpp"
#include "app/asked_request.hpp"
#include "app/commands.hpp"
#include "app/exit_code.hpp"
#include "app/files.hpp"
#include "app/steps_view.hpp"
#include "app/stored_event.hpp"
#include "app/verdict_view.hpp"
#include "console/views.hpp"
#include "dispatch/rulebook.hpp"
#include "store/sqlite/read_only.hpp"

#include <algorithm>
#include <cstdio>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace headgate::app {
namespace {

void write_failure(json::writer& out, dispatch::match const& failed) {
    out.key("failure").begin_object();
    out.key("program").string(failed.failed_in);
    out.key("message").string(failed.failure.message);
    out.key("remedy").string(failed.failure.remedy);
    out.end_object();
}

void write_start(json::writer& out, start_order const& order) {
    bool const only_signals = order.kind == order_kind::signal;
    out.key(only_signals ? "signal" : "start").begin_object();
    out.key("target").string(order.target);
    out.key("workflow_id").string(order.workflow_id);
    if (only_signals) {
        console::write_signal(out, order.signal);
    } else {
        console::write_order(out, order);
    }
    out.end_object();
}

void write_match(json::writer& out, dispatch::match const& one) {
    if (one.order) {
        write_start(out, *one.order);
    } else {
        write_failure(out, one);
    }
}

void write_items(json::writer& out, std::vector<dispatch::match> const& items) {
    out.key("items").begin_array();
    for (auto const& each : items) {
        out.begin_object().key("item").integer(*each.item);
        write_match(out, each);
        out.end_object();
    }
    out.end_array();
}

std::string_view name_of(dispatch::verdict const& said) {
    if (said.behind != nullptr) return "not looked at";
    if (!said.holds) return "no match";
    if (said.matches.empty()) return "no item";
    bool const starts =
        std::ranges::any_of(said.matches, [](auto const& one) { return one.order.has_value(); });
    return starts ? "match" : "failed";
}

void write_rule(json::writer& out, dispatch::verdict const& each) {
    out.begin_object();
    out.key("rule").string(each.by->settings.name);
    out.key("rule_revision").string(each.by->revision);
    out.key("verdict").string(name_of(each));
    if (each.behind != nullptr) {
        auto const why = "the rule " + each.behind->settings.name + " before it is final";
        out.key("reason").string(why);
    }
    if (!each.matches.empty() && each.matches.front().item) {
        write_items(out, each.matches);
    } else if (!each.matches.empty()) {
        write_match(out, each.matches.front());
    }
    write_steps(out, each.steps);
    out.end_object();
}

int print_verdicts(plan const& by, event const& from) {
    json::arena scratch;
    json::writer out;
    out.begin_object().key("accepted").boolean(true);
    out.key("source").string(from.source);
    out.key("verdict").begin_object();
    write_identity(out, from.sender);
    out.end_object();
    if (auto const looked = by.rules->look_at_body(from, scratch); !looked) {
        out.key("quarantined").begin_object();
        out.key("message").string(looked.error().message);
        out.key("remedy").string(looked.error().remedy);
        out.end_object();
    }
    out.key("rules").begin_array();
    for (auto const& each : by.rules->verdicts(from, scratch)) write_rule(out, each);
    out.end_array().end_object();
    std::printf("%s\n", std::move(out).take().c_str());
    return exit_yes;
}

int explain_request(plan const& by, explain_options const& options) {
    auto const from = read_asked_request(by, options.source, options.request);
    if (!from) {
        print_error(from.error());
        return exit_code_of(from.error().code);
    }
    auto const& sender = from->source->sender;
    auto const verdict = sender.checks().verify(from->incoming, from->known, from->incoming.received_at);
    if (verdict) return print_verdicts(by, as_event(*from, *verdict));
    auto const findings = sender.explain(from->incoming, from->known, from->incoming.received_at);
    std::printf("%s\n", verdict_view(verdict, findings).c_str());
    return refusal_code(*from);
}

result<event> event_of_api(explain_options const& options) {
    HEADGATE_TRY(
        auto const answer,
        ask_api(options.api, {.method = "GET", .path = "/api/v1/events/" + options.event, .query = {}}));
    return stored_event(answer);
}

result<event> event_of_store(plan const& by, std::string const& id) {
    HEADGATE_TRY(auto const wanted, typed(parse_uuid(id)));
    HEADGATE_TRY(auto const kept, store::open_read_only(by.settings.store.sqlite.path));
    HEADGATE_TRY(auto found, kept->read_event(wanted));
    return std::move(found.kept);
}

int explain_event(plan const& by, explain_options const& options) {
    auto const from =
        !options.api.token_file.empty() ? event_of_api(options) : event_of_store(by, options.event);
    if (from && !options.source.empty() && options.source != from->source) {
        print_error({errc::out_of_range,
                     "the event is of the source " + from->source + ", not of " + options.source,
                     "leave --source out"});
        return exit_usage;
    }
    if (from) return print_verdicts(by, *from);
    print_error(from.error());
    return exit_code_of(from.error().code);
}

}  // namespace

int explain(explain_options const& options) {
    auto const planned = make_plan(options.config);
    if (!planned.made) {
        print_problems(planned.found);
        return exit_no;
    }
    if (!options.event.empty()) return explain_event(*planned.made, options);
    if (!options.request.file.empty() && !options.source.empty())
        return explain_request(*planned.made, options);
    print_error({errc::out_of_range, "nothing to explain", "give --source and --request, or --event"});
    return exit_usage;
}

}  // namespace headgate::app
