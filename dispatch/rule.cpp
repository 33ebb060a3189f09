#include "dispatch/rule.hpp"

#include "core/digest.hpp"
#include "core/encoding.hpp"
#include "dispatch/attribute_value.hpp"
#include "dispatch/normal_form.hpp"
#include "dispatch/workflow_id.hpp"
#include "json/parse.hpp"
#include "transforms/foresight.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

namespace headgate::dispatch {
namespace {

using named_programs = std::vector<std::pair<std::string, std::string>>;
using named_expressions = std::vector<std::pair<std::string, expression>>;

// Where programs of an order that only signals stand, and those of others.
std::string_view section_of(rule_settings const& rule) {
    return starts(rule) ? "start." : "signal.";
}

std::string section_of_signal(rule_settings const& rule) {
    return starts(rule) ? "start.signal." : "signal.";
}

// What `each` makes: one of its outputs, and the place of that, from 0.
constexpr std::array<std::string_view, 2> item_names{"item", "index"};

error looks_at_event(std::string_view name) {
    return {errc::invalid_argument, fmt::format("reads ${}, and is asked once for the whole event", name),
            "read it in `start` only; which items there are is said by `each`, for example with select(...)"};
}

error has_no_items(std::string_view name) {
    return {errc::invalid_argument, fmt::format("reads ${}, and the rule has no `each`", name),
            "give the rule an `each`: $item is one of its outputs, $index the place of that, from 0"};
}

std::optional<std::string> what_is_wrong_with_var(std::string_view name) {
    constexpr std::array<std::string_view, 3> taken{"ENV", "__loc__", "__prog_args"};
    bool const is_taken = std::ranges::find(taken, name) != taken.end() ||
                          std::ranges::find(item_names, name) != item_names.end();
    if (is_taken) return fmt::format("${} means something else", name);
    auto const fits = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
    };
    bool const begins_with_digit = !name.empty() && name.front() >= '0' && name.front() <= '9';
    if (name.empty() || begins_with_digit || !std::ranges::all_of(name, fits))
        return fmt::format("\"{}\" cannot be the name of a var", name);
    return std::nullopt;
}

// Whether a program is asked once for an event, or once for each item of it where the rule has an `each`.
enum class asked : std::uint8_t { of_event, of_items };

// Compiles the programs of one rule, noting each that does not.
class compiler {
public:
    compiler(std::string path, transforms::outlook input,
             std::shared_ptr<transforms::lookup_tables const> tables, bool has_items, problems& found)
        : path_{std::move(path)},
          input_{std::move(input)},
          tables_{std::move(tables)},
          has_items_{has_items},
          found_{found} {}

    std::optional<expression> program(std::string_view key, std::string const& source,
                                      asked when = asked::of_items) {
        auto made = foreseen(key, source, when);
        return made ? std::optional{std::move(made->compiled)} : std::nullopt;
    }

    std::optional<expression> when(std::string const& source) {
        auto made = foreseen("when", source, asked::of_event);
        if (!made) return std::nullopt;
        auto const& gives = made->gives;
        if (!gives.is_nothing() && !gives.of.meets({json::kind::null, json::kind::boolean}))
            warning("when", "is never false: it gives " + name_of(gives.of), "write a comparison");
        return std::move(made->compiled);
    }

    // An id that is the same for every event is judged before the first one comes.
    std::optional<expression> id(std::string const& key, std::string const& source) {
        auto made = foreseen(key, source, asked::of_items);
        if (!made) return std::nullopt;
        json::arena scratch;
        auto const literal = json::parse(source, scratch);
        bool const is_known = literal && literal->root.is_string();
        auto wrong =
            is_known ? what_is_wrong_with_id(literal->root.as_string()) : what_is_wrong_with_ids(made->gives);
        if (wrong) mistake(key, *std::move(wrong));
        if (auto const& place = made->gives.null_in_text; !place.empty()) {
            warning(
                key,
                fmt::format("may be made of null, and then has nothing or the word null there ({})", place),
                "say what is to happen without it: (… // error(\"no tag\")), for example");
        }
        return std::move(made->compiled);
    }

    named_expressions programs(std::string_view key, named_programs const& sources) {
        named_expressions all;
        for (auto const& [name, source] : sources) {
            auto compiled = program(fmt::format("{}.{}", key, name), source);
            if (compiled) all.emplace_back(name, *std::move(compiled));
        }
        return all;
    }

    std::vector<expression> inputs(std::string_view section, std::vector<std::string> const& sources) {
        std::vector<expression> all;
        for (std::size_t i = 0; i < sources.size(); ++i) {
            auto compiled =
                program(fmt::format("{}{}", section, name_of_input(i, sources.size())), sources[i]);
            if (compiled) all.push_back(*std::move(compiled));
        }
        return all;
    }

    // So is a value that is the same for every event.
    std::vector<attribute_expression> attributes(std::vector<attribute_settings> const& settings) {
        std::vector<attribute_expression> all;
        for (auto const& each : settings) {
            auto const key = "start.search_attributes." + each.name;
            auto made = foreseen(key, each.value, asked::of_items);
            if (!made) continue;
            json::arena scratch;
            auto const literal = json::parse(each.value, scratch);
            auto wrong = literal ? what_is_wrong_with_attribute(literal->root, each.type)
                                 : what_is_wrong_with_attributes(made->gives, each.type);
            if (wrong) mistake(key, *std::move(wrong));
            all.push_back({each.name, std::move(made->compiled), each.type});
        }
        return all;
    }

    // Each sees those before it.
    named_expressions vars(named_programs const& sources) {
        named_expressions all;
        for (auto const& [name, source] : sources) {
            auto const key = "vars." + name;
            if (auto wrong = what_is_wrong_with_var(name)) {
                mistake(key, {errc::invalid_argument, *std::move(wrong),
                              "choose a name of letters, digits and '_', with no digit first"});
                continue;
            }
            auto made = foreseen(key, source, asked::of_items);
            known_.emplace_back(name, made ? as_var(key, made->gives) : transforms::outlook{});
            is_of_item_.push_back(made && made->compiled.is_of_item);
            if (made) all.emplace_back(name, std::move(made->compiled));
            names_.push_back(name);  // Also of one that does not compile: that is one mistake, not two.
            is_read_.push_back(false);
        }
        return all;
    }

    void look_at_id_of_items(std::string const& key, std::optional<expression> const& id) {
        if (!has_items_ || !id || id->is_of_item) return;
        mistake(key, {errc::invalid_argument, "is the same for every item of `each`",
                      "read $item or $index in it, or leave it out: the default id is another for "
                      "each item"});
    }

    void warn_of_unread_items() {
        warning("each", "gives items, and nothing in `start` reads $item or $index",
                "write $item where an item is meant, for example `input: $item`");
    }

    void warn_of_unread_vars() {
        for (std::size_t i = 0; i < names_.size(); ++i) {
            if (is_read_[i]) continue;
            warning("vars." + names_[i], "is not used",
                    fmt::format("write ${} where its value is meant, or remove it", names_[i]));
        }
    }

private:
    struct foreseen_expression {
        expression compiled;
        transforms::outlook gives;
    };

    std::optional<foreseen_expression> foreseen(std::string_view key, std::string const& source, asked when) {
        auto made = compiled(key, source, when);
        if (!made) return std::nullopt;
        auto gives = transforms::foresee(source, input_, known_);
        if (!gives) {
            mistake(key, std::move(gives).error());
            return std::nullopt;
        }
        if (gives->is_nothing()) warning(key, "never has an output", "give it one");
        return foreseen_expression{*std::move(made), *std::move(gives)};
    }

    std::optional<expression> compiled(std::string_view key, std::string const& source, asked when) {
        auto names = names_;
        names.insert(names.end(), item_names.begin(), item_names.end());
        auto made = transforms::program::compile(source, std::move(names), tables_);
        if (!made) {
            mistake(key, std::move(made).error());
            return std::nullopt;
        }
        auto const read = made->variables();
        auto const about_item = name_about_item(read);
        auto vars = places_of(read);
        if (!about_item.empty() && !(has_items_ && when == asked::of_items)) {
            mistake(key, has_items_ ? looks_at_event(about_item) : has_no_items(about_item));
            return std::nullopt;
        }
        return expression{*std::move(made), std::move(vars), !about_item.empty()};
    }

    // A place in a var's program says whose.
    static transforms::outlook as_var(std::string_view key, transforms::outlook gives) {
        auto& place = gives.null_in_text;
        if (!place.empty() && !place.starts_with("vars.")) place = fmt::format("{}, {}", key, place);
        return gives;
    }

    // Of the names that a program reads, one that is not the same for every item; empty: there is none.
    [[nodiscard]] std::string_view name_about_item(std::vector<std::string_view> const& read) const {
        for (auto const name : read) {
            if (std::ranges::find(item_names, name) != item_names.end()) return name;
            auto const var = std::ranges::find(names_, name) - names_.begin();
            if (is_of_item_[static_cast<std::size_t>(var)]) return name;
        }
        return {};
    }

    std::vector<std::size_t> places_of(std::vector<std::string_view> const& read) {
        std::vector<std::size_t> places;
        for (std::size_t i = 0; i < names_.size(); ++i) {
            if (std::ranges::find(read, names_[i]) == read.end()) continue;
            places.push_back(i);
            is_read_[i] = true;
        }
        return places;
    }

    void mistake(std::string_view key, error why) {
        found_.push_back({.path = fmt::format("{}.{}", path_, key),
                          .what = std::move(why.message),
                          .remedy = std::move(why.remedy)});
    }

    void warning(std::string_view key, std::string what, std::string remedy) {
        found_.push_back({.path = fmt::format("{}.{}", path_, key),
                          .what = std::move(what),
                          .remedy = std::move(remedy),
                          .weighs = problem::weight::warning});
    }

    std::string path_;
    transforms::outlook input_;
    std::shared_ptr<transforms::lookup_tables const> tables_;
    bool has_items_;
    problems& found_;
    std::vector<std::string> names_;  // Of the vars so far.
    transforms::known_variables known_{
        {"item", {.of = transforms::kinds::all().without(json::kind::null)}},  // Taken to be there.
        {"index", {.of = {json::kind::number}}}};
    std::vector<bool> is_read_;
    std::vector<bool> is_of_item_;
};

bool reads_items(rule const& by) {
    auto const is_of_item = [](expression const& one) { return one.is_of_item; };
    if (by.id && by.id->is_of_item) return true;
    return std::ranges::any_of(by.inputs, is_of_item) || std::ranges::any_of(by.signal_inputs, is_of_item) ||
           std::ranges::any_of(by.memo, is_of_item, &std::pair<std::string, expression>::second) ||
           std::ranges::any_of(by.search_attributes, is_of_item, &attribute_expression::value);
}

bool has_mistakes(problems const& found, std::size_t from) {
    return std::any_of(found.begin() + static_cast<std::ptrdiff_t>(from), found.end(),
                       [](problem const& each) { return each.weighs == problem::weight::mistake; });
}

}  // namespace

std::string name_of_input(std::size_t place, std::size_t inputs) {
    return inputs == 1 ? "input" : fmt::format("input[{}]", place);
}

std::unique_ptr<rule const> compile_rule(rule_settings const& settings, std::size_t index,
                                         transforms::outlook const& input,
                                         std::shared_ptr<transforms::lookup_tables const> const& tables,
                                         problems& found) {
    auto const before = found.size();
    compiler make{fmt::format("rules[{}]", index), input, tables, !settings.each.empty(), found};
    auto vars = make.vars(settings.vars);
    auto when = make.when(settings.when);
    auto each = settings.each.empty() ? std::nullopt : make.program("each", settings.each, asked::of_event);
    auto const id_key = fmt::format("{}id", section_of(settings));
    auto id = settings.id.empty() ? std::nullopt : make.id(id_key, settings.id);
    make.look_at_id_of_items(id_key, id);
    std::vector<expression> inputs;
    if (starts(settings)) inputs = make.inputs("start.", settings.inputs);
    std::vector<expression> signal_inputs;
    if (signals(settings)) signal_inputs = make.inputs(section_of_signal(settings), settings.signal.inputs);
    auto memo = make.programs("start.memo", settings.memo);
    auto attributes = make.attributes(settings.search_attributes);
    make.warn_of_unread_vars();
    if (has_mistakes(found, before)) return nullptr;
    auto text = normal_form_of(settings);
    auto revision = to_hex(sha256(text)).substr(0, 16);
    auto made = std::make_unique<rule const>(rule{
        settings, std::move(text), std::move(revision), std::move(vars), *std::move(when), std::move(each),
        std::move(id), std::move(inputs), std::move(signal_inputs), std::move(memo), std::move(attributes)});
    if (made->each && !reads_items(*made)) make.warn_of_unread_items();
    return made;
}

}  // namespace headgate::dispatch
