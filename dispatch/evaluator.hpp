#pragma once

#include "core/result.hpp"
#include "dispatch/rule.hpp"
#include "dispatch/steps.hpp"
#include "json/value.hpp"
#include "transforms/program.hpp"

#include <cstddef>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace headgate::dispatch {

// Why a rule has nothing to say about an event: the program that failed, and how.
struct fault {
    std::string program;  // As it stands in the reason: `when`, `id`, `memo.tag`, `vars.tag`.
    error why;
};

// Where that program stands in the configuration of its rule: `start.id` for `id`.
[[nodiscard]] std::string place_of(rule const& by, std::string_view program);

template <class T>
using outcome = std::expected<T, fault>;

// One rule looking at one event, and at its items one by one. A var is evaluated when an expression that
// names it is, and then once, or once for each item where it reads that: one that fails does no harm to who
// does not name it.
class evaluator {
public:
    // Keeps references, and `steps`, which is told of every program that runs; null: nobody asks.
    evaluator(rule const& by, json::value input, json::arena& scratch, transforms::run_options const& options,
              step_log* steps = nullptr)
        : by_{by},
          input_{input},
          scratch_{scratch},
          options_{options},
          steps_{steps},
          vars_(by.vars.size()) {}

    // The outputs of the rule's `each`, at most so many.
    [[nodiscard]] outcome<std::vector<json::value>> items(std::size_t items_max);

    // From here on it is about this item of the event. What is made for it lives in `where`, and is not
    // looked at any more once this is called for the next one.
    void look_at_item(json::value item, std::size_t index, json::arena& where);

    // The only output of the expression `named`.
    [[nodiscard]] outcome<json::value> sole_output(expression const& of, std::string_view named);

    [[nodiscard]] outcome<bool> holds();
    [[nodiscard]] outcome<std::string> workflow_id(expression const& by);
    [[nodiscard]] outcome<std::vector<std::string>> inputs() { return values_of(by_.inputs, ""); }
    [[nodiscard]] outcome<std::vector<std::string>> signal_inputs() {
        return values_of(by_.signal_inputs, "signal.");
    }
    [[nodiscard]] outcome<std::vector<std::pair<std::string, std::string>>> memo();
    [[nodiscard]] outcome<std::vector<search_attribute>> search_attributes();

private:
    [[nodiscard]] outcome<std::vector<std::string>> values_of(std::vector<expression> const& arguments,
                                                              std::string_view prefix);
    [[nodiscard]] outcome<std::vector<json::value>> items_of_each(std::size_t items_max);
    [[nodiscard]] outcome<json::value> run(expression const& of, std::string_view named, json::arena& where);
    [[nodiscard]] outcome<json::value> sole_output_of_run(expression const& of, std::string_view named,
                                                          json::arena& where);
    [[nodiscard]] std::optional<fault> prepare_vars(expression const& of);
    [[nodiscard]] std::unexpected<fault> reject(std::string_view named, error why);
    void give_variables(expression const& of);

    rule const& by_;
    json::value input_;
    json::arena& scratch_;
    transforms::run_options options_;
    step_log* steps_;
    std::vector<std::optional<outcome<json::value>>> vars_;  // As far as they were evaluated.
    json::value item_;
    json::value index_;
    json::arena* item_scratch_ = nullptr;  // Null while it is about the event as a whole.
};

}  // namespace headgate::dispatch
