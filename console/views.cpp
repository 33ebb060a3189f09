#include "console/views.hpp"

#include "core/encoding.hpp"
#include "core/text.hpp"

#include <algorithm>
#include <set>
#include <string_view>
#include <tuple>
#include <utility>

namespace headgate::console {
namespace {

void write_time(json::writer& out, std::string_view key, std::optional<wall_time> const& at) {
    out.key(key);
    if (at) {
        out.string(to_rfc3339(*at));
    } else {
        out.null();
    }
}

void write_next(json::writer& out, std::string const& next) {
    out.key("next");
    if (next.empty()) {
        out.null();
    } else {
        out.string(next);
    }
}

void write_bytes(json::writer& out, std::string_view bytes) {
    bool const is_text = is_utf8(bytes);
    out.key("body_encoding").string(is_text ? "text" : "base64");
    out.key("body").string(is_text ? std::string{bytes} : encode_base64(bytes, base64_alphabet::standard));
}

void write_parameters(json::writer& out, std::string_view key, auto const& pairs) {
    out.key(key).begin_object();
    for (auto const& [name, value] : pairs) out.key(name).string(value);
    out.end_object();
}

void write_json_texts(json::writer& out, std::string_view key, auto const& pairs) {
    out.key(key).begin_object();
    for (auto const& [name, text] : pairs) out.key(name).raw(text);
    out.end_object();
}

// One argument is what most workflows have.
void write_inputs(json::writer& out, std::vector<std::string> const& inputs) {
    if (inputs.size() == 1) {
        out.key("input").raw(inputs.front());
        return;
    }
    out.key("inputs").begin_array();
    for (auto const& each : inputs) out.raw(each);
    out.end_array();
}

void write_attributes(json::writer& out, std::vector<search_attribute> const& attributes) {
    out.key("search_attributes").begin_object();
    for (auto const& each : attributes) out.key(each.name).raw(each.json);
    out.end_object();
    out.key("search_attribute_types").begin_object();
    for (auto const& each : attributes) {
        if (each.type != attribute_type::unsaid) out.key(each.name).string(name_of(each.type));
    }
    out.end_object();
}

// The members that lists and single views share; the object stays open.
void begin_delivery(json::writer& out, delivery const& one) {
    out.begin_object();
    out.key("id").string(to_string(one.id));
    out.key("event").string(to_string(one.event_id));
    out.key("tenant").string(one.tenant);
    out.key("source").string(one.source);
    out.key("rule").string(one.rule);
    out.key("rule_revision").string(one.rule_revision);
    out.key("item").integer(one.item);
    out.key("generation").integer(one.generation);
    out.key("target").string(one.order.target);
    out.key("state").string(name_of(one.state));
    out.key("held_because").string(name_of(one.held_because));
    out.key("reason").string(one.reason);
    out.key("workflow_id").string(one.order.workflow_id);
    out.key("run_id").string(one.run_id);
    out.key("attempt_count").integer(one.attempts);
    write_time(out, "created_at", one.created_at);
    write_time(out, "due_at", one.due_at);
    write_time(out, "started_at", one.started_at);
    write_time(out, "ended_at", one.ended_at);
}

// The object stays open.
void begin_whole_delivery(json::writer& out, store::delivery_record const& one) {
    begin_delivery(out, one.kept);
    out.key("attempts").begin_array();
    for (auto const& each : one.attempts) {
        out.begin_object();
        out.key("number").integer(each.number);
        write_time(out, "at", each.at);
        out.key("outcome").string(each.outcome);
        out.key("detail").string(each.detail);
        out.end_object();
    }
    out.end_array();
    out.key("revivals").begin_array();
    for (auto const& each : one.revivals) {
        out.begin_object();
        write_time(out, "at", each.at);
        out.key("asked_by").string(each.asked_by);
        out.key("was").string(name_of(each.from));
        out.key("reason").string(each.reason);
        write_time(out, "ended_at", each.ended_at);
        out.end_object();
    }
    out.end_array();
    out.key("order").begin_object();
    write_order(out, one.kept.order);
    out.end_object();
}

// One thing that happened to an event.
struct moment {
    wall_time at;
    std::string what;
    std::string detail;
    std::size_t noted = 0;
};

// Of rules that made several deliveries, each is one item's.
std::set<std::string_view> rules_with_items(std::vector<store::delivery_record> const& deliveries) {
    std::set<std::string_view> names;
    for (auto const& each : deliveries) {
        if (each.kept.item > 0) names.insert(each.kept.rule);
    }
    return names;
}

void add_moments(std::vector<moment>& all, store::delivery_record const& one, bool is_of_item) {
    auto const& kept = one.kept;
    auto const of_rule = "rule " + kept.rule + (is_of_item ? " item " + std::to_string(kept.item) : "");
    auto const is_of_signal = [](attempt const& each) { return each.outcome == "signalled"; };
    bool const signalled = std::ranges::any_of(one.attempts, is_of_signal);
    all.push_back({kept.created_at, "matched", of_rule});
    for (auto const& each : one.attempts) {
        all.push_back({each.at, "attempt " + std::to_string(each.number), of_rule + ": " + each.outcome});
    }
    bool const ran = kept.state == delivery_state::started || kept.state == delivery_state::completed ||
                     kept.state == delivery_state::failed || kept.state == delivery_state::outcome_unknown;
    if (kept.started_at && ran) {
        all.push_back({*kept.started_at, signalled ? "signalled" : "started",
                       kept.order.workflow_id + " run " + kept.run_id});
    }
    for (auto const& each : one.revivals) {
        if (each.ended_at)
            all.push_back({*each.ended_at, std::string{name_of(each.from)}, of_rule + ": " + each.reason});
        auto const what = each.from == delivery_state::held ? "released" : "retried";
        auto const whose = each.asked_by.empty() ? "" : " by " + each.asked_by;
        all.push_back({each.at, what, of_rule + whose + (each.ended_at ? "" : ", was held: " + each.reason)});
    }
    if (kept.ended_at) {
        auto detail = kept.reason.empty() ? of_rule : of_rule + ": " + kept.reason;
        all.push_back({*kept.ended_at, std::string{name_of(kept.state)}, std::move(detail)});
    }
}

std::vector<moment> timeline_of(store::event_record const& event,
                                std::vector<store::delivery_record> const& deliveries) {
    auto const& kept = event.kept;
    std::vector<moment> all;
    all.push_back({kept.received.received_at, "accepted", "verified by " + kept.sender.verified_by});
    if (event.last_duplicate_at) {
        all.push_back({*event.last_duplicate_at, "duplicate", std::to_string(event.duplicates) + " in all"});
    }
    auto const with_items = rules_with_items(deliveries);
    for (auto const& each : deliveries) add_moments(all, each, with_items.contains(each.kept.rule));
    // Of one instant, what was noted first comes first.
    for (std::size_t i = 0; i < all.size(); ++i) all[i].noted = i;
    std::ranges::sort(all, [](moment const& a, moment const& b) {
        return std::tie(a.at, a.noted) < std::tie(b.at, b.noted);
    });
    return all;
}

}  // namespace

void write_verdict(json::writer& out, identity const& sender) {
    out.key("verified_by").string(sender.verified_by);
    out.key("key_id").string(sender.key_id);
    out.key("covers").string(name_of(sender.covers));
    write_time(out, "signed_time", sender.signed_time);
    out.key("delivery_id").string(sender.delivery_id);
    out.key("delivery_id_signed").boolean(sender.delivery_id_signed);
    out.key("subject").string(sender.subject);
    out.key("email").string(sender.email);
    out.key("groups").begin_array();
    for (auto const& group : sender.groups) out.string(group);
    out.end_array();
}

void write_signal(json::writer& out, signal_order const& signal) {
    out.key("name").string(signal.name);
    write_inputs(out, signal.inputs);
}

void write_order(json::writer& out, start_order const& order) {
    if (order.kind != order_kind::start) {
        out.key("signal").begin_object();
        write_signal(out, order.signal);
        out.end_object();
    }
    if (order.kind == order_kind::signal) return;
    out.key("workflow").string(order.workflow);
    out.key("task_queue").string(order.task_queue);
    write_inputs(out, order.inputs);
    write_json_texts(out, "memo", order.memo);
    write_attributes(out, order.search_attributes);
    out.key("reuse").string(name_of(order.reuse));
    out.key("execution_timeout_ms").integer(order.execution_timeout.count());
    out.key("run_timeout_ms").integer(order.run_timeout.count());
    out.key("task_timeout_ms").integer(order.task_timeout.count());
}

std::string view(store::page<store::event_summary> const& events) {
    json::writer out;
    out.begin_object().key("items").begin_array();
    for (auto const& each : events.items) {
        out.begin_object();
        out.key("id").string(to_string(each.id));
        out.key("sequence").integer(static_cast<std::int64_t>(each.sequence));
        out.key("tenant").string(each.tenant);
        out.key("source").string(each.source);
        out.key("type").string(each.type);
        out.key("method").string(each.method);
        out.key("path").string(each.path);
        write_time(out, "received_at", each.received_at);
        out.key("body_bytes").integer(static_cast<std::int64_t>(each.body_bytes));
        out.key("state").string(name_of(each.state));
        out.key("duplicates").integer(static_cast<std::int64_t>(each.duplicates));
        out.end_object();
    }
    out.end_array();
    write_next(out, events.next);
    out.end_object();
    return std::move(out).take();
}

std::string view(store::page<delivery> const& deliveries) {
    json::writer out;
    out.begin_object().key("items").begin_array();
    for (auto const& each : deliveries.items) {
        begin_delivery(out, each);
        out.end_object();
    }
    out.end_array();
    write_next(out, deliveries.next);
    out.end_object();
    return std::move(out).take();
}

std::string view(store::event_record const& event, std::vector<store::delivery_record> const& deliveries) {
    auto const& kept = event.kept;
    auto const& head = kept.received.head;
    json::writer out;
    out.begin_object();
    out.key("id").string(to_string(kept.id));
    out.key("sequence").integer(static_cast<std::int64_t>(kept.sequence));
    out.key("tenant").string(kept.tenant);
    out.key("source").string(kept.source);
    out.key("type").string(kept.sender.event_type);
    out.key("state").string(name_of(event.state));
    out.key("reason").string(event.reason);
    write_time(out, "received_at", kept.received.received_at);
    out.key("method").string(head.method);
    out.key("target").string(head.target);
    out.key("peer").string(head.peer);
    write_parameters(out, "params", kept.received.path_parameters);
    out.key("headers").begin_array();
    for (auto const& line : head.fields) {
        out.begin_object().key("name").string(line.name).key("value").string(line.value).end_object();
    }
    out.end_array();
    write_bytes(out, kept.received.shown_body());
    out.key("verdict").begin_object();
    write_verdict(out, kept.sender);
    out.end_object();
    out.key("duplicates").integer(static_cast<std::int64_t>(event.duplicates));
    out.key("deliveries").begin_array();
    for (auto const& each : deliveries) {
        begin_whole_delivery(out, each);
        out.end_object();
    }
    out.end_array();
    out.key("timeline").begin_array();
    for (auto const& each : timeline_of(event, deliveries)) {
        out.begin_object();
        write_time(out, "at", each.at);
        out.key("what").string(each.what);
        out.key("detail").string(each.detail);
        out.end_object();
    }
    out.end_array();
    out.end_object();
    return std::move(out).take();
}

std::string view(store::delivery_record const& one, std::optional<std::string> const& rule) {
    json::writer out;
    begin_whole_delivery(out, one);
    out.key("rule_text");
    if (rule) {
        out.string(*rule);
    } else {
        out.null();
    }
    out.end_object();
    return std::move(out).take();
}

}  // namespace headgate::console
