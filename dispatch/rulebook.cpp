#include "dispatch/rulebook.hpp"

#include "dispatch/evaluator.hpp"
#include "dispatch/judge.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <map>
#include <utility>

namespace headgate::dispatch {
namespace {

constexpr std::size_t scratch_of_item = 4 * 1024;  // More comes from the heap, and is given back.

outcome<start_order> render(rule const& by, event const& from, std::optional<std::uint32_t> item,
                            evaluator& evaluate) {
    start_order order{.kind = by.settings.kind,
                      .target = by.settings.target,
                      .workflow = by.settings.workflow,
                      .task_queue = by.settings.task_queue,
                      .execution_timeout = by.settings.execution_timeout,
                      .run_timeout = by.settings.run_timeout,
                      .task_timeout = by.settings.task_timeout,
                      .reuse = by.settings.reuse,
                      .id_is_default = !by.id};
    if (by.id) {
        HEADGATE_TRY(order.workflow_id, evaluate.workflow_id(*by.id));
    } else {
        order.workflow_id = to_string(from.id) + "." + by.settings.name;
        if (item) order.workflow_id += "." + std::to_string(*item);
    }
    if (order.kind != order_kind::start) {
        order.signal = {.name = by.settings.signal.name, .inputs = {}, .event_id = to_string(from.id)};
        HEADGATE_TRY(order.signal.inputs, evaluate.signal_inputs());
    }
    HEADGATE_TRY(order.inputs, evaluate.inputs());
    HEADGATE_TRY(order.memo, evaluate.memo());
    HEADGATE_TRY(order.search_attributes, evaluate.search_attributes());
    return order;
}

match failed(rule const& by, std::optional<std::uint32_t> item, fault&& at) {
    auto place = place_of(by, at.program);
    auto why = while_doing(at.program, std::move(at.why)).error();
    return {.by = &by,
            .item = item,
            .order = std::nullopt,
            .failure = std::move(why),
            .failed_in = std::move(place)};
}

match match_of(rule const& by, event const& from, std::optional<std::uint32_t> item, evaluator& evaluate) {
    auto order = render(by, from, item, evaluate);
    if (!order) return failed(by, item, std::move(order).error());
    return {.by = &by, .item = item, .order = *std::move(order), .failure = {}, .failed_in = {}};
}

std::size_t bytes_of(match const& one) {
    return sizeof(delivery) + (one.order ? bytes_of(*one.order) : one.failure.message.size());
}

// Of all items, or of only one. Over a limit the rule has failed as a whole: a part of them would look like
// all there are.
std::vector<match> match_items(rule const& by, event const& from, evaluator& evaluate,
                               item_limits const& limits, std::optional<std::uint32_t> only) {
    auto items = evaluate.items(limits.items_max);
    if (!items) return {failed(by, std::nullopt, std::move(items).error())};
    std::vector<match> made;
    item_budget budget{limits};
    std::array<std::byte, scratch_of_item> first_bytes;
    json::arena scratch{first_bytes.data(), first_bytes.size()};
    for (std::uint32_t i = 0; i < items->size(); ++i) {
        if (only && *only != i) continue;
        evaluate.look_at_item((*items)[i], i, scratch);
        made.push_back(match_of(by, from, i, evaluate));
        scratch.release();
        auto const bytes = bytes_of(made.back());
        if (auto too_much = budget.spend(bytes))
            return {failed(by, std::nullopt, {"each", *std::move(too_much)})};
    }
    return made;
}

verdict judge(rule const& by, event const& from, evaluator evaluate, item_limits const& limits,
              std::optional<std::uint32_t> only) {
    verdict said{.by = &by, .holds = false, .matches = {}, .behind = nullptr, .steps = {}};
    bool const is_ours = by.settings.source == from.source && by.settings.tenant == from.tenant;
    if (!is_ours) return said;
    auto holds = evaluate.holds();
    said.holds = !holds || *holds;
    if (!holds) {
        said.matches.push_back(failed(by, std::nullopt, std::move(holds).error()));
    } else if (*holds && by.each) {
        said.matches = match_items(by, from, evaluate, limits, only);
    } else if (*holds) {
        said.matches.push_back(match_of(by, from, std::nullopt, evaluate));
    }
    return said;
}

// Nothing where no rule has items and no rule holds.
std::string why_unmatched(findings const& of) {
    auto const& without = of.without_items;
    if (without.empty()) return {};
    auto why = fmt::format("`each` of rule '{}' gives no item", without.front()->settings.name);
    if (without.size() > 1) why += fmt::format(", nor does that of {} more", without.size() - 1);
    return why;
}

}  // namespace

delivery make_delivery(event const& from, match&& matched, wall_time now) {
    delivery made;
    made.event_sequence = from.sequence;
    made.event_id = from.id;
    made.tenant = from.tenant;
    made.source = from.source;
    made.rule = matched.by->settings.name;
    made.rule_revision = matched.by->revision;
    made.item = matched.item.value_or(0);
    made.created_at = now;
    made.due_at = now;
    if (matched.order) {
        made.order = *std::move(matched.order);
        return made;
    }
    made.order.target = matched.by->settings.target;
    made.state = delivery_state::dead;
    made.reason = reason_of(matched);
    made.ended_at = now;
    return made;
}

std::string reason_of(match const& failed) {
    return "match: " + with_remedy(failed.failure.message, failed.failure.remedy);
}

std::shared_ptr<rulebook const> rulebook::compile(settings const& from, problems& found) {
    auto book = std::make_shared<rulebook>();
    book->budget_ = {.steps_max = from.rule_steps_max,
                     .memory_bytes_max = from.rule_memory_bytes_max,
                     .outputs_max = from.rule_outputs_max,
                     .depth_max = from.rule_depth_max,
                     .time_max = from.rule_time_max,
                     .configured_by = "dispatch.rule_"};
    book->items_ = item_limits_of(from);
    book->bounds_ = {.values_max = from.rule_values_max, .decoded_bytes_max = from.rule_decoded_bytes_max};
    std::map<std::string_view, transforms::known_event> events;  // By source.
    for (auto const& each : from.sources) {
        book->sources_.emplace(each.name, each.body);
        events.emplace(each.name, transforms::known_event{.path_parameters = each.path_parameters,
                                                          .body_has_schema = each.body.schema != nullptr});
    }
    bool is_whole = book->compile_schemas(from, found);
    for (std::size_t i = 0; i < from.rules.size(); ++i) {
        auto const input = transforms::of_events(events[from.rules[i].source]);
        auto compiled = compile_rule(from.rules[i], i, input, from.tables, found);
        is_whole = is_whole && compiled;
        if (!compiled) continue;
        book->by_source_[compiled->settings.source].push_back(compiled.get());
        book->by_name_[compiled->settings.name] = compiled.get();
        book->rules_.push_back(std::move(compiled));
    }
    return is_whole ? book : nullptr;
}

bool rulebook::compile_schemas(settings const& from, problems& found) {
    bool is_whole = true;
    schema_budget_ = {
        .steps_max = from.schema_steps_max, .time_max = from.schema_time_max, .configured_by = {}};
    for (auto const& each : from.sources) {
        if (!each.body.schema) continue;
        auto compiled = transforms::body_schema::compile(each.body.schema);
        if (compiled) {
            schemas_.emplace(each.name, *std::move(compiled));
            continue;
        }
        is_whole = false;
        found.push_back({.path = "sources." + each.name + ".schema",
                         .what = std::move(compiled.error().message),
                         .remedy = std::move(compiled.error().remedy)});
    }
    return is_whole;
}

bool rulebook::knows_source(std::string_view name) const {
    return sources_.contains(name);
}

rule const* rulebook::find(std::string_view rule_name) const {
    auto const found = by_name_.find(rule_name);
    return found == by_name_.end() ? nullptr : found->second;
}

std::vector<rule const*> const& rulebook::rules_of(std::string_view source) const {
    static std::vector<rule const*> const none;
    auto const found = by_source_.find(source);
    return found == by_source_.end() ? none : found->second;
}

transforms::rule_input rulebook::input_of(event const& from, json::arena& scratch) const {
    auto const source = sources_.find(from.source);
    transforms::body_options const body{
        .bounds = bounds_, .as = source == sources_.end() ? transforms::body_settings{} : source->second};
    return transforms::make_rule_input(from, scratch, {.has_id = true, .body = body});
}

result<void> rulebook::look_at(transforms::rule_input const& input, event const& from,
                               json::arena& scratch) const {
    auto const schema = schemas_.find(from.source);
    if (schema == schemas_.end()) return {};
    if (input.body_error) return std::unexpected{*input.body_error};
    return schema->second.look_at(*input.value.find("body"), scratch,
                                  {.limits = schema_budget_, .now = {}, .variables = {}});
}

result<void> rulebook::look_at_body(event const& from, json::arena& scratch) const {
    if (!schemas_.contains(from.source)) return {};
    return look_at(input_of(from, scratch), from, scratch);
}

findings rulebook::evaluate(event const& from, json::arena& scratch, rule_names const& have_it) const {
    findings all;
    auto const& rules = rules_of(from.source);
    if (rules.empty() && !schemas_.contains(from.source)) return all;
    auto const input = input_of(from, scratch);
    if (auto looked = look_at(input, from, scratch); !looked) {
        all.not_for_rules = std::move(looked).error();
        return all;
    }
    auto const options = options_of(from);
    for (auto const* by : rules) {
        auto said = judge(*by, from, evaluator{*by, input.value, scratch, options}, items_, std::nullopt);
        if (said.holds && said.matches.empty()) all.without_items.push_back(by);
        std::ranges::move(said.matches, std::back_inserter(all.matches));
        bool const has_it = said.holds || have_it.contains(by->settings.name);
        if (by->settings.is_final && has_it) break;
    }
    return all;
}

std::vector<verdict> rulebook::verdicts(event const& from, json::arena& scratch) const {
    std::vector<verdict> all;
    rule const* last = nullptr;
    for (auto const* by : rules_of(from.source)) {
        if (last != nullptr) {
            all.push_back({.by = by, .holds = false, .matches = {}, .behind = last, .steps = {}});
            continue;
        }
        all.push_back(verdict_of(*by, from, scratch));
        if (by->settings.is_final && all.back().holds) last = by;
    }
    return all;
}

verdict rulebook::verdict_of(rule const& by, event const& from, json::arena& scratch) const {
    auto const input = input_of(from, scratch);
    step_log steps;
    auto said =
        judge(by, from, evaluator{by, input.value, scratch, options_of(from), &steps}, items_, std::nullopt);
    said.steps = std::move(steps).take();
    return said;
}

verdict rulebook::evaluate_one(rule const& by, event const& from, json::arena& scratch,
                               std::optional<std::uint32_t> item) const {
    auto const input = input_of(from, scratch);
    return judge(by, from, evaluator{by, input.value, scratch, options_of(from)}, items_, item);
}

transforms::run_options rulebook::options_of(event const& from) const {
    return {.limits = budget_, .now = from.received.received_at, .variables = {}};
}

store::routing route(event const& from, rulebook const& rules, json::arena& scratch, wall_time now,
                     rule_names const& have_it) {
    store::routing done{.sequence = from.sequence,
                        .state = event_state::routed,
                        .reason = {},
                        .deliveries = {},
                        .rule_texts = {}};
    if (!rules.knows_source(from.source)) {
        done.state = event_state::unmatched;
        done.reason = "source '" + from.source + "' is not in the configuration";
        return done;
    }
    auto found = rules.evaluate(from, scratch, have_it);
    if (found.not_for_rules) {
        done.state = event_state::quarantined;
        done.reason = with_remedy(found.not_for_rules->message, found.not_for_rules->remedy);
        return done;
    }
    for (auto& matched : found.matches) {
        done.rule_texts.emplace(matched.by->revision, matched.by->normal_form);
        done.deliveries.push_back(make_delivery(from, std::move(matched), now));
    }
    if (done.deliveries.empty()) {
        done.state = event_state::unmatched;
        done.reason = why_unmatched(found);
    }
    return done;
}

}  // namespace headgate::dispatch
