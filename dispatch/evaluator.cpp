#include "dispatch/evaluator.hpp"

#include "dispatch/attribute_value.hpp"
#include "dispatch/workflow_id.hpp"
#include "json/write.hpp"

#include <fmt/format.h>

#include <cstdint>
#include <utility>

namespace headgate::dispatch {

std::string place_of(rule const& by, std::string_view program) {
    std::string name{program};
    if (name == "when" || name == "each" || name.starts_with("vars.")) return name;
    if (by.settings.kind != order_kind::signal) return "start." + name;
    return name.starts_with("signal.") ? name : "signal." + name;
}

outcome<json::value> evaluator::sole_output(expression const& of, std::string_view named) {
    if (auto failed = prepare_vars(of)) return std::unexpected{*std::move(failed)};
    return run(of, named, item_scratch_ != nullptr ? *item_scratch_ : scratch_);
}

outcome<std::vector<json::value>> evaluator::items(std::size_t items_max) {
    auto all = items_of_each(items_max);
    if (steps_ == nullptr) return all;
    if (all) {
        steps_->gave("each", by_.each->program.source(), json::value::array(*all, scratch_));
    } else if (all.error().program == "each") {
        steps_->failed("each", by_.each->program.source(), all.error().why);
    }
    return all;
}

outcome<std::vector<json::value>> evaluator::items_of_each(std::size_t items_max) {
    auto const& each = *by_.each;
    if (auto failed = prepare_vars(each)) return std::unexpected{*std::move(failed)};
    give_variables(each);
    auto options = options_;
    options.limits.outputs_max = items_max + 1;  // So that it is said here what there is too much of.
    auto running = each.program.start(input_, scratch_, options);
    std::vector<json::value> all;
    for (;;) {
        auto output = running.next();
        if (!output) return std::unexpected{fault{"each", std::move(output).error()}};
        if (!*output) return all;
        if (all.size() == items_max) {
            return std::unexpected{
                fault{"each",
                      {errc::resource_exhausted, fmt::format("gave more than {} items", items_max),
                       "raise dispatch.each_items_max, or choose fewer in `each`"}}};
        }
        all.push_back(**output);
    }
}

void evaluator::look_at_item(json::value item, std::size_t index, json::arena& where) {
    item_ = item;
    index_ = json::value::integer(static_cast<std::int64_t>(index));
    item_scratch_ = &where;
    if (steps_ != nullptr) steps_->look_at_item(index);
    for (std::size_t place = 0; place < vars_.size(); ++place) {
        if (by_.vars[place].second.is_of_item) vars_[place].reset();
    }
}

// The vars that it names, and those that they name, in the order they are written. Without recursion: there
// may be as many as a configuration has room for.
std::optional<fault> evaluator::prepare_vars(expression const& of) {
    if (of.vars.empty()) return std::nullopt;
    std::vector<bool> wanted(by_.vars.size());
    auto const want = [&wanted](expression const& reader) {
        for (auto const place : reader.vars) wanted[place] = true;
    };
    want(of);
    for (auto place = wanted.size(); place-- > 0;) {
        if (wanted[place]) want(by_.vars[place].second);
    }
    for (std::size_t place = 0; place < wanted.size(); ++place) {
        if (!wanted[place]) continue;
        auto const& [name, var] = by_.vars[place];
        auto& kept = vars_[place];
        if (!kept) kept = run(var, "vars." + name, var.is_of_item ? *item_scratch_ : scratch_);
        if (!*kept) return kept->error();
    }
    return std::nullopt;
}

void evaluator::give_variables(expression const& of) {
    options_.variables.clear();
    for (auto const place : of.vars) options_.variables.emplace_back(by_.vars[place].first, **vars_[place]);
    if (!of.is_of_item) return;
    options_.variables.emplace_back("item", item_);
    options_.variables.emplace_back("index", index_);
}

outcome<json::value> evaluator::run(expression const& of, std::string_view named, json::arena& where) {
    auto output = sole_output_of_run(of, named, where);
    if (steps_ == nullptr) return output;
    if (output) {
        steps_->gave(place_of(by_, named), of.program.source(), *output);
    } else {
        steps_->failed(place_of(by_, named), of.program.source(), output.error().why);
    }
    return output;
}

// What a program gave, and what is not good enough where it stands.
std::unexpected<fault> evaluator::reject(std::string_view named, error why) {
    if (steps_ != nullptr) steps_->was_refused(why);
    return std::unexpected{fault{std::string{named}, std::move(why)}};
}

outcome<json::value> evaluator::sole_output_of_run(expression const& of, std::string_view named,
                                                   json::arena& where) {
    give_variables(of);
    auto outputs = of.program.run(input_, where, options_);
    if (!outputs) return std::unexpected{fault{std::string{named}, std::move(outputs).error()}};
    if (outputs->size() == 1) return outputs->front();
    return std::unexpected{
        fault{std::string{named},
              {errc::failed_precondition, fmt::format("gave {} outputs, not one", outputs->size()),
               "make the program give exactly one value, for example with first(...) or [...]"}}};
}

outcome<bool> evaluator::holds() {
    HEADGATE_TRY(auto const output, sole_output(by_.when, "when"));
    return output.is_truthy();
}

outcome<std::string> evaluator::workflow_id(expression const& by) {
    HEADGATE_TRY(auto const output, sole_output(by, "id"));
    if (!output.is_string()) {
        auto wrong = not_an_id(fmt::format("gave {}, not a string", json::name_of(output.type())),
                               "make `id` one string, for example with tostring");
        return reject("id", std::move(wrong));
    }
    if (auto wrong = what_is_wrong_with_id(output.as_string())) return reject("id", *std::move(wrong));
    return std::string{output.as_string()};
}

outcome<std::vector<std::string>> evaluator::values_of(std::vector<expression> const& arguments,
                                                       std::string_view prefix) {
    std::vector<std::string> all;
    for (auto const& each : arguments) {
        auto const named = fmt::format("{}{}", prefix, name_of_input(all.size(), arguments.size()));
        HEADGATE_TRY(auto const output, sole_output(each, named));
        all.push_back(json::write(output));
    }
    return all;
}

outcome<std::vector<std::pair<std::string, std::string>>> evaluator::memo() {
    std::vector<std::pair<std::string, std::string>> all;
    for (auto const& [name, each] : by_.memo) {
        HEADGATE_TRY(auto const output, sole_output(each, "memo." + name));
        all.emplace_back(name, json::write(output));
    }
    return all;
}

outcome<std::vector<search_attribute>> evaluator::search_attributes() {
    std::vector<search_attribute> all;
    for (auto const& [name, value, type] : by_.search_attributes) {
        auto const named = "search_attributes." + name;
        HEADGATE_TRY(auto const output, sole_output(value, named));
        if (auto wrong = what_is_wrong_with_attribute(output, type)) return reject(named, *std::move(wrong));
        bool const is_left_out = output.is_null() && type != attribute_type::unsaid;
        if (!is_left_out) all.push_back({name, json::write(output), type});
    }
    return all;
}

}  // namespace headgate::dispatch
