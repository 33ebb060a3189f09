#include "dispatch/rulebook.hpp"

#include "core/digest.hpp"
#include "core/encoding.hpp"
#include "core/text.hpp"
#include "json/parse.hpp"
#include "json/write.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <expected>
#include <utility>

namespace headgate::dispatch {
namespace {

constexpr std::size_t workflow_id_bytes_max = 240;  // So that `~n` of a replay fits in 255.

error not_an_id(std::string what, std::string remedy) {
    return {errc::failed_precondition, std::move(what), std::move(remedy)};
}

// `orders~2` is the second replay of `orders`, and nobody else's.
bool looks_replayed(std::string_view id) {
    auto const tilde = id.find_last_not_of("0123456789");
    return tilde != std::string_view::npos && tilde + 1 < id.size() && id[tilde] == '~';
}

std::optional<error> what_is_wrong_with_id(std::string_view id) {
    std::string const remedy = "make `id` one string of 1 to 240 bytes without control characters";
    if (id.empty()) return not_an_id("gave an empty string", remedy);
    if (id.size() > workflow_id_bytes_max) return not_an_id(fmt::format("gave {} bytes", id.size()), remedy);
    if (has_controls(id)) return not_an_id("has a control character in it", remedy);
    if (looks_replayed(id)) {
        return not_an_id("ends in `~` and digits, as only the ids of replays do",
                         "end it otherwise, for example with `-` and digits");
    }
    return std::nullopt;
}

std::string normal_form_of(rule_settings const& rule) {
    json::writer out;
    out.begin_object();
    auto const text = [&out](std::string_view name, std::string_view value) { out.key(name).string(value); };
    auto const programs = [&out](std::string_view name, auto const& list) {
        out.key(name).begin_object();
        for (auto const& [key, program] : list) out.key(key).string(program);
        out.end_object();
    };
    text("name", rule.name);
    text("tenant", rule.tenant);
    text("source", rule.source);
    text("when", rule.when);
    text("target", rule.target);
    text("workflow", rule.workflow);
    text("task_queue", rule.task_queue);
    text("id", rule.id);
    text("input", rule.input);
    programs("memo", rule.memo);
    programs("search_attributes", rule.search_attributes);
    out.key("execution_timeout_ms").integer(rule.execution_timeout.count());
    out.key("run_timeout_ms").integer(rule.run_timeout.count());
    out.key("task_timeout_ms").integer(rule.task_timeout.count());
    out.end_object();
    return std::move(out).take();
}

// Compiles the programs of one rule, noting each that does not.
class compiler {
public:
    compiler(std::string path, problems& found) : path_{std::move(path)}, found_{found} {}

    std::optional<transforms::program> program(std::string_view key, std::string const& source) {
        auto compiled = transforms::program::compile(source);
        if (compiled) return *std::move(compiled);
        found_.push_back({.path = fmt::format("{}.{}", path_, key),
                          .what = compiled.error().message,
                          .remedy = compiled.error().remedy});
        return std::nullopt;
    }

    // An id that is the same for every event is judged before the first one comes.
    std::optional<transforms::program> id(std::string const& source) {
        auto compiled = program("start.id", source);
        json::arena scratch;
        auto const literal = json::parse(source, scratch);
        if (!literal || !literal->root.is_string()) return compiled;
        if (auto wrong = what_is_wrong_with_id(literal->root.as_string())) {
            found_.push_back({.path = path_ + ".start.id",
                              .what = std::move(wrong->message),
                              .remedy = std::move(wrong->remedy)});
        }
        return compiled;
    }

    std::vector<std::pair<std::string, transforms::program>> programs(
        std::string_view key, std::vector<std::pair<std::string, std::string>> const& sources) {
        std::vector<std::pair<std::string, transforms::program>> all;
        for (auto const& [name, source] : sources) {
            auto compiled = program(fmt::format("{}.{}", key, name), source);
            if (compiled) all.emplace_back(name, *std::move(compiled));
        }
        return all;
    }

private:
    std::string path_;
    problems& found_;
};

std::unique_ptr<rule const> compile_rule(rule_settings const& settings, std::size_t index, problems& found) {
    compiler make{fmt::format("rules[{}]", index), found};
    auto when = make.program("when", settings.when);
    auto id = settings.id.empty() ? std::nullopt : make.id(settings.id);
    auto input = make.program("start.input", settings.input);
    auto memo = make.programs("start.memo", settings.memo);
    auto attributes = make.programs("start.search_attributes", settings.search_attributes);
    if (!when || !input) return nullptr;
    auto text = normal_form_of(settings);
    auto revision = to_hex(sha256(text)).substr(0, 16);
    return std::make_unique<rule const>(rule{settings, std::move(text), std::move(revision), *std::move(when),
                                             std::move(id), *std::move(input), std::move(memo),
                                             std::move(attributes)});
}

// Why a rule has nothing to say about an event: the program that failed, and how.
struct fault {
    std::string program;  // As it stands in the reason: `when`, `id`, `memo.tag`.
    error why;
};

template <class T>
using outcome = std::expected<T, fault>;

// One rule looking at one event.
class evaluator {
public:
    evaluator(json::value input, json::arena& scratch, transforms::run_options const& options)
        : input_{input}, scratch_{scratch}, options_{options} {}

    // The only output of the program `named`.
    [[nodiscard]] outcome<json::value> sole_output(transforms::program const& program,
                                                   std::string_view named) const {
        auto outputs = program.run(input_, scratch_, options_);
        if (!outputs) return std::unexpected{fault{std::string{named}, std::move(outputs).error()}};
        if (outputs->size() == 1) return outputs->front();
        return std::unexpected{
            fault{std::string{named},
                  {errc::failed_precondition, fmt::format("gave {} outputs, not one", outputs->size()),
                   "make the program give exactly one value, for example with first(...) or [...]"}}};
    }

    [[nodiscard]] outcome<bool> holds(rule const& by) const {
        HEADGATE_TRY(auto const output, sole_output(by.when, "when"));
        bool const no = output.is_null() || (output.type() == json::kind::boolean && !output.as_boolean());
        return !no;
    }

    [[nodiscard]] outcome<std::string> workflow_id(transforms::program const& program) const {
        HEADGATE_TRY(auto const output, sole_output(program, "id"));
        if (!output.is_string()) {
            auto wrong = not_an_id(fmt::format("gave {}, not a string", json::name_of(output.type())),
                                   "make `id` one string, for example with tostring");
            return std::unexpected{fault{"id", std::move(wrong)}};
        }
        if (auto wrong = what_is_wrong_with_id(output.as_string()))
            return std::unexpected{fault{"id", *std::move(wrong)}};
        return std::string{output.as_string()};
    }

    [[nodiscard]] outcome<std::vector<std::pair<std::string, std::string>>> texts(
        std::vector<std::pair<std::string, transforms::program>> const& programs,
        std::string_view what) const {
        std::vector<std::pair<std::string, std::string>> all;
        for (auto const& [name, program] : programs) {
            HEADGATE_TRY(auto const output, sole_output(program, fmt::format("{}.{}", what, name)));
            all.emplace_back(name, json::write(output));
        }
        return all;
    }

private:
    json::value input_;
    json::arena& scratch_;
    transforms::run_options const& options_;
};

outcome<start_order> render(rule const& by, event const& from, evaluator const& evaluate) {
    start_order order{.target = by.settings.target,
                      .workflow = by.settings.workflow,
                      .task_queue = by.settings.task_queue,
                      .execution_timeout = by.settings.execution_timeout,
                      .run_timeout = by.settings.run_timeout,
                      .task_timeout = by.settings.task_timeout,
                      .id_is_default = !by.id};
    if (by.id) {
        HEADGATE_TRY(order.workflow_id, evaluate.workflow_id(*by.id));
    } else {
        order.workflow_id = to_string(from.id) + "." + by.settings.name;
    }
    HEADGATE_TRY(auto const input, evaluate.sole_output(by.input, "input"));
    order.input = json::write(input);
    HEADGATE_TRY(order.memo, evaluate.texts(by.memo, "memo"));
    HEADGATE_TRY(order.search_attributes, evaluate.texts(by.search_attributes, "search_attributes"));
    return order;
}

match failed(rule const& by, fault&& at) {
    auto place = at.program == "when" ? at.program : "start." + at.program;
    auto why = while_doing(at.program, std::move(at.why)).error();
    return {.by = &by, .order = std::nullopt, .failure = std::move(why), .failed_in = std::move(place)};
}

std::optional<match> judge(rule const& by, event const& from, evaluator const& evaluate) {
    bool const is_ours = by.settings.source == from.source && by.settings.tenant == from.tenant;
    if (!is_ours) return std::nullopt;
    auto holds = evaluate.holds(by);
    if (!holds) return failed(by, std::move(holds).error());
    if (!*holds) return std::nullopt;
    auto order = render(by, from, evaluate);
    if (!order) return failed(by, std::move(order).error());
    return match{.by = &by, .order = *std::move(order), .failure = {}, .failed_in = {}};
}

delivery make_delivery(event const& from, match&& matched, wall_time now) {
    delivery made;
    made.event_sequence = from.sequence;
    made.event_id = from.id;
    made.tenant = from.tenant;
    made.source = from.source;
    made.rule = matched.by->settings.name;
    made.rule_revision = matched.by->revision;
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

}  // namespace

std::string reason_of(match const& failed) {
    auto reason = "match: " + failed.failure.message;
    if (!failed.failure.remedy.empty()) reason += " — " + failed.failure.remedy;
    return reason;
}

std::shared_ptr<rulebook const> rulebook::compile(settings const& from, problems& found) {
    auto const before = found.size();
    auto book = std::make_shared<rulebook>();
    book->budget_ = {.steps_max = from.rule_steps_max,
                     .memory_bytes_max = from.rule_memory_bytes_max,
                     .outputs_max = from.rule_outputs_max,
                     .depth_max = from.rule_depth_max,
                     .time_max = from.rule_time_max,
                     .configured_by = "dispatch.rule_"};
    book->bounds_ = {.values_max = from.rule_values_max, .decoded_bytes_max = from.rule_decoded_bytes_max};
    for (auto const& each : from.sources) book->sources_.emplace(each.name, each.body);
    for (std::size_t i = 0; i < from.rules.size(); ++i) {
        auto compiled = compile_rule(from.rules[i], i, found);
        if (!compiled) continue;
        book->by_source_[compiled->settings.source].push_back(compiled.get());
        book->by_name_[compiled->settings.name] = compiled.get();
        book->rules_.push_back(std::move(compiled));
    }
    if (found.size() != before) return nullptr;
    return book;
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

std::vector<match> rulebook::evaluate(event const& from, json::arena& scratch) const {
    std::vector<match> all;
    auto const& rules = rules_of(from.source);
    if (rules.empty()) return all;
    auto const input = input_of(from, scratch);
    transforms::run_options const options{
        .limits = budget_, .now = from.received.received_at, .variables = {}};
    evaluator const evaluate{input.value, scratch, options};
    for (auto const* by : rules) {
        if (auto matched = judge(*by, from, evaluate)) all.push_back(*std::move(matched));
    }
    return all;
}

std::vector<verdict> rulebook::verdicts(event const& from, json::arena& scratch) const {
    std::vector<verdict> all;
    for (auto const* by : rules_of(from.source)) all.push_back({by, evaluate_one(*by, from, scratch)});
    return all;
}

std::optional<match> rulebook::evaluate_one(rule const& by, event const& from, json::arena& scratch) const {
    auto const input = input_of(from, scratch);
    transforms::run_options const options{
        .limits = budget_, .now = from.received.received_at, .variables = {}};
    return judge(by, from, evaluator{input.value, scratch, options});
}

store::routing route(event const& from, rulebook const& rules, json::arena& scratch, wall_time now) {
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
    for (auto& matched : rules.evaluate(from, scratch)) {
        done.rule_texts.emplace(matched.by->revision, matched.by->normal_form);
        done.deliveries.push_back(make_delivery(from, std::move(matched), now));
    }
    if (done.deliveries.empty()) done.state = event_state::unmatched;
    return done;
}

}  // namespace headgate::dispatch
