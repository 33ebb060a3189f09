#pragma once

#include "core/result.hpp"
#include "dispatch/rule.hpp"
#include "json/value.hpp"
#include "transforms/program.hpp"

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

template <class T>
using outcome = std::expected<T, fault>;

// One rule looking at one event. A var is evaluated when an expression that names it is, and then once: one
// that fails does no harm to who does not name it.
class evaluator {
public:
    // Keeps references.
    evaluator(rule const& by, json::value input, json::arena& scratch, transforms::run_options const& options)
        : by_{by}, input_{input}, scratch_{scratch}, options_{options}, vars_(by.vars.size()) {}

    // The only output of the expression `named`.
    [[nodiscard]] outcome<json::value> sole_output(expression const& of, std::string_view named);

    [[nodiscard]] outcome<bool> holds();
    [[nodiscard]] outcome<std::string> workflow_id(expression const& by);
    [[nodiscard]] outcome<std::vector<std::string>> inputs();
    [[nodiscard]] outcome<std::vector<std::pair<std::string, std::string>>> memo();
    [[nodiscard]] outcome<std::vector<search_attribute>> search_attributes();

private:
    [[nodiscard]] outcome<json::value> run(expression const& of, std::string_view named);
    [[nodiscard]] std::optional<fault> prepare_vars(expression const& of);

    rule const& by_;
    json::value input_;
    json::arena& scratch_;
    transforms::run_options options_;
    std::vector<std::optional<outcome<json::value>>> vars_;  // As far as they were evaluated.
};

}  // namespace headgate::dispatch
