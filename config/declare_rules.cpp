#include "config/declare.hpp"

#include <fmt/format.h>

#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <vector>

// What is started for which events.

namespace headgate::config {
namespace {

using namespace std::chrono_literals;

constexpr auto longest_run = 3'650 * 24h;

// Texts that may not be too long: Temporal keeps names to 1000 bytes.
bool declare_name_for_temporal(section& at, std::string_view key, std::string& into, about const& what) {
    constexpr std::size_t name_bytes_max = 1000;
    bool const given = at.text(key, into, what);
    if (given && into.size() > name_bytes_max) {
        at.mistake(key, fmt::format("has {} bytes, more than {}", into.size(), name_bytes_max),
                   "choose a shorter name");
    }
    return given;
}

// One program for one argument, or a list of them.
void declare_inputs(section& at, std::string_view says, std::vector<std::string>& into) {
    constexpr std::string_view schema =
        R"({"type": ["string", "boolean", "number", "array"], "default": ".",
"items": {"type": ["string", "boolean", "number"]}})";
    auto const* const given = at.special("input", schema, {.says = says, .fallback_says = "`.`"});
    if (given == nullptr) return;
    if (given->is_list()) {
        into = at.reads()->texts("input");
    } else if (auto program = at.reads()->text("input")) {
        into = {*std::move(program)};
    }
}

std::optional<dispatch::attribute_settings> read_typed_attribute(node const& from, std::string const& path,
                                                                 notes& into, std::string const& name) {
    dispatch::attribute_settings one{.name = name};
    reader inner{from, path, into};
    section at{inner};
    bool const has_type = at.choice("type", one.type, attribute_types,
                                    {.says = {}, .is = presence::required, .example = "keyword"});
    bool const has_value =
        at.program("value", one.value, {.says = {}, .is = presence::required, .example = ".source"});
    inner.finish();
    return has_type && has_value ? std::optional{std::move(one)} : std::nullopt;
}

// NAME: program, or NAME: {type, value}.
void declare_search_attributes(section& at, std::vector<dispatch::attribute_settings>& into) {
    constexpr std::string_view schema =
        R"({"type": "object", "additionalProperties": {"oneOf": [
{"type": ["string", "boolean", "number"]},
{"type": "object", "additionalProperties": false, "required": ["type", "value"], "properties": {
"type": {"enum": ["text", "keyword", "int", "double", "bool", "datetime", "keyword_list"]},
"value": {"type": ["string", "boolean", "number"]}}}]}})";
    auto const* const given = at.special(
        "search_attributes", schema,
        {.says = "What the run can be found by. `NAME: program`, or `NAME: {type: T, value: program}` with T "
                 "one of text, keyword, int, double, bool, datetime, keyword_list: then a value that is not "
                 "of the type starts nothing, and null leaves the attribute out. The namespace must know "
                 "the name."});
    if (given == nullptr) return;
    auto found = at.reads()->section("search_attributes");
    if (!found) return;
    for (auto const& [name, line, value] : found->here().members) {
        if (value.is_mapping()) {
            auto one = read_typed_attribute(*found->take(name), found->path_of(name), found->into(), name);
            if (one) into.push_back(*std::move(one));
        } else if (auto program = found->text(name)) {
            into.push_back({.name = name, .value = *std::move(program)});
        }
    }
}

// What a whole rule has to have.
presence needed_in(completeness of) {
    return of == completeness::whole ? presence::borrowable : presence::optional;
}

void declare_message(section& at, dispatch::signal_settings& into, completeness of) {
    declare_name_for_temporal(at, "name", into.name,
                              {.says = "The signal's name, as the workflow handles it.",
                               .is = needed_in(of),
                               .example = "new_release"});
    declare_inputs(
        at,
        "A program that gives the signal's argument, or a list of programs that give one each; `[]` "
        "is a signal without arguments. `.id` tells the workflow whether it has seen the event.",
        into.inputs);
}

constexpr std::string_view id_remedy =
    "a signal goes to the run that has the id: add it, for example `id: '\"orders-\\(.body.customer)\"'`";

// What a run is signalled with that is started if none is running.
void declare_signal_of_start(section& at, dispatch::rule_settings& into, completeness of) {
    bool const given = at.inside(
        "signal",
        {.says = "A signal to the run that has the `id`; the run is started if none is running. What is "
                 "promised of signals: see [rules](rules.md#signal)."},
        [&](section& signal) { declare_message(signal, into.signal, of); });
    if (!given) return;
    into.kind = order_kind::signal_with_start;
    if (of == completeness::whole && !at.reads()->has("id"))
        at.mistake("id", "is missing", std::string{id_remedy});
}

void declare_signal(section& at, dispatch::rule_settings& into, completeness of) {
    into.kind = order_kind::signal;
    at.text("target", into.target,
            {.says = "Which of `targets` has the run.", .is = needed_in(of), .example = "platform"});
    at.program("id", into.id,
               {.says = "Gives the workflow id of the run, as in `start`.",
                .is = needed_in(of),
                .example = ".body.run"});
    declare_message(at, into.signal, of);
}

void declare_start(section& at, dispatch::rule_settings& into, completeness of) {
    at.text("target", into.target,
            {.says = "Which of `targets` starts it.", .is = needed_in(of), .example = "platform"});
    declare_name_for_temporal(
        at, "workflow", into.workflow,
        {.says = "The workflow's type.", .is = needed_in(of), .example = "SyncThenBuild"});
    declare_name_for_temporal(
        at, "task_queue", into.task_queue,
        {.says = "The task queue that the worker polls.", .is = needed_in(of), .example = "data-platform"});
    at.program(
        "id", into.id,
        {.says = "Gives the workflow id: one non-empty string of at most 240 bytes that does not end in `~` "
                 "and digits. While a run with this id is running, other events join it.",
         .fallback_says = "the event's id, a dot, and the rule's name; with `each` another dot and the "
                          "item's place"});
    declare_inputs(at,
                   "A program that gives the workflow's argument, or a list of programs that give one each; "
                   "`[]` is a workflow without arguments.",
                   into.inputs);
    declare_signal_of_start(at, into, of);
    at.programs("memo", into.memo, {.says = "Notes shown with the run, each given by a program."});
    declare_search_attributes(at, into.search_attributes);
    bool const has_reuse = at.choice(
        "reuse", into.reuse, id_reuses,
        {.says = "Whether a workflow id may be used again once its run is closed: never, if that did not "
                 "complete, or always. Anything but never can start a second run for one event after an "
                 "answer was lost: see [rules](rules.md#reuse)."});
    bool const has_no_id = of == completeness::whole && into.id.empty();
    if (has_reuse && into.reuse != id_reuse::never && has_no_id) {
        at.warning("reuse", "changes nothing: an id that is made of the event's is used once",
                   "give the rule an `id`, or remove it");
    }
    at.duration("execution_timeout", into.execution_timeout, 0ms, longest_run,
                {.says = "For the run and all that continue it; 0s: no limit."});
    at.duration("run_timeout", into.run_timeout, 0ms, longest_run, {.says = "For one run; 0s: no limit."});
    at.duration("task_timeout", into.task_timeout, 0ms, 2min,
                {.says = "For one workflow task; 0s: the server's default."});
}

void declare_order(section& at, dispatch::rule_settings& into, completeness of) {
    bool const starts = at.inside("start", {.says = "What is started. A rule has this or `signal`."},
                                  [&](section& start) { declare_start(start, into, of); });
    bool const signals = at.inside(
        "signal", {.says = "Which running run is signalled, instead: see [rules](rules.md#signal)."},
        [&](section& signal) { declare_signal(signal, into, of); });
    if (at.reads() == nullptr || starts != signals) return;
    if (starts) {
        at.mistake("signal", "stands beside start",
                   "keep one of the two; the signal of a run that may have to be started stands in `start`");
    } else if (of == completeness::whole && !at.reads()->has("start") && !at.reads()->has("signal")) {
        at.mistake("start", "is missing", "add `start:`, or `signal:` for a run that is running");
    }
}

}  // namespace

void declare_matter(section& at, dispatch::rule_settings& into, completeness of) {
    at.programs("vars", into.vars,
                {.says = "Values that the rule's programs share, each given by a program with one output: "
                         "`$NAME` in all of them, and in the vars after it. One is evaluated when a program "
                         "that names it is, and then once."});
    at.program("when", into.when, {.says = "Whether the event matches: one output, false and null are no."});
    at.program(
        "each", into.each,
        {.says = "Starts once for each of its outputs instead of once for the event: `$item` in `start` is "
                 "one of them, `$index` its place from 0. See [rules](rules.md#each).",
         .fallback_says = "none: once for the event"});
    declare_order(at, into, of);
}

void declare_templates(section& root) {
    root.named("templates",
               {.says = "What several rules say alike, by name: a rule that says `use: NAME` has it too. See "
                        "[rules](rules.md#use)."},
               [](section& at, std::string const&) {
                   if (at.reads() != nullptr && at.reads()->has("use")) {
                       at.reads()->hide("use");
                       at.mistake("use", "stands in a template",
                                  "a template uses no other: write it out here");
                   }
                   dispatch::rule_settings nobodys;
                   declare_matter(at, nobodys, completeness::part);
               });
}

void declare_rules(section& root, dispatch::settings& into, std::vector<rule_trial>& trials) {
    root.each(
        "rules",
        {.says = "What is started for which events. Every rule that matches an event starts its own run."},
        [&](section& at) {
            dispatch::rule_settings one;
            bool const named = at.text("name", one.name,
                                       {.says = "The rule's identity: deliveries refer to it.",
                                        .is = presence::required,
                                        .example = "orders-on-release",
                                        .pattern = name_pattern});
            if (named && !is_name(one.name)) {
                at.mistake("name", fmt::format("\"{}\" cannot be a name", one.name),
                           std::string{name_remedy});
            }
            at.text(
                "source", one.source,
                {.says = "Which of `sources` it looks at.", .is = presence::required, .example = "github"});
            std::string used;
            at.text("use", used,
                    {.says = "Which of `templates` the rule has, beside what it says itself.",
                     .pattern = name_pattern});
            // It is gone from a rule that has all of its template.
            bool const lacks_some = at.reads() != nullptr && at.reads()->has("use");
            declare_matter(at, one, lacks_some ? completeness::part : completeness::whole);
            at.flag("final", one.is_final,
                    {.says = "Rules below it are not looked at for an event that it matches: see "
                             "[rules](rules.md#final)."});
            declare_rule_tests(at, one.name, trials);
            into.rules.push_back(std::move(one));
        });
}

}  // namespace headgate::config
