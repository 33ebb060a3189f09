#include "app/api_client.hpp"
#include "app/asked_request.hpp"
#include "app/commands.hpp"
#include "app/exit_code.hpp"
#include "app/files.hpp"
#include "app/stored_event.hpp"
#include "app/verdict_view.hpp"
#include "dispatch/rulebook.hpp"

#include <cstdio>
#include <utility>

namespace headgate::app {
namespace {

int exit_code_of(errc code) {
    if (code == errc::out_of_range) return exit_usage;
    return code == errc::invalid_argument ? exit_no : exit_failed;
}

void write_texts(json::writer& out, std::string_view key, auto const& pairs) {
    out.key(key).begin_object();
    for (auto const& [name, text] : pairs) out.key(name).raw(text);
    out.end_object();
}

void write_match(json::writer& out, dispatch::match const& matched) {
    out.begin_object();
    out.key("rule").string(matched.by->settings.name);
    out.key("rule_revision").string(matched.by->revision);
    if (!matched.order) {
        out.key("dead").begin_object();
        out.key("message").string(matched.failure.message);
        out.key("remedy").string(matched.failure.remedy);
        out.end_object().end_object();
        return;
    }
    auto const& order = *matched.order;
    out.key("start").begin_object();
    out.key("target").string(order.target);
    out.key("workflow").string(order.workflow);
    out.key("task_queue").string(order.task_queue);
    out.key("workflow_id").string(order.workflow_id);
    out.key("input").raw(order.input);
    write_texts(out, "memo", order.memo);
    write_texts(out, "search_attributes", order.search_attributes);
    out.end_object().end_object();
}

int print_matches(plan const& by, event const& from) {
    json::arena scratch;
    auto const matches = by.rules->evaluate(from, scratch);
    json::writer out;
    out.begin_object().key("accepted").boolean(true);
    out.key("verdict").begin_object();
    write_identity(out, from.sender);
    out.end_object();
    out.key("matches").begin_array();
    for (auto const& each : matches) write_match(out, each);
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
    auto const verdict = sender.checks().verify(from->incoming, {}, from->incoming.received_at);
    if (verdict) return print_matches(by, as_event(*from, *verdict));
    auto const findings = sender.explain(from->incoming, {}, from->incoming.received_at);
    std::printf("%s\n", verdict_view(verdict, findings).c_str());
    return exit_no;
}

int explain_event(plan const& by, explain_options const& options) {
    auto const answer =
        ask_api(options.api, {.method = "GET", .path = "/api/v1/events/" + options.event, .query = {}});
    if (!answer) {
        print_error(answer.error());
        return exit_failed;
    }
    auto const from = stored_event(*answer);
    if (!from) {
        print_error(from.error());
        return exit_failed;
    }
    return print_matches(by, *from);
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
    print_error({errc::invalid_argument, "nothing to explain", "give --source and --request, or --event"});
    return exit_usage;
}

}  // namespace headgate::app
