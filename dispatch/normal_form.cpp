#include "dispatch/normal_form.hpp"

#include "json/write.hpp"

#include <string_view>
#include <utility>
#include <vector>

namespace headgate::dispatch {
namespace {

using named_programs = std::vector<std::pair<std::string, std::string>>;

void write_inputs(json::writer& out, std::vector<std::string> const& inputs) {
    if (inputs.size() == 1) {
        out.key("input").string(inputs.front());
        return;
    }
    out.key("inputs").begin_array();
    for (auto const& each : inputs) out.string(each);
    out.end_array();
}

void write_signal(json::writer& out, signal_settings const& signal) {
    out.key("signal").begin_object();
    out.key("name").string(signal.name);
    write_inputs(out, signal.inputs);
    out.end_object();
}

void write_attributes(json::writer& out, std::vector<attribute_settings> const& attributes) {
    out.key("search_attributes").begin_object();
    for (auto const& each : attributes) {
        out.key(each.name);
        if (each.type == attribute_type::unsaid) {
            out.string(each.value);
            continue;
        }
        out.begin_object().key("type").string(name_of(each.type));
        out.key("value").string(each.value).end_object();
    }
    out.end_object();
}

}  // namespace

std::string normal_form_of(rule_settings const& rule) {
    json::writer out;
    out.begin_object();
    auto const text = [&out](std::string_view name, std::string_view value) { out.key(name).string(value); };
    auto const programs = [&out](std::string_view name, named_programs const& list) {
        out.key(name).begin_object();
        for (auto const& [key, program] : list) out.key(key).string(program);
        out.end_object();
    };
    text("name", rule.name);
    text("tenant", rule.tenant);
    text("source", rule.source);
    if (!rule.vars.empty()) programs("vars", rule.vars);
    text("when", rule.when);
    if (!rule.each.empty()) text("each", rule.each);
    if (rule.is_final) out.key("final").boolean(true);
    text("target", rule.target);
    if (starts(rule)) {
        text("workflow", rule.workflow);
        text("task_queue", rule.task_queue);
    }
    text("id", rule.id);
    if (starts(rule)) {
        write_inputs(out, rule.inputs);
        programs("memo", rule.memo);
        write_attributes(out, rule.search_attributes);
        if (rule.reuse != id_reuse::never) text("reuse", name_of(rule.reuse));
        out.key("execution_timeout_ms").integer(rule.execution_timeout.count());
        out.key("run_timeout_ms").integer(rule.run_timeout.count());
        out.key("task_timeout_ms").integer(rule.task_timeout.count());
    }
    if (signals(rule)) write_signal(out, rule.signal);
    out.end_object();
    return std::move(out).take();
}

}  // namespace headgate::dispatch
